/** Results of recent generations: estimating gas and re-executing a transaction ask the same question many times. */
import { keccak256 } from "../crypto/keccak";
import { reserve } from "../memory/heap";
import { TEXT_CAPACITY, generate, generatedLength, generatedText, setGeneratedLength } from "./generate";
import { Model } from "./model";

const ENTRIES: u32 = 32;
// Entry: key (32), tokens (u32), length (u32), text.
const TOKENS: usize = 32;
const LENGTH: usize = 36;
const TEXT: usize = 40;
const ENTRY_SIZE: usize = TEXT + TEXT_CAPACITY;

let entries: usize = 0;
let question: usize = 0;

/** As `generate`, for the prompt of `length` bytes at `text` that `preparePrompt` has taken. */
export function generateOnce(model: Model, text: usize, length: u32, positions: u32, limit: u32): u32 {
  if (entries == 0) {
    entries = reserve(ENTRY_SIZE * ENTRIES);
    question = reserve(96);
  }
  memory.copy(question, model.id, 32);
  keccak256(text, length, question + 32);
  store<u32>(question, limit, 64);
  keccak256(question, 68, question);
  const entry = entries + <usize>(load<u32>(question) % ENTRIES) * ENTRY_SIZE;
  if (memory.compare(entry, question, 32) == 0) {
    setGeneratedLength(load<u32>(entry, LENGTH));
    memory.copy(generatedText(), entry + TEXT, generatedLength());
    return load<u32>(entry, TOKENS);
  }
  const count = generate(model, positions, limit);
  memory.copy(entry, question, 32);
  store<u32>(entry, count, TOKENS);
  store<u32>(entry, generatedLength(), LENGTH);
  memory.copy(entry + TEXT, generatedText(), generatedLength());
  return count;
}
