/**
 * The block in progress: its header, its transactions and receipts so far, and the marks that a rollback returns to.
 */
import { blockAlloc, resetBlockMemory } from "../memory/arena";
import { reserve } from "../memory/heap";
import { ENV, baseFeePtr, blobBaseFeePtr, coinbasePtr, prevRandaoPtr } from "../evm/environment";
import { CANCUN, FEATURE_INFERENCE, FEATURE_JOVIAN, FEATURE_ROLLUP, PARIS } from "../spec/forks";
import { baseCheckpoint, baseRevert } from "../state/base";
import { Receipt } from "../transaction/receipt";
import { loadBE, copy32, zero32 } from "../u256/word";
import { resetAncestors } from "./ancestors";
import { CONFIG, blobParameters, forkAt } from "./config";
import { blobBaseFee } from "./fees";
import {
  HEADER_SIZE,
  Header,
  difficultyPtr,
  headerBaseFeePtr,
  headerCoinbasePtr,
  mixHashPtr,
  parentHashPtr,
} from "./header";

/** No block is open: only reads, overrides and the beginning of a block are allowed. */
const CLOSED: u32 = 0;
export const OPEN: u32 = 1;

export let PHASE: u32 = CLOSED;
/** Counts the blocks that were opened. */
export let OPENED: u32 = 0;
/** Header of the block in progress. */
export let HEADER: Header = changetype<Header>(0);
export let GAS_USED: u64 = 0;
export let BLOB_GAS_USED: u64 = 0;
/** Encoded bytes of the transactions so far. */
export let BODY_SIZE: u64 = 0;
export let TRANSACTION_COUNT: u32 = 0;
/** Per transaction: raw bytes (u32), their length (u32), receipt (u32), unused (u32). */
let entries: usize = 0;
let entryCapacity: u32 = 0;

const ENTRY_LOG2: usize = 4;
const FIRST_CAPACITY: u32 = 64;

/** Marks: state mark (u32), transaction count (u32), gas, blob gas and body size (u64). */
const MARK_SIZE: usize = 32;
let marks: usize = 0;
let markCount: u32 = 0;
let markCapacity: u32 = 0;

/** Reserves the header. Once per instance. */
export function initOpenBlock(): void {
  HEADER = changetype<Header>(reserve(HEADER_SIZE));
}

/** Forgets the block in progress without touching the state. */
export function closeBlock(): void {
  PHASE = CLOSED;
}

/** Opens the block whose header fields, all that are known before execution, are in HEADER. */
export function openBlock(): void {
  resetBlockMemory();
  GAS_USED = 0;
  BLOB_GAS_USED = 0;
  BODY_SIZE = 0;
  TRANSACTION_COUNT = 0;
  entries = blockAlloc((<usize>FIRST_CAPACITY) << ENTRY_LOG2);
  entryCapacity = FIRST_CAPACITY;
  markCount = 0;
  markCapacity = FIRST_CAPACITY;
  marks = blockAlloc(<usize>FIRST_CAPACITY * MARK_SIZE);
  PHASE = OPEN;
  OPENED++;
  resetAncestors(HEADER.number, parentHashPtr(HEADER));
  setBlockEnvironment();
}

function featuresAt(timestamp: u64): u64 {
  let features: u64 = CONFIG.inference ? FEATURE_INFERENCE : 0;
  if (CONFIG.isRollup) features |= FEATURE_ROLLUP;
  return CONFIG.isRollup && timestamp >= CONFIG.jovianTime ? features | FEATURE_JOVIAN : features;
}

/** What the EVM sees of the block. */
function setBlockEnvironment(): void {
  const fork = forkAt(HEADER.number, HEADER.timestamp);
  ENV.chainId = CONFIG.chainId;
  ENV.number = HEADER.number;
  ENV.timestamp = HEADER.timestamp;
  ENV.gasLimit = HEADER.gasLimit;
  ENV.fork = fork;
  ENV.features = featuresAt(HEADER.timestamp);
  ENV.blobHashCount = 0;
  copy32(coinbasePtr(), headerCoinbasePtr(HEADER));
  if (fork >= PARIS) loadBE(prevRandaoPtr(), mixHashPtr(HEADER));
  else copy32(prevRandaoPtr(), difficultyPtr(HEADER));
  copy32(baseFeePtr(), headerBaseFeePtr(HEADER));
  if (fork >= CANCUN) blobBaseFee(HEADER.excessBlobGas, blobParameters(HEADER.timestamp), blobBaseFeePtr());
  else zero32(blobBaseFeePtr());
}

/** Adds an executed transaction: its raw bytes have to stay for the block's lifetime. */
export function addTransaction(raw: usize, length: u32, receipt: Receipt): void {
  if (TRANSACTION_COUNT == entryCapacity) growEntries();
  const entry = entries + ((<usize>TRANSACTION_COUNT) << ENTRY_LOG2);
  store<u32>(entry, <u32>raw);
  store<u32>(entry, length, 4);
  store<u32>(entry, <u32>changetype<usize>(receipt), 8);
  TRANSACTION_COUNT++;
  GAS_USED += receipt.gasUsed;
  BLOB_GAS_USED += receipt.blobGasUsed;
  BODY_SIZE += length;
}

function growEntries(): void {
  const grown = blockAlloc((<usize>entryCapacity) << (ENTRY_LOG2 + 1));
  memory.copy(grown, entries, (<usize>entryCapacity) << ENTRY_LOG2);
  entries = grown;
  entryCapacity <<= 1;
}

/** Copies the bytes of the last transaction added into block memory, where those of the caller do not last. */
export function retainRaw(): void {
  const entry = entries + (<usize>(TRANSACTION_COUNT - 1) << ENTRY_LOG2);
  const length = load<u32>(entry, 4);
  const copy = blockAlloc(length);
  memory.copy(copy, <usize>load<u32>(entry), length);
  store<u32>(entry, <u32>copy);
}

export function rawAt(index: u32): usize {
  return <usize>load<u32>(entries + ((<usize>index) << ENTRY_LOG2));
}

export function rawLengthAt(index: u32): u32 {
  return load<u32>(entries + ((<usize>index) << ENTRY_LOG2), 4);
}

export function receiptAt(index: u32): Receipt {
  return changetype<Receipt>(<usize>load<u32>(entries + ((<usize>index) << ENTRY_LOG2), 8));
}

/** Marks state and accumulators; the mark's number. */
export function markBlock(): u32 {
  if (markCount == markCapacity) growMarks();
  const mark = marks + <usize>markCount * MARK_SIZE;
  store<u32>(mark, baseCheckpoint());
  store<u32>(mark, TRANSACTION_COUNT, 4);
  store<u64>(mark, GAS_USED, 8);
  store<u64>(mark, BLOB_GAS_USED, 16);
  store<u64>(mark, BODY_SIZE, 24);
  return markCount++;
}

/** Forgets all marks: a commit makes what they stand for unreachable. */
export function clearMarks(): void {
  markCount = 0;
}

/** Returns to a mark and forgets those after it; the mark itself stays. False when there is no such mark. */
export function rollbackTo(index: u32): bool {
  if (index >= markCount) return false;
  const mark = marks + <usize>index * MARK_SIZE;
  baseRevert(load<u32>(mark));
  TRANSACTION_COUNT = load<u32>(mark, 4);
  GAS_USED = load<u64>(mark, 8);
  BLOB_GAS_USED = load<u64>(mark, 16);
  BODY_SIZE = load<u64>(mark, 24);
  markCount = index + 1;
  return true;
}

function growMarks(): void {
  const grown = blockAlloc(<usize>markCapacity * MARK_SIZE * 2);
  memory.copy(grown, marks, <usize>markCapacity * MARK_SIZE);
  marks = grown;
  markCapacity <<= 1;
}
