/**
 * Results of recent calls: estimating gas and re-executing a transaction ask the same question many times. Instances over
 * one memory share them.
 */
import { keccak256 } from "../crypto/keccak";
import { reserve } from "../memory/heap";
import { lockState, unlockState } from "../memory/sharing";
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
let gas: u64 = 0;
let length: u32 = 0;

/** Where results are kept, for `useMemo` of another instance over the same memory. */
export function memo(): usize {
  if (entries == 0) entries = reserve(ENTRY_SIZE * ENTRIES);
  return entries;
}

/** Looks for results and keeps them where another instance does. */
export function useMemo(at: usize): void {
  entries = at;
}

/**
 * Looks for the question of `inputLength` bytes at `input`, asked in the `manner` that tells forms and limits apart. When
 * found, its result is in `output()`.
 */
export function recall(model: Model, input: usize, inputLength: u32, manner: u64): bool {
  if (GUEST) return false;
  if (question == 0) question = reserve(128);
  memory.copy(question, model.id, 32);
  keccak256(input, inputLength, question + 32);
  store<u64>(question, manner, 64);
  keccak256(question, 72, question);
  entry = memo() + <usize>(load<u32>(question) % ENTRIES) * ENTRY_SIZE;
  lockState();
  const known = !isRecording() && memory.compare(entry, question, 32) == 0;
  if (known) {
    gas = load<u64>(entry, GAS);
    length = load<u32>(entry, LENGTH);
    memory.copy(output(), entry + OUTPUT, length);
  }
  unlockState();
  return known;
}

/** What decoding cost. */
export function recalledGas(): u64 {
  return gas;
}

export function recalledLength(): u32 {
  return length;
}

/** Keeps the result of the call that `recall` did not find: `resultLength` bytes of `output()`. */
export function keep(resultGas: u64, resultLength: u32): void {
  if (GUEST || resultLength > LONGEST) return;
  lockState();
  memory.copy(entry, question, 32);
  store<u64>(entry, resultGas, GAS);
  store<u32>(entry, resultLength, LENGTH);
  memory.copy(entry + OUTPUT, output(), resultLength);
  unlockState();
}
