/** Prompts to tokens, and their continuation. */
import { reserve } from "../memory/heap";
import { forgetWords, readWords } from "./copy";
import { forward, logits, project, readTokens, tokens } from "./decoder";
import { advance, beginGrammar, isFinal, maskTokens } from "./grammar";
import { MAX_PIECE, Model } from "./model";
import { findStop, hasSchema, seedOf, temperatureOf, topOf } from "./request";
import { NO_TOKEN, mostLikely, sample } from "./sampler";
import { decode, encode } from "./tokenizer";

/** Most tokens that one call may generate, the end token included. */
export const MAX_GENERATED: u32 = 64;
const TEXT_CAPACITY: u32 = MAX_GENERATED * MAX_PIECE;

/** Why an answer ended: `Finish` of IInference.sol. */
export const FINISH_END: u32 = 0;
export const FINISH_LENGTH: u32 = 1;
export const FINISH_STOP: u32 = 2;
export const FINISH_NO_TOKEN: u32 = 3;

let textBuffer: usize = 0;
let textCapacity: u32 = 0;
let textLength: u32 = 0;
let finish: u32 = 0;

/** Makes room for answers of up to `bytes` bytes; what transactions may ask for always has it. */
export function reserveText(bytes: u32): void {
  if (bytes <= textCapacity) return;
  textBuffer = reserve(bytes);
  textCapacity = bytes;
}

/** The text of the last `generate`, valid until the next. */
export function generatedText(): usize {
  reserveText(TEXT_CAPACITY);
  return textBuffer;
}
export function generatedLength(): u32 {
  return textLength;
}
export function finishReason(): u32 {
  return finish;
}

let promptLength: u32 = 0;

/** Begins a prompt. The functions that add to it return its tokens so far, or more than `context` − 1: no room. */
export function beginPrompt(): void {
  promptLength = 0;
  forgetWords();
}

/** Adds what a user says, within the model's template. */
export function addUserTurn(model: Model, text: usize, length: u32): u32 {
  if (hasSchema()) readWords(text, length);
  addTokens(model, model.template, model.prefixCount);
  addText(model, text, length, model.leadingSpace);
  return addTokens(model, model.template + ((<usize>model.prefixCount) << 2), model.suffixCount);
}

/** Adds what the model answered. */
export function addModelTurn(model: Model, text: usize, length: u32): u32 {
  addText(model, text, length, false);
  if (promptLength < model.context) store<u32>(tokens() + ((<usize>promptLength) << 2), model.endOfTurn);
  return ++promptLength;
}

/** Adds what a user wrote, without the template. */
export function addPlainPrompt(model: Model, text: usize, length: u32): u32 {
  if (hasSchema()) readWords(text, length);
  return addText(model, text, length, model.leadingSpace);
}

/** Adds text alone. */
export function addText(model: Model, text: usize, length: u32, space: bool): u32 {
  const room = model.context - 1;
  if (promptLength > room) return promptLength;
  const out = tokens() + ((<usize>promptLength) << 2);
  promptLength += encode(model, text, length, space, out, room - promptLength);
  return promptLength;
}

function addTokens(model: Model, list: usize, count: u32): u32 {
  if (promptLength + count < model.context) {
    memory.copy(tokens() + ((<usize>promptLength) << 2), list, (<usize>count) << 2);
  }
  promptLength += count;
  return promptLength;
}

/** The prompt of a single turn. */
export function preparePrompt(model: Model, text: usize, length: u32): u32 {
  beginPrompt();
  return addUserTurn(model, text, length);
}

/** Most tokens that can follow a prompt of `positions` tokens when `wanted` are asked for. */
export function answerRoom(model: Model, positions: u32, wanted: u32): u32 {
  return min(wanted, model.context - positions);
}

let answerPositions: u32 = 0;
let answerLimit: u32 = 0;
let answerCount: u32 = 0;

/**
 * Continues the prompt of `positions` ≥ 1 tokens as the request says, for up to `limit` (1 … answerRoom) choices.
 *
 * @returns choices made, that of the end token included; the text is in `generatedText()`
 */
export function generate(model: Model, positions: u32, limit: u32): u32 {
  beginAnswer(model, positions, limit);
  while (continueAnswer(model)) {}
  return answerCount;
}

/** As `generate`, up to the first choice. */
export function beginAnswer(model: Model, positions: u32, limit: u32): void {
  readTokens(tokens(), positions, model);
  if (hasSchema()) beginGrammar();
  answerPositions = positions;
  answerLimit = limit;
  answerCount = textLength = 0;
}

/** Makes one choice; false when the answer has ended with it. */
export function continueAnswer(model: Model): bool {
  const text = generatedText();
  const list = tokens() + ((<usize>answerPositions) << 2);
  if (answerCount > 0) forward(model, list + ((<usize>(answerCount - 1)) << 2), 1, answerPositions + answerCount - 1);
  const token = choose(model, answerCount++);
  if (token == NO_TOKEN) return end(FINISH_NO_TOKEN);
  if (token == model.end || token == model.endOfTurn) return end(FINISH_END);
  const added = decode(model, token, text + textLength);
  textLength += added;
  const stop = findStop(text, textLength, added);
  if (stop < textLength) {
    textLength = stop;
    return end(FINISH_STOP);
  }
  if (hasSchema()) {
    advance(model, token);
    if (isFinal()) return end(FINISH_END);
  }
  if (answerCount == answerLimit) return end(FINISH_LENGTH);
  store<u32>(list + ((<usize>(answerCount - 1)) << 2), token);
  return true;
}

/** Choices made so far. */
export function answerTokens(): u32 {
  return answerCount;
}

function end(reason: u32): bool {
  finish = reason;
  return false;
}

function choose(model: Model, index: u32): u32 {
  project(model);
  if (hasSchema()) maskTokens(model, logits());
  if (temperatureOf() == 0) return mostLikely(logits(), model.vocab);
  return sample(logits(), model.vocab, temperatureOf(), topOf(), seedOf(), index);
}
