/** Receipts of the open block, and their encoding for the receipts trie. */
import { bytesSize, listSize, u64Size, writeBytes, writeListHeader, writeU64 } from "../encoding/rlp";
import { ENV, blobBaseFeePtr, gasPricePtr } from "../evm/environment";
import { CREATED_ADDRESS } from "../evm/message";
import { blockAlloc, txAlloc } from "../memory/arena";
import { SUCCESS } from "../evm/status";
import { l1GasUsed } from "../rollup/costs";
import { BYZANTIUM } from "../spec/forks";
import { logAt, logCount } from "../state/logs";
import { copy32, copyAddress } from "../u256/word";
import { BITS_PER_ENTRY, BLOOM_SIZE, bloomBits, setBloomBits } from "./bloom";
import { GAS_USED, STATUS } from "./execute";
import { BLOB, DEPOSIT, LEGACY, Transaction, fromPtr, hashPtr, l1FeePtr } from "./transaction";
import { GAS_PER_BLOB } from "./validity";

/** Unmanaged record; longer fields are reached through the pointer functions below. */
@unmanaged
export class Receipt {
  type: u32;
  /** EIP-658, from Byzantium on; before, the state root stands in its place. */
  hasStatus: bool;
  status: bool;
  isCreation: bool;
  /** `l1GasUsed` and the L1 fee are set. */
  hasL1Fee: bool;
  cumulativeGasUsed: u64;
  gasUsed: u64;
  blobGasUsed: u64;
  /** Log records: address (20 bytes), topic count (u32), data length (u32), topics, data. */
  logs: usize;
  logBytes: u32;
  logCount: u32;
  /** Places of the bloom's bits, u16 each, some perhaps twice. */
  bloomBits: usize;
  bloomBitCount: u32;
  /** Deposits: the sender's nonce before. */
  depositNonce: u64;
  l1GasUsed: u64;
}

const GAS_PRICE: usize = 80;
const BLOB_GAS_PRICE: usize = 112;
const STATE_ROOT: usize = 144;
const L1_FEE: usize = 176;
const HASH: usize = 208;
const FROM: usize = 240;
const CONTRACT: usize = 264;
const RECEIPT_SIZE: usize = 288;
/** Canyon: how deposits are hashed into the receipts trie, with their nonce. */
const DEPOSIT_RECEIPT_VERSION: u64 = 1;

const LOG_TOPICS: usize = 20;
const LOG_DATA_LENGTH: usize = 24;
const LOG_HEADER: usize = 28;

// @ts-ignore: decorator
@inline
export function receiptGasPricePtr(receipt: Receipt): usize {
  return changetype<usize>(receipt) + GAS_PRICE;
}

// @ts-ignore: decorator
@inline
export function receiptBlobGasPricePtr(receipt: Receipt): usize {
  return changetype<usize>(receipt) + BLOB_GAS_PRICE;
}

// @ts-ignore: decorator
@inline
export function receiptStateRootPtr(receipt: Receipt): usize {
  return changetype<usize>(receipt) + STATE_ROOT;
}

// @ts-ignore: decorator
@inline
export function receiptContractPtr(receipt: Receipt): usize {
  return changetype<usize>(receipt) + CONTRACT;
}

/** Hash of the transaction. */
// @ts-ignore: decorator
@inline
export function receiptHashPtr(receipt: Receipt): usize {
  return changetype<usize>(receipt) + HASH;
}

/** Sender of the transaction, 20 bytes. */
// @ts-ignore: decorator
@inline
export function receiptFromPtr(receipt: Receipt): usize {
  return changetype<usize>(receipt) + FROM;
}

/** Wei for the transaction's data on a rollup. */
// @ts-ignore: decorator
@inline
export function receiptL1FeePtr(receipt: Receipt): usize {
  return changetype<usize>(receipt) + L1_FEE;
}

/**
 * Receipt of the transaction that just ran, before the state closes it: in block memory when it is kept, else in
 * transaction memory. The state root is the caller's to fill in; amounts that the receipt does not have are not set.
 */
export function newReceipt(tx: Transaction, cumulativeGasUsed: u64, keep: bool): Receipt {
  const receipt = changetype<Receipt>(allocate(RECEIPT_SIZE, keep));
  receipt.type = tx.type;
  receipt.hasStatus = ENV.fork >= BYZANTIUM;
  receipt.status = STATUS == SUCCESS;
  receipt.cumulativeGasUsed = cumulativeGasUsed;
  receipt.gasUsed = GAS_USED;
  receipt.blobGasUsed = 0;
  copy32(receiptHashPtr(receipt), hashPtr(tx));
  copyAddress(receiptFromPtr(receipt), fromPtr(tx));
  copy32(receiptGasPricePtr(receipt), gasPricePtr());
  if (tx.type == BLOB) {
    receipt.blobGasUsed = <u64>tx.blobCount * GAS_PER_BLOB;
    copy32(receiptBlobGasPricePtr(receipt), blobBaseFeePtr());
  }
  if (tx.type == DEPOSIT) receipt.depositNonce = tx.nonce;
  receipt.hasL1Fee = tx.hasRollupFees;
  if (tx.hasRollupFees) {
    receipt.l1GasUsed = l1GasUsed(tx);
    receipt.blobGasUsed = tx.daFootprint;
    copy32(receiptL1FeePtr(receipt), l1FeePtr(tx));
  }
  receipt.isCreation = tx.isCreation;
  if (tx.isCreation) copyAddress(receiptContractPtr(receipt), CREATED_ADDRESS);
  copyLogs(receipt, keep);
  return receipt;
}

function allocate(bytes: usize, keep: bool): usize {
  return keep ? blockAlloc(bytes) : txAlloc(bytes);
}

function copyLogs(receipt: Receipt, keep: bool): void {
  const count = logCount();
  receipt.logCount = count;
  receipt.logBytes = 0;
  receipt.bloomBitCount = 0;
  if (count == 0) return;
  let size: usize = 0;
  let filtered: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const log = logAt(i);
    size += LOG_HEADER + (<usize>load<u32>(log, 24) << 5) + load<u32>(log, 28);
    filtered += 1 + load<u32>(log, 24);
  }
  receipt.logBytes = <u32>size;
  receipt.bloomBitCount = filtered * BITS_PER_ENTRY;
  receipt.logs = allocate(size, keep);
  receipt.bloomBits = allocate(<usize>receipt.bloomBitCount << 1, keep);
  let at = receipt.logs;
  let bits = receipt.bloomBits;
  for (let i: u32 = 0; i < count; i++) {
    const log = at;
    at = copyLog(logAt(i), at);
    bits = bloomBits(log, 20, bits);
    for (let topic: u32 = 0; topic < logTopicCount(log); topic++) {
      bits = bloomBits(logTopics(log) + (<usize>topic << 5), 32, bits);
    }
  }
}

function copyLog(log: usize, at: usize): usize {
  const topics = load<u32>(log, 24);
  const contents = (<usize>topics << 5) + load<u32>(log, 28);
  copyAddress(at, log);
  store<u32>(at, topics, LOG_TOPICS);
  store<u32>(at, load<u32>(log, 28), LOG_DATA_LENGTH);
  memory.copy(at + LOG_HEADER, log + 32, contents);
  return at + LOG_HEADER + contents;
}

/** Adds the receipt's bits to a bloom. */
export function addReceiptBloom(bloom: usize, receipt: Receipt): void {
  setBloomBits(bloom, receipt.bloomBits, receipt.bloomBitCount);
}

// @ts-ignore: decorator
@inline
export function logTopicCount(log: usize): u32 {
  return load<u32>(log, LOG_TOPICS);
}

// @ts-ignore: decorator
@inline
export function logTopics(log: usize): usize {
  return log + LOG_HEADER;
}

// @ts-ignore: decorator
@inline
export function logDataLength(log: usize): u32 {
  return load<u32>(log, LOG_DATA_LENGTH);
}

// @ts-ignore: decorator
@inline
export function logData(log: usize): usize {
  return log + LOG_HEADER + (<usize>logTopicCount(log) << 5);
}

// @ts-ignore: decorator
@inline
export function nextLog(log: usize): usize {
  return logData(log) + logDataLength(log);
}

function logPayload(log: usize): u32 {
  return 21 + listSize(logTopicCount(log) * 33) + bytesSize(logData(log), logDataLength(log));
}

function logsPayload(receipt: Receipt): u32 {
  let size: u32 = 0;
  let log = receipt.logs;
  for (let i: u32 = 0; i < receipt.logCount; i++, log = nextLog(log)) size += listSize(logPayload(log));
  return size;
}

function receiptPayload(receipt: Receipt, logs: u32): u32 {
  const outcome: u32 = receipt.hasStatus ? 1 : 33;
  const deposit: u32 = receipt.type == DEPOSIT ? u64Size(receipt.depositNonce) + u64Size(DEPOSIT_RECEIPT_VERSION) : 0;
  return outcome + u64Size(receipt.cumulativeGasUsed) + 3 + BLOOM_SIZE + listSize(logs) + deposit;
}

/** Encoded size, EIP-2718 type byte included. */
export function receiptSize(receipt: Receipt): u32 {
  return (receipt.type == LEGACY ? 0 : 1) + listSize(receiptPayload(receipt, logsPayload(receipt)));
}

/** Writes the encoding and returns the address after it. */
export function writeReceipt(at: usize, receipt: Receipt): usize {
  const logs = logsPayload(receipt);
  if (receipt.type != LEGACY) store<u8>(at++, <u8>receipt.type);
  at = writeListHeader(at, receiptPayload(receipt, logs));
  at = receipt.hasStatus ? writeU64(at, u64(receipt.status)) : writeBytes(at, receiptStateRootPtr(receipt), 32);
  at = writeU64(at, receipt.cumulativeGasUsed);
  at = writeBloom(at, receipt);
  at = writeListHeader(at, logs);
  let log = receipt.logs;
  for (let i: u32 = 0; i < receipt.logCount; i++, log = nextLog(log)) at = writeLog(at, log);
  if (receipt.type != DEPOSIT) return at;
  at = writeU64(at, receipt.depositNonce);
  return writeU64(at, DEPOSIT_RECEIPT_VERSION);
}

/** As a string of more than 55 bytes with a length of two. */
function writeBloom(at: usize, receipt: Receipt): usize {
  store<u8>(at, 0xb9);
  store<u16>(at, bswap<u16>(<u16>BLOOM_SIZE), 1);
  at += 3;
  memory.fill(at, 0, BLOOM_SIZE);
  addReceiptBloom(at, receipt);
  return at + BLOOM_SIZE;
}

function writeLog(at: usize, log: usize): usize {
  at = writeListHeader(at, logPayload(log));
  at = writeBytes(at, log, 20);
  const topics = logTopicCount(log);
  at = writeListHeader(at, topics * 33);
  for (let i: u32 = 0; i < topics; i++) at = writeBytes(at, logTopics(log) + (<usize>i << 5), 32);
  return writeBytes(at, logData(log), logDataLength(log));
}
