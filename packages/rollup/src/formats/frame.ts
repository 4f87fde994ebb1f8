import { bytesToHex, type Hex, hexToBytes } from "viem";
import { DerivationModule } from "../wasm/derivation-module.ts";
import { ByteWriter } from "./byte-writer.ts";
import { FormatError } from "./errors.ts";

/** A piece of a channel, as one L1 transaction carries it. */
export interface Frame {
  /** 16 bytes. */
  readonly channelId: Hex;
  readonly number: number;
  readonly data: Uint8Array;
  readonly isLast: boolean;
}

/** First byte of a batcher transaction whose payload is frames. */
const FRAMES_VERSION = 0;
/** Most bytes of one frame's data. */
export const MAX_FRAME_DATA = 1_000_000;
/** Bytes of a frame beside its data. */
export const FRAME_OVERHEAD = 23;

/**
 * The frames of a batcher transaction: version, then id ‖ number u16 ‖ length u32 ‖ data ‖ is_last, repeated. One bad frame
 * makes all of them void.
 *
 * @throws FormatError
 */
export const decodeFrames = (payload: Uint8Array): readonly Frame[] => framesOf(payload, false);

/**
 * Of a transaction's frames those that Holocene accepts: each follows its predecessor in the same channel, or opens a new
 * channel. A new channel makes the frames of an unfinished one before it void.
 *
 * @throws FormatError
 */
export const orderedFrames = (payload: Uint8Array): readonly Frame[] => framesOf(payload, true);

const framesOf = (payload: Uint8Array, ordered: boolean): readonly Frame[] => {
  const module = DerivationModule.stateless;
  module.message().u8(ordered).bytes(payload);
  const from = module.ask("decodeFrames");
  if (!from.bool()) throw new FormatError(`batcher transaction of ${payload.length} bytes with a bad frame`);
  const frames: Frame[] = [];
  while (from.bool()) {
    const [channelId, number, data] = [bytesToHex(from.fixed(16)), from.u32(), from.bytes()];
    frames.push({ channelId, number, data, isLast: from.bool() });
  }
  return frames;
};

/** A batcher transaction's payload; inverse of `decodeFrames`. */
export const encodeFrames = (frames: readonly Frame[]): Uint8Array => {
  const writer = new ByteWriter().u8(FRAMES_VERSION);
  for (const { channelId, number, data, isLast } of frames) {
    writer.bytes(hexToBytes(channelId)).u16(number).u32(data.length).bytes(data).u8(Number(isLast));
  }
  return writer.finish();
};
