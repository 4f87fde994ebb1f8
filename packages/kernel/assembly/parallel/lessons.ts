/**
 * What earlier batches taught about conflicts. Transactions of one kind (the same contract and function) that ran into each
 * other are compared: where an argument or the sender of one equals one of the other, that is taken for what they
 * conflict on, else the contract as a whole. Later transactions of the kind that agree in it run one after the other. Where
 * two that did so had nothing to do with each other, what they agree in is innocent; a lesson that turns out to be of no
 * use is forgotten. Lessons decide about time alone.
 */
import { reserve } from "../memory/heap";
import { hashAddress, hashKey } from "../table/siphash";
import { Transaction, fromPtr, toPtr } from "../transaction/transaction";
import { Entry, batchCount, entryAt, sourcesOf } from "./batch";

const TABLE_LOG2: u32 = 10;
/** Kind u64, words that matter u32, score i32. */
const LESSON: usize = 16;
const WORDS: usize = 8;
const SCORE: usize = 12;

/** The sender, then words of the calldata; bit n of a lesson stands for word n. */
const MAX_WORDS: u32 = 5;
const ALL_WORDS: u32 = (1 << MAX_WORDS) - 1;
/** Bit of a lesson about the contract as a whole. */
const EVERYTHING: u32 = 1 << 31;
/** Where the bits of innocent words are. */
const INNOCENT: u32 = 8;
const SELECTOR: u32 = 4;

const FIRST_SCORE: i32 = 8;
const HIGHEST_SCORE: i32 = 64;
const REWARD: i32 = 2;

let lessons: usize = 0;
let keys: usize = 0;
let first: usize = 0;
let second: usize = 0;

/** Once per owner. */
export function initLessons(): void {
  lessons = reserve(LESSON << TABLE_LOG2);
  keys = reserve((<usize>MAX_WORDS + 1) << 3);
  first = reserve(32);
  second = reserve(32);
}

// @ts-ignore: decorator
@inline
function hasKind(tx: Transaction): bool {
  return !tx.isCreation && tx.dataLength >= SELECTOR;
}

function kindOf(tx: Transaction): u64 {
  return hashAddress(toPtr(tx)) ^ (<u64>load<u32>(tx.data) * 0x9e3779b97f4a7c15) | 1;
}

// @ts-ignore: decorator
@inline
function lessonAt(kind: u64): usize {
  return lessons + <usize>((kind >> 32) & ((1 << TABLE_LOG2) - 1)) * LESSON;
}

/** Number of keys on which the transaction may conflict with others; they are read with `lessonKey`. */
export function lessonKeys(tx: Transaction): u32 {
  if (!hasKind(tx)) return 0;
  const kind = kindOf(tx);
  const lesson = lessonAt(kind);
  if (load<u64>(lesson) != kind) return 0;
  const words = load<u32>(lesson, WORDS);
  const contract = hashAddress(toPtr(tx));
  if (words & EVERYTHING) {
    store<u64>(keys, contract ^ <u64>EVERYTHING);
    return 1;
  }
  let count: u32 = 0;
  for (let i: u32 = 0; i < MAX_WORDS; i++) {
    if (((words >> i) & 1) == 0 || !wordOf(tx, i, first)) continue;
    store<u64>(keys + (<usize>count << 3), hashKey(contract, first));
    count++;
  }
  return count;
}

export function lessonKey(index: u32): u64 {
  return load<u64>(keys + (<usize>index << 3));
}

/** Word n as 32 bytes: the sender as the EVM has it in calldata, or an argument; false when there is none. */
function wordOf(tx: Transaction, index: u32, out: usize): bool {
  if (index == 0) {
    memory.fill(out, 0, 12);
    memory.copy(out + 12, fromPtr(tx), 20);
    return true;
  }
  const at = SELECTOR + (index - 1) * 32;
  if (at + 32 > tx.dataLength) return false;
  memory.copy(out, tx.data + at, 32);
  return true;
}

/** Learns from the batch, once all is final. */
export function learn(): void {
  for (let i: u32 = 0, count = batchCount(); i < count; i++) {
    const entry = entryAt(i);
    if (entry.runs == 0) continue;
    if (entry.taught != 0) judge(entry);
    if (entry.conflict != 0 && entry.conflictWriter >= 0) compare(entry.transaction, entryAt(entry.conflictWriter));
  }
}

/** Whether waiting was of use: the transaction did read from the one that it waited for. */
function judge(entry: Entry): void {
  const kind = kindOf(entry.transaction);
  const lesson = lessonAt(kind);
  if (load<u64>(lesson) != kind) return;
  let useful = false;
  for (let i: u32 = 0; i < entry.sourceCount; i++) {
    if (load<u32>(sourcesOf(entry) + (<usize>i << 2)) + 1 == entry.taught) useful = true;
  }
  if (useful) store<i32>(lesson, min(load<i32>(lesson, SCORE) + REWARD, HIGHEST_SCORE), SCORE);
  else doubt(lesson, sharedWords(entry.transaction, entryAt(entry.taught - 1).transaction));
}

/** Two transactions agreed in these words without a conflict: where that is the rule, the words are innocent. */
function doubt(lesson: usize, shared: u32): void {
  const words = load<u32>(lesson, WORDS);
  const guilty = words & (shared | EVERYTHING);
  // What this batch has acquitted already does not count again.
  if (guilty == 0) return;
  const score = load<i32>(lesson, SCORE) - 1;
  store<i32>(lesson, score < 0 ? FIRST_SCORE : score, SCORE);
  if (score >= 0) return;
  if (guilty & EVERYTHING) store<u64>(lesson, 0);
  else store<u32>(lesson, (words & ~guilty) | (guilty << INNOCENT), WORDS);
}

function compare(tx: Transaction, writer: Entry): void {
  if (writer.runs == 0 || !hasKind(tx) || !hasKind(writer.transaction)) return;
  const kind = kindOf(tx);
  if (kindOf(writer.transaction) != kind) return;
  const shared = sharedWords(tx, writer.transaction);
  const lesson = lessonAt(kind);
  const known = load<u64>(lesson) == kind;
  store<u64>(lesson, kind);
  store<u32>(lesson, accuse(known ? load<u32>(lesson, WORDS) : 0, shared), WORDS);
  store<i32>(lesson, known ? min(load<i32>(lesson, SCORE) + REWARD, HIGHEST_SCORE) : FIRST_SCORE, SCORE);
}

/** Adds to the words of a lesson what two transactions in conflict share; all of it where nothing but innocent words is. */
function accuse(words: u32, shared: u32): u32 {
  const suspects = shared & ~((words >> INNOCENT) & ALL_WORDS);
  return suspects != 0 ? words | suspects : (words & ~(ALL_WORDS << INNOCENT)) | shared;
}

/** Words that occur in both, at whatever places; everything when there are none. */
function sharedWords(a: Transaction, b: Transaction): u32 {
  let words: u32 = 0;
  for (let i: u32 = 0; i < MAX_WORDS; i++) {
    if (!wordOf(a, i, first)) continue;
    for (let j: u32 = 0; j < MAX_WORDS; j++) {
      if (wordOf(b, j, second) && memory.compare(first, second, 32) == 0) words |= (<u32>1 << i) | (<u32>1 << j);
    }
  }
  return words == 0 ? EVERYTHING : words;
}
