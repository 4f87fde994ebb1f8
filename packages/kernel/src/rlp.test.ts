import { RLP } from "@ethereumjs/rlp";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KernelError } from "./errors.ts";
import { decodeRlp, encodeRlp, type RlpItem } from "./rlp.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));

const { item } = fc.letrec<{ item: RlpItem }>((tie) => ({
  item: fc.oneof({ maxDepth: 6 }, fc.uint8Array({ maxLength: 70 }), fc.array(tie("item"), { maxLength: 20 })),
}));

/** The peer's verdict; it accepts lengths with leading zeros and bytes after the item, so encoding again must agree. */
function peerAccepts(input: Uint8Array): boolean {
  try {
    return hex(RLP.encode(RLP.decode(input))) === hex(input);
  } catch {
    return false;
  }
}

describe("RLP", () => {
  test("encodes as @ethereumjs/rlp and decodes what it encoded", () => {
    const property = fc.property(item, (value) => {
      const encoded = encodeRlp(value);
      expect(hex(encoded)).toBe(hex(RLP.encode(value as Uint8Array)));
      expect(decodeRlp(encoded)).toEqual(value);
    });
    fc.assert(property, { numRuns: 300 });
  });

  test("accepts exactly the canonical encodings", () => {
    const mutated = fc.tuple(item, fc.nat(), fc.nat(255)).map(([value, at, byte]) => {
      const encoded = Uint8Array.from(encodeRlp(value));
      encoded[at % Math.min(encoded.length, 4)] = byte;
      return encoded;
    });
    const input = fc.oneof(mutated, fc.uint8Array({ maxLength: 12 }));
    const property = fc.property(input, (candidate) => {
      let accepted = true;
      try {
        expect(hex(encodeRlp(decodeRlp(candidate)))).toBe(hex(candidate));
      } catch (error) {
        expect(error).toBeInstanceOf(KernelError);
        accepted = false;
      }
      expect(accepted).toBe(candidate.length > 0 && peerAccepts(candidate));
    });
    fc.assert(property, { numRuns: 2000 });
  });

  test.each([
    ["nothing", ""],
    ["a byte below 0x80 with a header", "817f"],
    ["a long form for a short string", "b801ff"],
    ["a length with a leading zero", `b90038${"00".repeat(56)}`],
    ["a length beyond memory", "bfffffffffffffffff"],
    ["a list that ends inside an item", "c282ffff"],
    ["bytes after the item", "8080"],
    ["an item that reaches past its list", "c3c2ffff00"],
  ])("refuses %s", (_, input) => {
    expect(() => decodeRlp(bytes(input))).toThrow(KernelError);
  });

  test("nesting does not exhaust a stack", () => {
    const depth = 15_000;
    let deep = Uint8Array.of(0xc0);
    const parts = [deep];
    for (let level = 1, length = 1; level < depth; level++) {
      const header = length < 56 ? [0xc0 + length] : length < 256 ? [0xf8, length] : [0xf9, length >> 8, length & 255];
      parts.push(Uint8Array.from(header));
      length += header.length;
    }
    deep = Uint8Array.from(Buffer.concat(parts.toReversed()));
    let levels = 0;
    for (let value = decodeRlp(deep); value !== undefined; value = (value as readonly RlpItem[])[0]!) levels++;
    expect(levels).toBe(depth);
    expect(() => decodeRlp(deep.subarray(0, -1))).toThrow(KernelError);
  });
});
