import { bytesToHex, type Hex, hexToBytes } from "viem";
import type { BatchContext } from "./batch-context.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { FormatError } from "./errors.ts";
import { readSpanTransactions, writeSpanTransactions } from "./span-transactions.ts";

/** One L2 block of a span. */
export interface SpanBlock {
  readonly timestamp: bigint;
  readonly epochNumber: bigint;
  /** EIP-2718, without deposits. */
  readonly transactions: readonly Uint8Array[];
}

/** Consecutive L2 blocks in columns: batch version 1 (Delta), with EIP-7702 (Isthmus). */
export interface SpanBatch {
  readonly kind: "span";
  /** First 20 bytes of the hash before the first block. */
  readonly parentCheck: Hex;
  /** First 20 bytes of the hash of the last block's L1 origin. */
  readonly originCheck: Hex;
  /** At least one. */
  readonly blocks: readonly SpanBlock[];
}

export const SPAN_BATCH_VERSION = 1;
/** Most blocks, and most transactions, of one span. */
const MAX_ELEMENTS = 10_000_000;
const CHECK_LENGTH = 20;
const NONE: readonly Uint8Array[] = [];

/** Epochs and timestamps are 64 bits wide, and what exceeds them wraps around, as in op-node. */
const uint64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** @throws FormatError */
export const decodeSpanBatch = (bytes: Uint8Array, context: BatchContext): SpanBatch => {
  const reader = new ByteReader(bytes);
  const start = context.genesisTime + reader.uvarint();
  const lastEpoch = reader.uvarint();
  const parentCheck = bytesToHex(reader.fixed(CHECK_LENGTH));
  const originCheck = bytesToHex(reader.fixed(CHECK_LENGTH));
  const blockCount = reader.count(MAX_ELEMENTS);
  if (blockCount === 0) throw new FormatError("span batch without blocks");
  const isNewEpoch = reader.bitset(blockCount);
  const counts = readCounts(reader, blockCount);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const transactions = readSpanTransactions(reader, total, context.chainId);
  let newEpochs = 0;
  for (let index = 0; index < blockCount; index++) newEpochs += Number(isNewEpoch(index));
  let epochNumber = lastEpoch - BigInt(newEpochs);
  let taken = 0;
  const blocks = Array.from({ length: blockCount }, (_, index): SpanBlock => {
    if (isNewEpoch(index)) epochNumber++;
    const count = counts[index]!;
    taken += count;
    return {
      timestamp: uint64(start + BigInt(index) * context.blockTime),
      epochNumber: uint64(epochNumber),
      transactions: count === 0 ? NONE : transactions.slice(taken - count, taken),
    };
  });
  return { kind: "span", parentCheck, originCheck, blocks };
};

/** Every element takes a byte at least, so what is left of the bytes bounds the sum as well. */
const readCounts = (reader: ByteReader, blockCount: number): Uint32Array => {
  if (blockCount > reader.left) throw new FormatError("span batch: more blocks than bytes");
  let total = 0;
  const counts = new Uint32Array(blockCount);
  for (let index = 0; index < blockCount; index++) {
    const count = reader.count(MAX_ELEMENTS);
    total += count;
    if (total > MAX_ELEMENTS || total > reader.left) throw new FormatError("span batch: more transactions than bytes");
    counts[index] = count;
  }
  return counts;
};

/** A block for a span batch. */
export interface SpanBlockInput extends SpanBlock {
  readonly epochHash: Hex;
}

/**
 * @param parentHash of the block before the first
 * @param parentEpoch L1 origin of that block
 * @param blocks consecutive, one block time apart, with at least one
 */
export const encodeSpanBatch = (
  parentHash: Hex,
  parentEpoch: bigint,
  blocks: readonly SpanBlockInput[],
  context: BatchContext,
): Uint8Array => {
  const [first, last] = [blocks[0], blocks.at(-1)];
  if (!first || !last) throw new FormatError("span batch without blocks");
  const epochs = [parentEpoch, ...blocks.map(({ epochNumber }) => epochNumber)];
  const writer = new ByteWriter()
    .u8(SPAN_BATCH_VERSION)
    .uvarint(first.timestamp - context.genesisTime)
    .uvarint(last.epochNumber)
    .bytes(hexToBytes(parentHash).subarray(0, CHECK_LENGTH))
    .bytes(hexToBytes(last.epochHash).subarray(0, CHECK_LENGTH))
    .uvarint(blocks.length)
    .bits(blocks.map(({ epochNumber }, index) => epochNumber !== epochs[index]));
  for (const { transactions } of blocks) writer.uvarint(transactions.length);
  writeSpanTransactions(
    writer,
    blocks.flatMap(({ transactions }) => transactions),
  );
  return writer.finish();
};
