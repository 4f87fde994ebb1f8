import fc from "fast-check";
import { type Hex, toHex } from "viem";
import { describe, expect, test } from "vitest";
import { SIGNATURE_BYTES } from "./block-signature.ts";
import { PeerError } from "./errors.ts";
import { decodeMessage, encodeMessage, FrameReader, MAX_FRAME_BYTES, type StreamMessage } from "./stream-format.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const u64 = fc.bigInt(0n, 2n ** 64n - 1n);
const message: fc.Arbitrary<StreamMessage> = fc.oneof(
  fc.record({ kind: fc.constant("head" as const), head: u64 }),
  fc.record({
    kind: fc.constant("hello" as const),
    version: fc.nat(255),
    chainId: fc.bigInt(0n, 2n ** 256n - 1n),
    genesis: bytes(32).map((hash): Hex => toHex(hash)),
    head: u64,
  }),
  fc.record({
    kind: fc.constant("block" as const),
    signature: bytes(SIGNATURE_BYTES),
    payload: fc.uint8Array({ maxLength: 6_000 }),
  }),
);

/** Cuts where the numbers say. */
const chunks = (whole: Uint8Array, sizes: readonly number[]): readonly Uint8Array[] => {
  const cut: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; at < whole.length; i++) {
    const size = sizes[i % sizes.length]!;
    cut.push(whole.subarray(at, at + size));
    at += size;
  }
  return cut;
};

const read = (parts: readonly Uint8Array[]): readonly StreamMessage[] => {
  const reader = new FrameReader();
  return parts.flatMap((part) => [...reader.add(part)].map(decodeMessage));
};

describe("the stream of unsafe blocks", () => {
  test("messages arrive as they were sent, however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 5 }),
        (messages, sizes) => {
          const sent = Buffer.concat(messages.map(encodeMessage));
          expect(read(chunks(sent, sizes))).toEqual(messages);
        },
      ),
    );
  });

  test("any bytes are messages, or a PeerError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 64 }), (noise, size) => {
        try {
          read(chunks(noise, [size]));
        } catch (error) {
          expect(error).toBeInstanceOf(PeerError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("a message spoilt by one byte is another message, or a PeerError", () => {
    fc.assert(
      fc.property(message, fc.nat(), fc.integer({ min: 1, max: 255 }), (original, place, change) => {
        const frame = encodeMessage(original).slice(4);
        frame[place % frame.length]! ^= change;
        try {
          expect(decodeMessage(frame)).not.toEqual(original);
        } catch (error) {
          expect(error).toMatchObject({ name: "PeerError", code: "MALFORMED" });
        }
      }),
    );
  });

  test("a frame that is too large is refused by its first four bytes", () => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(MAX_FRAME_BYTES + 1);
    expect(() => read([head])).toThrow(expect.objectContaining({ code: "OVERSIZE" }));
  });
});
