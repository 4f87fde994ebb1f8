/** The transactions of a batch, in the order that counts, and what became of them. */
import { batchAlloc } from "../state/versions";
import { Footprint } from "../state/footprint";
import { Receipt } from "../transaction/receipt";
import { Transaction } from "../transaction/transaction";
import { BATCH, CONTROL, instanceCount } from "./control";

/** Not begun, or begun for the first time and not finished. */
export const WAITING: u32 = 0;
/** Executed; what it read may have changed since. */
export const EXECUTED: u32 = 1;
/** All below are final, and what it read holds. */
export const FINAL: u32 = 2;

/** Positions that a transaction read from, as far as they are kept. */
export const MAX_SOURCES: u32 = 8;

/** Successors of one transaction that wait for it; further ones speculate. */
export const MAX_SUCCESSORS: u32 = 6;

@unmanaged
export class Entry {
  raw: usize;
  rawLength: u32;
  /** Decoded, in memory of the batch. */
  transaction: Transaction;
  /** Rule that it breaks by itself, before and after the one about the block's gas; 0 = none. */
  malformed: u32;
  error: u32;
  /** The two amounts that the broken rule compared, 64 bytes. */
  amounts: usize;
  status: u32;
  /** Runs of it so far. */
  runs: u32;
  /** Transactions below that it waits for before it runs for the first time. */
  blockers: u32;
  /** Transactions of the longest chain of such waits that ends with this one. */
  chain: u32;
  /** Was passed over because of them. */
  passed: bool;
  successorCount: u32;
  successor0: u32;
  successor1: u32;
  successor2: u32;
  successor3: u32;
  successor4: u32;
  successor5: u32;
  receipt: Receipt;
  /** Status of evm/status.ts. */
  halt: u32;
  output: usize;
  outputLength: u32;
  /** Of the last run: instance, begin and end in microseconds of the host's clock. */
  worker: u32;
  begin: u32;
  end: u32;
  /** Of the last run that was void: what it read too early, 0 = nothing, and the position that should have come first. */
  conflict: usize;
  conflictIsSlot: bool;
  conflictWriter: i32;
  /** Position + 1 that it waited for because of what earlier batches taught (parallel/lessons.ts). */
  taught: u32;
  sourceCount: u32;
}

const FOOTPRINT: usize = (offsetof<Entry>() + 7) & ~7;
const SOURCES: usize = FOOTPRINT + offsetof<Footprint>();
const ENTRY_SIZE: usize = (SOURCES + ((<usize>MAX_SOURCES) << 2) + 7) & ~7;

const ENTRIES: usize = 0;
const COUNT: usize = 4;
const HEADER: usize = 8;
const ENVIRONMENT: usize = 12;
const BLOCK: usize = 16;
const NUMBER: usize = 20;
const CHUNK: usize = 24;
const LONGEST_CHAIN: usize = 28;

/** Long enough that taking costs nothing, short enough that all have something to do at the end. */
const LONGEST_CHUNK: u32 = 8;
const CHUNKS_PER_INSTANCE: u32 = 8;

/** Makes zeroed entries for `count` transactions; the block they run in follows with `setBatchBlock`. */
export function newBatch(count: u32): void {
  const bytes = <usize>count * ENTRY_SIZE;
  const entries = batchAlloc(bytes);
  memory.fill(entries, 0, bytes);
  const at = CONTROL + BATCH;
  store<u32>(at, <u32>entries, ENTRIES);
  store<u32>(at, count, COUNT);
  store<u32>(at, load<u32>(at, NUMBER) + 1, NUMBER);
  store<u32>(at, min(max(count / (instanceCount() * CHUNKS_PER_INSTANCE), 1), LONGEST_CHUNK), CHUNK);
}

/** Most transactions of the batch that are known to depend on one another in a row. */
export function longestChain(): u32 {
  return load<u32>(CONTROL + BATCH, LONGEST_CHAIN);
}

export function setLongestChain(transactions: u32): void {
  store<u32>(CONTROL + BATCH, transactions, LONGEST_CHAIN);
}

/** Most transactions that an instance takes at a time. */
export function chunkSize(): u32 {
  return load<u32>(CONTROL + BATCH, CHUNK);
}

/** Number of the batch. */
export function batchNumber(): u32 {
  return load<u32>(CONTROL + BATCH, NUMBER);
}

/** `block` differs from one open block to the next. */
export function setBatchBlock(header: usize, environment: usize, block: u32): void {
  const at = CONTROL + BATCH;
  store<u32>(at, <u32>header, HEADER);
  store<u32>(at, <u32>environment, ENVIRONMENT);
  store<u32>(at, block, BLOCK);
}

export function batchHeader(): usize {
  return load<u32>(CONTROL + BATCH, HEADER);
}

export function batchEnvironment(): usize {
  return load<u32>(CONTROL + BATCH, ENVIRONMENT);
}

export function batchBlock(): u32 {
  return load<u32>(CONTROL + BATCH, BLOCK);
}

// @ts-ignore: decorator
@inline
export function batchCount(): u32 {
  return load<u32>(CONTROL + BATCH, COUNT);
}

// @ts-ignore: decorator
@inline
export function entryAt(position: u32): Entry {
  return changetype<Entry>(<usize>load<u32>(CONTROL + BATCH, ENTRIES) + <usize>position * ENTRY_SIZE);
}

/** Address of the word with the entry's status, which is stored and loaded atomically. */
// @ts-ignore: decorator
@inline
export function statusOf(entry: Entry): usize {
  return changetype<usize>(entry) + offsetof<Entry>("status");
}

// @ts-ignore: decorator
@inline
export function footprintOf(entry: Entry): Footprint {
  return changetype<Footprint>(changetype<usize>(entry) + FOOTPRINT);
}

/** Positions that a final transaction read from, u32 each. */
// @ts-ignore: decorator
@inline
export function sourcesOf(entry: Entry): usize {
  return changetype<usize>(entry) + SOURCES;
}

/** Address of the word with the successor's position. */
// @ts-ignore: decorator
@inline
export function successorAt(entry: Entry, index: u32): usize {
  return changetype<usize>(entry) + offsetof<Entry>("successor0") + (<usize>index << 2);
}
