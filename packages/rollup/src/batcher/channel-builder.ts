import { randomBytes } from "node:crypto";
import { brotliCompressSync, constants, deflateSync } from "node:zlib";
import { encodeRlp } from "@hyperion/chain";
import { bytesToHex, type Hex } from "viem";
import { encodeSingularBatch } from "../formats/batch.ts";
import type { BatchContext } from "../formats/batch-context.ts";
import { BROTLI_CHANNEL } from "../formats/channel.ts";
import { encodeFrames, FRAME_OVERHEAD, MAX_FRAME_DATA } from "../formats/frame.ts";
import { encodeSpanBatch, type SpanBlockInput } from "../formats/span-batch.ts";

/** An unsafe L2 block as batches have it. */
export interface BatchBlock extends SpanBlockInput {
  readonly number: bigint;
  readonly hash: Hex;
  readonly parentHash: Hex;
}

export interface ChannelOptions {
  readonly batches: "span" | "singular";
  readonly compression: "zlib" | "brotli";
  /** Most bytes of a payload: what a blob holds, or what a transaction may carry. */
  readonly payloadSize: number;
}

const VERSION_BYTE = 1;
/** Good compression of many small transactions for reasonable time. */
const BROTLI_QUALITY = 10;

/**
 * Blocks as one channel, cut into payloads of one frame each, in the order in which they have to appear on L1.
 *
 * @param blocks consecutive, at least one
 * @param parentEpoch L1 origin of the block before the first
 */
export const buildChannel = (
  blocks: readonly BatchBlock[],
  parentEpoch: bigint,
  context: BatchContext,
  options: ChannelOptions,
): readonly Uint8Array[] => {
  const batches =
    options.batches === "span"
      ? [encodeSpanBatch(blocks[0]!.parentHash, parentEpoch, blocks, context)]
      : blocks.map((block) => encodeSingularBatch({ kind: "singular", ...block }));
  const data = compress(Buffer.concat(batches.map((batch) => encodeRlp(batch))), options.compression);
  return cut(data, options.payloadSize);
};

const compress = (batches: Uint8Array, compression: ChannelOptions["compression"]): Uint8Array => {
  if (compression === "zlib") return deflateSync(batches, { level: constants.Z_BEST_COMPRESSION });
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: batches.length,
  };
  return Buffer.concat([Uint8Array.of(BROTLI_CHANNEL), brotliCompressSync(batches, { params })]);
};

const cut = (data: Uint8Array, payloadSize: number): readonly Uint8Array[] => {
  const room = Math.min(payloadSize - VERSION_BYTE - FRAME_OVERHEAD, MAX_FRAME_DATA);
  const channelId = bytesToHex(randomBytes(16));
  const count = Math.ceil(data.length / room);
  return Array.from({ length: count }, (_, number) => {
    const piece = data.subarray(number * room, (number + 1) * room);
    return encodeFrames([{ channelId, number, data: piece, isLast: number === count - 1 }]);
  });
};
