/** Greedy generation of text from a prompt. */
import { reserve } from "../memory/heap";
import { forward, nextToken, readTokens, tokens } from "./decoder";
import { MAX_PIECE, Model } from "./model";
import { decode, encode } from "./tokenizer";

/** Most tokens that one call may generate, the end token included. */
export const MAX_GENERATED: u32 = 64;
export const TEXT_CAPACITY: u32 = MAX_GENERATED * MAX_PIECE;

let textBuffer: usize = 0;
let textLength: u32 = 0;

/** The text of the last `generate`, valid until the next. */
export function generatedText(): usize {
  if (textBuffer == 0) textBuffer = reserve(TEXT_CAPACITY);
  return textBuffer;
}
export function generatedLength(): u32 {
  return textLength;
}
/** Restores a remembered result as the last one; `length` bytes stand in `generatedText()`. */
export function setGeneratedLength(length: u32): void {
  textLength = length;
}

/**
 * Tokenises template and prompt for `generate`.
 *
 * @returns the number of positions they take, or more than `context` − 1 when they leave no room for an answer
 */
export function preparePrompt(model: Model, text: usize, length: u32): u32 {
  const room = model.context - 1;
  const around = model.prefixCount + model.suffixCount;
  if (around > room) return around;
  const out = tokens();
  memory.copy(out, model.template, (<usize>model.prefixCount) << 2);
  const count = encode(model, text, length, out + ((<usize>model.prefixCount) << 2), room - around);
  if (count + around > room) return count + around;
  const after = out + ((<usize>(model.prefixCount + count)) << 2);
  memory.copy(after, model.template + ((<usize>model.prefixCount) << 2), (<usize>model.suffixCount) << 2);
  return count + around;
}

/** Most tokens that can follow a prompt of `positions` tokens when `wanted` are asked for. */
export function answerRoom(model: Model, positions: u32, wanted: u32): u32 {
  return min(wanted, model.context - positions);
}

/**
 * Continues the prompt of `preparePrompt` until the end token or `limit` (1 … answerRoom) tokens.
 *
 * @returns tokens generated, the end token included; the text is in `generatedText()`
 */
export function generate(model: Model, positions: u32, limit: u32): u32 {
  const prompt = tokens();
  const text = generatedText();
  readTokens(prompt, positions, model);
  textLength = 0;
  let count: u32 = 0;
  while (true) {
    const token = nextToken(model);
    count++;
    if (token == model.end || token == model.endOfTurn) return count;
    textLength += decode(model, token, text + textLength);
    if (count == limit) return count;
    const next = prompt + ((<usize>(positions + count - 1)) << 2);
    store<u32>(next, token);
    forward(model, next, 1, positions + count - 1);
  }
}
