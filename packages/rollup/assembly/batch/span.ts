/**
 * Span batches (Delta, with EIP-7702 from Isthmus on): consecutive L2 blocks in columns. The columns stay where they
 * are; a cursor goes over all of them, block by block and transaction by transaction.
 */
import { reserve } from "../../../kernel/assembly/memory/heap";
import { CONFIG } from "../config";
import {
  AT,
  FAILED,
  bitAt,
  bytesLeft,
  continueAt,
  openBytes,
  takeBits,
  takeBytes,
  takeCount,
  takeUvarint,
} from "./bytes";
import { LEGACY, SET_CODE, TYPE, hasForm, takeData } from "./span-data";
import { writeTransaction } from "./span-transaction";

/** Most blocks, and most transactions, of one span. */
const MAX_ELEMENTS: u32 = 10_000_000;
const CHECK_LENGTH: u32 = 20;

/**
 * Outcomes of reading. A span that is malformed ends its channel; one with transactions that are none is only left out.
 */
export const READ: u32 = 0;
export const MALFORMED: u32 = 1;
export const UNUSABLE: u32 = 2;

@unmanaged
export class Span {
  /** Of the first and of the last block, seconds. */
  firstTime: u64;
  lastTime: u64;
  firstEpoch: u64;
  lastEpoch: u64;
  /** First 20 bytes of the hash before the first block, and of the hash of the last block's L1 origin. */
  parentCheck: usize;
  originCheck: usize;
  blocks: u32;
  transactions: u32;
  legacies: u32;
  epochBits: usize;
  creations: usize;
  parities: usize;
  protections: usize;
  /** The cursor: the next block, and the next transaction in each column. */
  block: u32;
  transaction: u32;
  legacy: u32;
  epoch: u64;
  counts: usize;
  signatures: usize;
  recipients: usize;
  data: usize;
  nonces: usize;
  gases: usize;
}

/** The span read last. */
export let SPAN: Span = changetype<Span>(0);

/** Once per instance. */
export function initSpan(): void {
  SPAN = changetype<Span>(reserve(offsetof<Span>()));
}

/** Reads the bytes behind the version. */
export function readSpan(bytes: usize, length: u32): u32 {
  openBytes(bytes, length);
  SPAN.firstTime = CONFIG.genesisTime + takeUvarint();
  SPAN.lastEpoch = takeUvarint();
  SPAN.parentCheck = takeBytes(CHECK_LENGTH);
  SPAN.originCheck = takeBytes(CHECK_LENGTH);
  SPAN.blocks = takeCount(MAX_ELEMENTS);
  SPAN.epochBits = takeBits(SPAN.blocks);
  if (FAILED || SPAN.blocks == 0 || !readCounts()) return MALFORMED;
  const usable = readTransactions();
  if (FAILED) return MALFORMED;
  setEpochs();
  SPAN.lastTime = SPAN.firstTime + <u64>(SPAN.blocks - 1) * CONFIG.blockTime;
  SPAN.block = 0;
  SPAN.transaction = 0;
  SPAN.legacy = 0;
  return usable ? READ : UNUSABLE;
}

/** Every element takes a byte at least, so what is left of the bytes bounds the sum as well. */
function readCounts(): bool {
  SPAN.counts = AT;
  let total: u32 = 0;
  for (let i: u32 = 0; i < SPAN.blocks; i++) {
    total += takeCount(MAX_ELEMENTS);
    if (FAILED || total > MAX_ELEMENTS) return false;
  }
  SPAN.transactions = total;
  return total <= bytesLeft();
}

/** Finds the columns. False when a transaction is none; FAILED when the columns are not whole. */
function readTransactions(): bool {
  const count = SPAN.transactions;
  SPAN.creations = takeBits(count);
  SPAN.parities = takeBits(count);
  SPAN.signatures = AT;
  for (let i: u32 = 0; i < count && !FAILED; i++) takeBytes(64);
  SPAN.recipients = AT;
  for (let i: u32 = 0; i < count && !FAILED; i++) if (!bitAt(SPAN.creations, count, i)) takeBytes(20);
  SPAN.data = AT;
  SPAN.legacies = 0;
  let usable = true;
  for (let i: u32 = 0; i < count && !FAILED; i++) {
    takeData();
    if (FAILED) break;
    if (TYPE == LEGACY) SPAN.legacies++;
    if (!hasForm() || (TYPE == SET_CODE && bitAt(SPAN.creations, count, i))) usable = false;
  }
  SPAN.nonces = AT;
  for (let i: u32 = 0; i < count && !FAILED; i++) takeUvarint();
  SPAN.gases = AT;
  for (let i: u32 = 0; i < count && !FAILED; i++) takeUvarint();
  SPAN.protections = takeBits(SPAN.legacies);
  return usable;
}

/** The last epoch is written; each bit but the first says that one epoch less came before. */
function setEpochs(): void {
  let changes: u64 = 0;
  for (let i: u32 = 1; i < SPAN.blocks; i++) changes += u64(bitAt(SPAN.epochBits, SPAN.blocks, i));
  SPAN.firstEpoch = SPAN.lastEpoch - changes;
  SPAN.epoch = SPAN.firstEpoch;
}

/** Whether there is another block. */
export function hasBlock(): bool {
  return SPAN.block < SPAN.blocks;
}

/** Goes into the next block and returns its number of transactions: each has to be taken. SPAN.epoch is the block's. */
export function enterBlock(): u32 {
  if (SPAN.block > 0 && bitAt(SPAN.epochBits, SPAN.blocks, SPAN.block)) SPAN.epoch++;
  SPAN.block++;
  continueAt(SPAN.counts);
  const count = <u32>takeUvarint();
  SPAN.counts = AT;
  return count;
}

/** Epoch of the block that enterBlock goes into next. */
export function nextEpoch(): u64 {
  return SPAN.epoch + u64(SPAN.block > 0 && bitAt(SPAN.epochBits, SPAN.blocks, SPAN.block));
}

/**
 * Appends the next transaction of the block entered last to the answer, behind its length (u32), and returns its type.
 */
export function takeTransaction(): u32 {
  const index = SPAN.transaction++;
  continueAt(SPAN.nonces);
  const nonce = takeUvarint();
  SPAN.nonces = AT;
  continueAt(SPAN.gases);
  const gas = takeUvarint();
  SPAN.gases = AT;
  continueAt(SPAN.data);
  takeData();
  SPAN.data = AT;
  const isCreation = bitAt(SPAN.creations, SPAN.transactions, index);
  const parity = u64(bitAt(SPAN.parities, SPAN.transactions, index));
  const isProtected = TYPE == LEGACY && bitAt(SPAN.protections, SPAN.legacies, SPAN.legacy++);
  writeTransaction(nonce, gas, isCreation ? 0 : SPAN.recipients, parity, isProtected, SPAN.signatures);
  if (!isCreation) SPAN.recipients += 20;
  SPAN.signatures += 64;
  return TYPE;
}
