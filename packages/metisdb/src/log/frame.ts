import { crc32 } from "node:zlib";

/** A segment starts with these bytes. */
export const SEGMENT_MAGIC: Uint8Array = Buffer.from("HYPWAL\0\x02");

export const FRAME_HEADER_BYTES: number = 8;

/** A frame, and the payload in it. */
export interface FramedPayload {
  readonly framed: Uint8Array;
  readonly payload: Uint8Array;
}

/** Frame: payload length(4), CRC-32 of length and payload(4), payload; integers little-endian. */
export function frame(payload: Uint8Array): Uint8Array {
  const framed = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  framed.set(payload, FRAME_HEADER_BYTES);
  return frameInPlace(framed).framed;
}

/** Fills the header. @param framed payload behind room for it */
export function frameInPlace(framed: Uint8Array): FramedPayload {
  const bytes = Buffer.from(framed.buffer, framed.byteOffset, framed.byteLength);
  bytes.writeUInt32LE(framed.length - FRAME_HEADER_BYTES, 0);
  bytes.writeUInt32LE(checksum(bytes), 4);
  return { framed, payload: framed.subarray(FRAME_HEADER_BYTES) };
}

export interface Frames {
  readonly payloads: readonly Uint8Array[];
  /** Bytes up to the end of the last whole frame. */
  readonly validBytes: number;
  /** Why the rest is not a frame; `undefined` when nothing is left. */
  readonly damage: string | undefined;
}

/** The whole frames at the beginning of a segment. */
export function readFrames(segment: Uint8Array): Frames {
  const payloads: Uint8Array[] = [];
  if (Buffer.compare(segment.subarray(0, SEGMENT_MAGIC.length), SEGMENT_MAGIC) !== 0) {
    return {
      payloads,
      validBytes: 0,
      damage: segment.length === 0 ? undefined : "the segment's first bytes are not a log's",
    };
  }
  const bytes = Buffer.from(segment.buffer, segment.byteOffset, segment.byteLength);
  let at = SEGMENT_MAGIC.length;
  while (at < bytes.length) {
    const damage = frameDamage(bytes, at);
    if (damage) return { payloads, validBytes: at, damage };
    const end = at + FRAME_HEADER_BYTES + bytes.readUInt32LE(at);
    payloads.push(bytes.subarray(at + FRAME_HEADER_BYTES, end));
    at = end;
  }
  return { payloads, validBytes: at, damage: undefined };
}

function frameDamage(bytes: Buffer, at: number): string | undefined {
  if (at + FRAME_HEADER_BYTES > bytes.length) return "the last record has no whole header";
  const end = at + FRAME_HEADER_BYTES + bytes.readUInt32LE(at);
  if (end > bytes.length) return "the last record ends early";
  if (end === at + FRAME_HEADER_BYTES) return "a record is empty";
  return bytes.readUInt32LE(at + 4) === checksum(bytes.subarray(at, end)) ? undefined : "a record's checksum is wrong";
}

function checksum(framed: Buffer): number {
  return crc32(framed.subarray(FRAME_HEADER_BYTES), crc32(framed.subarray(0, 4)));
}
