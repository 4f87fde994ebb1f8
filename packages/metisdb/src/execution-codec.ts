import type { Log, Receipt } from "@hyperion/kernel";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";

/** What execution adds to a transaction of a block: kept so that lookups need neither hashing nor signature recovery. */
export interface TransactionRecord {
  readonly hash: Uint8Array;
  readonly from: Uint8Array;
  readonly receipt: Receipt;
}

const BLOOM_BYTES = 256;
/** A bloom with more non-zero bytes than this is stored whole. */
const SPARSE_LIMIT = 100;
const WHOLE_BLOOM = 255;

const HAS_STATUS = 1;
const SUCCEEDED = 2;
const HAS_STATE_ROOT = 4;
const HAS_BLOB_GAS = 8;
const HAS_CONTRACT = 16;
const IS_DEPOSIT = 32;
const HAS_L1_FEE = 64;

/**
 * Record of one block's execution: count, then per transaction
 * hash(32) from(20) type(1) flags(1) [stateRoot(32)] cumulativeGas gas effectiveGasPrice [blobGas blobGasPrice]
 * [contract(20)] [deposit nonce] [L1 fee, L1 gas] bloom logs; a log is address(20), topic count(1), topics(32 each), data.
 */
export function encodeExecution(records: readonly TransactionRecord[]): Uint8Array {
  const writer = new ByteWriter(64 + records.length * 256);
  writer.integer(records.length);
  for (const record of records) {
    writer.fixed(record.hash);
    writer.fixed(record.from);
    writeReceipt(writer, record.receipt);
  }
  return writer.finish();
}

/** @throws DatabaseError RECORD_DAMAGED */
export function decodeExecution(bytes: Uint8Array): TransactionRecord[] {
  const reader = new ByteReader(bytes);
  const count = reader.integer();
  const records: TransactionRecord[] = [];
  for (let i = 0; i < count; i++) {
    records.push({ hash: reader.fixed(32), from: reader.fixed(20), receipt: readReceipt(reader) });
  }
  reader.end();
  return records;
}

function writeReceipt(writer: ByteWriter, receipt: Receipt): void {
  writer.byte(receipt.type);
  writer.byte(
    (receipt.status !== undefined ? HAS_STATUS : 0) |
      (receipt.status === 1 ? SUCCEEDED : 0) |
      (receipt.stateRoot ? HAS_STATE_ROOT : 0) |
      (receipt.blobGasUsed !== undefined ? HAS_BLOB_GAS : 0) |
      (receipt.contractAddress ? HAS_CONTRACT : 0) |
      (receipt.depositNonce !== undefined ? IS_DEPOSIT : 0) |
      (receipt.l1Fee !== undefined ? HAS_L1_FEE : 0),
  );
  if (receipt.stateRoot) writer.fixed(receipt.stateRoot);
  writer.quantity(receipt.cumulativeGasUsed);
  writer.quantity(receipt.gasUsed);
  writer.quantity(receipt.effectiveGasPrice);
  if (receipt.blobGasUsed !== undefined) {
    writer.quantity(receipt.blobGasUsed);
    writer.quantity(receipt.blobGasPrice ?? 0n);
  }
  if (receipt.contractAddress) writer.fixed(receipt.contractAddress);
  if (receipt.depositNonce !== undefined) writer.quantity(receipt.depositNonce);
  if (receipt.l1Fee !== undefined) {
    writer.quantity(receipt.l1Fee);
    writer.quantity(receipt.l1GasUsed ?? 0n);
  }
  writeBloom(writer, receipt.logsBloom);
  writer.integer(receipt.logs.length);
  for (const log of receipt.logs) writeLog(writer, log);
}

function readReceipt(reader: ByteReader): Receipt {
  const type = reader.byte();
  const flags = reader.byte();
  return {
    type,
    ...(flags & HAS_STATUS ? { status: flags & SUCCEEDED ? 1 : 0 } : {}),
    ...(flags & HAS_STATE_ROOT ? { stateRoot: reader.fixed(32) } : {}),
    cumulativeGasUsed: reader.quantity(),
    gasUsed: reader.quantity(),
    effectiveGasPrice: reader.quantity(),
    ...(flags & HAS_BLOB_GAS ? { blobGasUsed: reader.quantity(), blobGasPrice: reader.quantity() } : {}),
    ...(flags & HAS_CONTRACT ? { contractAddress: reader.fixed(20) } : {}),
    ...(flags & IS_DEPOSIT ? { depositNonce: reader.quantity() } : {}),
    ...(flags & HAS_L1_FEE ? { l1Fee: reader.quantity(), l1GasUsed: reader.quantity() } : {}),
    logsBloom: readBloom(reader),
    logs: Array.from({ length: reader.integer() }, () => readLog(reader)),
  };
}

function writeLog(writer: ByteWriter, log: Log): void {
  writer.fixed(log.address);
  writer.byte(log.topics.length);
  for (const topic of log.topics) writer.fixed(topic);
  writer.bytes(log.data);
}

function readLog(reader: ByteReader): Log {
  const address = reader.fixed(20);
  const topics = Array.from({ length: reader.byte() }, () => reader.fixed(32));
  return { address, topics, data: reader.bytes() };
}

/** Blooms are mostly zero: count(1), then (index, byte) pairs. */
function writeBloom(writer: ByteWriter, bloom: Uint8Array): void {
  let count = 0;
  for (let i = 0; i < BLOOM_BYTES; i++) if (bloom[i]) count++;
  if (count > SPARSE_LIMIT) {
    writer.byte(WHOLE_BLOOM);
    writer.fixed(bloom);
    return;
  }
  writer.byte(count);
  for (let i = 0; i < BLOOM_BYTES; i++) {
    if (!bloom[i]) continue;
    writer.byte(i);
    writer.byte(bloom[i]!);
  }
}

function readBloom(reader: ByteReader): Uint8Array {
  const count = reader.byte();
  if (count === WHOLE_BLOOM) return reader.fixed(BLOOM_BYTES);
  const bloom = new Uint8Array(BLOOM_BYTES);
  for (let i = 0; i < count; i++) {
    const index = reader.byte();
    bloom[index] = reader.byte();
  }
  return bloom;
}
