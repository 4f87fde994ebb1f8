import { bytesToHex, type Hex, hexToBytes } from "viem";
import { ByteReader } from "./byte-reader.ts";
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
const CHANNEL_ID_LENGTH = 16;
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
export const decodeFrames = (payload: Uint8Array): readonly Frame[] => {
  const reader = new ByteReader(payload);
  const version = reader.u8();
  if (version !== FRAMES_VERSION) throw new FormatError(`batcher transaction of unknown version ${version}`);
  const frames: Frame[] = [];
  do frames.push(decodeFrame(reader));
  while (reader.left > 0);
  return frames;
};

const decodeFrame = (reader: ByteReader): Frame => {
  const channelId = bytesToHex(reader.fixed(CHANNEL_ID_LENGTH));
  const number = reader.u16();
  const length = reader.u32();
  if (length > MAX_FRAME_DATA) throw new FormatError(`frame of ${length} bytes`);
  const data = reader.fixed(length);
  const last = reader.u8();
  if (last > 1) throw new FormatError(`is_last is ${last}`);
  return { channelId, number, data, isLast: last === 1 };
};

/** A batcher transaction's payload; inverse of `decodeFrames`. */
export const encodeFrames = (frames: readonly Frame[]): Uint8Array => {
  const writer = new ByteWriter().u8(FRAMES_VERSION);
  for (const { channelId, number, data, isLast } of frames) {
    writer.bytes(hexToBytes(channelId)).u16(number).u32(data.length).bytes(data).u8(Number(isLast));
  }
  return writer.finish();
};
