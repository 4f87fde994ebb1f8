/** Results of recent calls: estimating gas and re-executing a transaction ask the same question many times. */
import { keccak256 } from "../crypto/keccak";
import { reserve } from "../memory/heap";
import { output } from "./abi";
import { isRecording } from "./evidence";
import { Model } from "./model";

/** Manner of questions that are the whole calldata. */
export const CALLDATA: u64 = <u64>1 << 40;

const ENTRIES: u32 = 32;
/** Longer results are not kept. */
const LONGEST: u32 = 1 << 14;
// Entry: key (32), gas (u64), length (u32), output.
const GAS: usize = 32;
const LENGTH: usize = 40;
const OUTPUT: usize = 48;
const ENTRY_SIZE: usize = OUTPUT + LONGEST;

let entries: usize = 0;
let question: usize = 0;
let entry: usize = 0;

/**
 * Looks for the question of `length` bytes at `input`, asked in the `manner` that tells forms and limits apart. When found,
 * its result is in `output()`.
 */
export function recall(model: Model, input: usize, length: u32, manner: u64): bool {
  if (GUEST) return false;
  if (entries == 0) {
    entries = reserve(ENTRY_SIZE * ENTRIES);
    question = reserve(128);
  }
  memory.copy(question, model.id, 32);
  keccak256(input, length, question + 32);
  store<u64>(question, manner, 64);
  keccak256(question, 72, question);
  entry = entries + <usize>(load<u32>(question) % ENTRIES) * ENTRY_SIZE;
  if (isRecording() || memory.compare(entry, question, 32) != 0) return false;
  memory.copy(output(), entry + OUTPUT, recalledLength());
  return true;
}
/** What decoding cost. */
export function recalledGas(): u64 {
  return load<u64>(entry, GAS);
}
export function recalledLength(): u32 {
  return load<u32>(entry, LENGTH);
}

/** Keeps the result of the call that `recall` did not find: `length` bytes of `output()`. */
export function keep(gas: u64, length: u32): void {
  if (GUEST || length > LONGEST) return;
  memory.copy(entry, question, 32);
  store<u64>(entry, gas, GAS);
  store<u32>(entry, length, LENGTH);
  memory.copy(entry + OUTPUT, output(), length);
}
