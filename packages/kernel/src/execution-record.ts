import { WireReader } from "./codec.ts";
import type { Log, Receipt } from "./receipt.ts";

/** Fields whose places never change; the layout is that of `assembly/entry/execution-record.ts`. */
const FIXED_SIZE = 84;
const WHOLE_BLOOM = 0xffff;
const BLOOM_SIZE = 256;
const LOG_HEADER = 28;

const HAS_STATUS = 1;
const SUCCEEDED = 2;
const HAS_STATE_ROOT = 4;
const HAS_BLOB_GAS = 8;
const HAS_BLOB_PRICE = 16;
const HAS_CONTRACT = 32;
const IS_DEPOSIT = 64;
const HAS_L1_FEE = 128;

/** Where a log is: its address, its topics, and how many of them. */
export type VisitLog = (bytes: Uint8Array, address: number, topics: number, topicCount: number) => void;

/**
 * What executing one transaction came to: the bytes that the kernel wrote, to which nobody writes again. The receipt is
 * decoded when somebody asks for it.
 */
export class ExecutionRecord {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #start: number;

  /** @param message contains a well-formed record at `start`; `view` is of the same bytes */
  constructor(message: Uint8Array, view: DataView, start: number) {
    this.#view = view;
    this.#start = start;
    this.bytes = message.subarray(start, start + view.getUint32(start, true));
  }

  get logCount(): number {
    return this.#view.getUint32(this.#start + 4, true);
  }

  get cumulativeGasUsed(): bigint {
    return this.#view.getBigUint64(this.#start + 8, true);
  }

  get gasUsed(): bigint {
    return this.#view.getBigUint64(this.#start + 16, true);
  }

  /** Hash of the transaction; a copy. */
  get hash(): Uint8Array {
    return this.bytes.slice(24, 56);
  }

  /** Its sender; a copy. */
  get from(): Uint8Array {
    return this.bytes.slice(56, 76);
  }

  /** Decoded at every access: kept for all transactions of a block, receipts would be most of what a node collects. */
  get receipt(): Receipt {
    return this.#decode();
  }

  /** Whether a log comes from one of the addresses, without decoding any. */
  hasLogOf(addresses: readonly Uint8Array[]): boolean {
    let found = false;
    this.visitLogs((bytes, at) => {
      found ||= addresses.some((address) => address.every((byte, index) => bytes[at + index] === byte));
    });
    return found;
  }

  /** The same under another hash and sender: the kernel does not know those of a message without signature. */
  with(hash: Uint8Array, from: Uint8Array): ExecutionRecord {
    const bytes = this.bytes.slice();
    bytes.set(hash, 24);
    bytes.set(from, 56);
    return new ExecutionRecord(bytes, new DataView(bytes.buffer), 0);
  }

  /** Passes over the logs without decoding any. */
  visitLogs(visit: VisitLog): void {
    const { bytes } = this;
    const [view, start] = [this.#view, this.#start];
    let at = bytes.length - view.getUint32(start + 80, true);
    while (at < bytes.length) {
      const topicCount = view.getUint32(start + at + 20, true);
      visit(bytes, at, at + LOG_HEADER, topicCount);
      at += LOG_HEADER + topicCount * 32 + view.getUint32(start + at + 24, true);
    }
  }

  #decode(): Receipt {
    const { bytes } = this;
    const type = bytes[76]!;
    const flags = bytes[77]!;
    const bits = this.#view.getUint16(this.#start + 78, true);
    const from = new WireReader(bytes.subarray(FIXED_SIZE));
    const decoded = {
      type,
      cumulativeGasUsed: this.cumulativeGasUsed,
      gasUsed: this.gasUsed,
      effectiveGasPrice: from.amount(),
      ...(flags & HAS_STATUS && { status: flags & SUCCEEDED ? (1 as const) : (0 as const) }),
      ...(flags & HAS_STATE_ROOT && { stateRoot: from.fixed(32) }),
      ...(flags & HAS_BLOB_GAS && { blobGasUsed: from.u64() }),
      ...(flags & HAS_BLOB_PRICE && { blobGasPrice: from.amount() }),
      ...(flags & HAS_CONTRACT && { contractAddress: from.fixed(20) }),
      ...(flags & IS_DEPOSIT && { depositNonce: from.u64() }),
      ...(flags & HAS_L1_FEE && { l1GasUsed: from.u64(), l1Fee: from.amount() }),
      logsBloom: readBloom(from, bits),
    };
    return { ...decoded, logs: Array.from({ length: this.logCount }, () => readLog(from)) };
  }
}

/** The record that comes next in a kernel's answer. */
export function readRecord(from: WireReader): ExecutionRecord {
  const record = new ExecutionRecord(from.message, from.view, from.skip(0));
  from.skip(record.bytes.length);
  return record;
}

function readBloom(from: WireReader, bits: number): Uint8Array {
  if (bits === WHOLE_BLOOM) return from.fixed(BLOOM_SIZE);
  // A piece of a pooled buffer: memory of its own for each would cost more than the bits.
  const { buffer, byteOffset } = Buffer.allocUnsafe(BLOOM_SIZE);
  const bloom = new Uint8Array(buffer, byteOffset, BLOOM_SIZE).fill(0);
  for (let left = bits; left > 0; left--) {
    const bit = from.u16();
    bloom[BLOOM_SIZE - 1 - (bit >> 3)]! |= 1 << (bit & 7);
  }
  return bloom;
}

function readLog(from: WireReader): Log {
  const address = from.fixed(20);
  const [topicCount, length] = [from.u32(), from.u32()];
  const topics = Array.from({ length: topicCount }, () => from.fixed(32));
  return { address, topics, data: from.fixed(length) };
}

/** End of the well-formed record at `start`, or -1. */
export function endOfRecord(view: DataView, start: number): number {
  if (start + FIXED_SIZE > view.byteLength) return -1;
  const end = start + view.getUint32(start, true);
  const logs = end - view.getUint32(start + 80, true);
  const bits = view.getUint16(start + 78, true);
  if (end > view.byteLength || logs < start + FIXED_SIZE) return -1;
  const bloom = endOfOptional(view, start + FIXED_SIZE, view.getUint8(start + 77), logs);
  if (bloom < 0 || bloom + (bits === WHOLE_BLOOM ? BLOOM_SIZE : bits * 2) !== logs) return -1;
  for (let at = bloom; bits !== WHOLE_BLOOM && at < logs; at += 2) {
    if (view.getUint16(at, true) >= BLOOM_SIZE * 8) return -1;
  }
  return endOfLogs(view, logs, view.getUint32(start + 4, true), end) === end ? end : -1;
}

/** Of a price: a negative number says that it begins with its length. */
const OPTIONAL_FIELDS: readonly (readonly [flag: number, sizes: readonly number[]])[] = [
  [HAS_STATE_ROOT, [32]],
  [HAS_BLOB_GAS, [8]],
  [HAS_BLOB_PRICE, [-1]],
  [HAS_CONTRACT, [20]],
  [IS_DEPOSIT, [8]],
  [HAS_L1_FEE, [8, -1]],
];

/** Where the gas price and the fields after it end; -1 when that is beyond `end`. */
function endOfOptional(view: DataView, start: number, flags: number, end: number): number {
  let at = start;
  const skip = (size: number): void => {
    if (at < 0) return;
    const bytes = size >= 0 ? size : at < end ? 1 + Math.min(view.getUint8(at), 33) : 1;
    at = bytes > 33 || at + bytes > end ? -1 : at + bytes;
  };
  skip(-1);
  for (const [flag, sizes] of OPTIONAL_FIELDS) if (flags & flag) for (const size of sizes) skip(size);
  return at;
}

function endOfLogs(view: DataView, start: number, count: number, end: number): number {
  let at = start;
  for (let left = count; left > 0; left--) {
    if (at + LOG_HEADER > end) return -1;
    at += LOG_HEADER + view.getUint32(at + 20, true) * 32 + view.getUint32(at + 24, true);
  }
  return at;
}
