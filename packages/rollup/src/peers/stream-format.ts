import { bytesToHex, type Hex, hexToBytes } from "viem";
import { ByteReader } from "../formats/byte-reader.ts";
import { ByteWriter } from "../formats/byte-writer.ts";
import { FormatError } from "../formats/errors.ts";
import { SIGNATURE_BYTES } from "./block-signature.ts";
import { PeerError } from "./errors.ts";

/** A block with the signature of the account that L1 names. */
export interface SignedBlock {
  readonly signature: Uint8Array;
  /** RLP of the block. */
  readonly payload: Uint8Array;
}

/** Which chain a stream is of. */
export interface StreamChain {
  readonly chainId: bigint;
  readonly genesis: Hex;
}

/** `head`: of the peer's chain. */
export type StreamMessage =
  | ({ readonly kind: "hello"; readonly version: number; readonly head: bigint } & StreamChain)
  | ({ readonly kind: "block" } & SignedBlock)
  | { readonly kind: "head"; readonly head: bigint };

export const STREAM_VERSION = 1;
/** Most bytes of a frame. A larger block is not streamed: L1 brings it. */
export const MAX_FRAME_BYTES: number = 16 * 1024 * 1024;
const KINDS = { hello: 0, block: 1, head: 2 } as const;

/** Length (u32) of what follows, kind (u8), content. See docs/spec/unsafe-blocks.md. */
export const encodeMessage = (message: StreamMessage): Uint8Array => {
  const content = new ByteWriter().u8(KINDS[message.kind]);
  if (message.kind === "block") content.bytes(message.signature).bytes(message.payload);
  if (message.kind === "hello") content.u8(message.version).u256(message.chainId).bytes(hexToBytes(message.genesis));
  if (message.kind !== "block") content.u64(message.head);
  return new ByteWriter().u32(content.length).bytes(content.finish()).finish();
};

/** @param frame without its length @throws PeerError MALFORMED */
export const decodeMessage = (frame: Uint8Array): StreamMessage => {
  const reader = new ByteReader(frame);
  try {
    const message = readMessage(reader);
    if (reader.left > 0) throw new FormatError("a message is followed by more bytes");
    return message;
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new PeerError("MALFORMED", cause.shortMessage, { cause });
  }
};

const readMessage = (reader: ByteReader): StreamMessage => {
  const kind = reader.u8();
  if (kind === KINDS.head) return { kind: "head", head: reader.u64() };
  if (kind === KINDS.block) {
    return { kind: "block", signature: reader.fixed(SIGNATURE_BYTES), payload: reader.fixed(reader.left) };
  }
  if (kind !== KINDS.hello) throw new FormatError(`a message of kind ${kind}`);
  const version = reader.u8();
  const [chainId, genesis] = [reader.u256(), bytesToHex(reader.fixed(32))];
  return { kind: "hello", version, chainId, genesis, head: reader.u64() };
};

const LENGTH_BYTES = 4;
const FIRST_CAPACITY = 4096;

/** Cuts a stream of bytes into frames. Holds at most one frame that is not whole, and the chunk that came last. */
export class FrameReader {
  #buffer: Buffer = Buffer.alloc(FIRST_CAPACITY);
  #length = 0;

  /** @returns the frames that are whole now, without their lengths @throws PeerError MALFORMED, OVERSIZE */
  *add(chunk: Uint8Array): Generator<Uint8Array> {
    this.#append(chunk);
    let at = 0;
    while (this.#length - at >= LENGTH_BYTES) {
      const size = this.#buffer.readUInt32BE(at);
      if (size === 0) throw new PeerError("MALFORMED", "a frame without content");
      if (size > MAX_FRAME_BYTES) throw new PeerError("OVERSIZE", `a frame of ${size} bytes`);
      if (this.#length - at - LENGTH_BYTES < size) break;
      const from = at + LENGTH_BYTES;
      at = from + size;
      // A copy: the buffer is used again while the receiver still has the frame.
      yield new Uint8Array(this.#buffer.subarray(from, at));
    }
    this.#buffer.copyWithin(0, at, this.#length);
    this.#length -= at;
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(needed, 2 * this.#buffer.length));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, this.#length);
    this.#length = needed;
  }
}
