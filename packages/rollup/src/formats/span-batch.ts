import { type Hex, hexToBytes } from "viem";
import type { BatchContext } from "./batch-context.ts";
import { ByteWriter } from "./byte-writer.ts";
import { FormatError } from "./errors.ts";
import { writeSpanTransactions } from "./span-transactions.ts";

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

const SPAN_BATCH_VERSION = 1;
const CHECK_LENGTH = 20;

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
