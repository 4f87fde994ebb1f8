/**
 * Which transactions of a batch are known to depend on another before either has run: the next one of the same sender,
 * one whose sender was paid by another, and what earlier batches taught (parallel/lessons.ts).
 */
import { hashAddress } from "../table/siphash";
import { batchAlloc } from "../state/versions";
import { isZero32 } from "../u256/word";
import { fromPtr, toPtr, valuePtr } from "../transaction/transaction";
import { Entry, MAX_SUCCESSORS, batchCount, entryAt, setLongestChain, successorAt } from "./batch";
import { isHopeless } from "./execute";
import { lessonKey, lessonKeys } from "./lessons";

/** Key u64, then position + 1 of the last transaction that has it. */
const SLOT: usize = 16;

let table: usize = 0;
let mask: usize = 0;

/** Mixed into the hash of an address that is paid. */
const PAID: u64 = 0x9e3779b97f4a7c15;

/** Links every transaction to those that wait for it. */
export function linkEntries(): void {
  const count = batchCount();
  const log2 = 36 - <usize>clz<u32>(count | 1);
  mask = (<usize>1 << log2) - 1;
  table = batchAlloc(SLOT << log2);
  memory.fill(table, 0, SLOT << log2);
  let longest: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const entry = entryAt(i);
    if (isHopeless(entry)) continue;
    entry.chain = 1;
    linkEntry(entry, i);
    longest = max(longest, entry.chain);
  }
  setLongestChain(longest);
}

function linkEntry(entry: Entry, position: u32): void {
  const tx = entry.transaction;
  const from = hashAddress(fromPtr(tx));
  const sender = lastOf(from);
  const before = load<u32>(sender, 8);
  waitFor(entry, position, before);
  const payer = load<u32>(lastOf(from ^ PAID), 8);
  if (payer != before) waitFor(entry, position, payer);
  followLessons(entry, position);
  store<u32>(sender, position + 1, 8);
  if (!tx.isCreation && !isZero32(valuePtr(tx))) store<u32>(lastOf(hashAddress(toPtr(tx)) ^ PAID), position + 1, 8);
}

/** Waits for the last transactions that share what transactions of its kind have conflicted on. */
function followLessons(entry: Entry, position: u32): void {
  const count = lessonKeys(entry.transaction);
  for (let i: u32 = 0; i < count; i++) {
    const last = lastOf(lessonKey(i));
    const before = load<u32>(last, 8);
    if (before == position + 1) continue;
    waitFor(entry, position, before);
    if (before != 0) entry.taught = before;
    store<u32>(last, position + 1, 8);
  }
}

/** The slot of a key, made if there is none. */
function lastOf(key: u64): usize {
  key |= 1;
  let at = <usize>(key >> 32) & mask;
  while (true) {
    const slot = table + at * SLOT;
    const found = load<u64>(slot);
    if (found == key) return slot;
    if (found == 0) {
      store<u64>(slot, key);
      return slot;
    }
    at = (at + 1) & mask;
  }
}

/** `before`: position + 1, 0 = none. */
function waitFor(entry: Entry, position: u32, before: u32): void {
  if (before == 0) return;
  const predecessor = entryAt(before - 1);
  if (predecessor.successorCount == MAX_SUCCESSORS) return;
  store<u32>(successorAt(predecessor, predecessor.successorCount++), position);
  entry.blockers++;
  entry.chain = max(entry.chain, predecessor.chain + 1);
}
