import { readFileSync } from "node:fs";
import { keccak_256 } from "@noble/hashes/sha3.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEngine } from "./engine.ts";
import { ModelError } from "./errors.ts";
import { decodeHeader, encodeModel } from "./model-blob.ts";
import { randomModel, randomParts } from "./testing/random-model.ts";

const shape = { layers: 2, heads: 2, kvHeads: 1, headDim: 16, dim: 32, ffn: 32, tied: false, context: 16, wild: false };
const blob = randomModel({ ...shape, seed: 11 });

/** docs/spec/model.md, "Root". */
function specifiedRoot(bytes: Uint8Array): Uint8Array {
  const chunks = Math.ceil(bytes.length / 4096);
  let level = Array.from({ length: chunks }, (_, i) => keccak_256(bytes.subarray(i * 4096, (i + 1) * 4096)));
  while (level.length > 1) {
    const pairs = Array.from({ length: Math.ceil(level.length / 2) }, (_, i) => level.slice(2 * i, 2 * i + 2));
    level = pairs.map(([left, right]) => (right ? keccak_256(Buffer.concat([left!, right])) : left!));
  }
  const length = Buffer.from(bytes.length.toString(16).padStart(64, "0"), "hex");
  return keccak_256(Buffer.concat([level[0]!, length]));
}

function refusal(bytes: Uint8Array): string | undefined {
  try {
    createEngine(bytes, "scalar");
    return undefined;
  } catch (error) {
    if (error instanceof ModelError) return error.code;
    throw error;
  }
}

describe("model blob", () => {
  it("has the specified root, for any number of chunks", () => {
    const shipped = readFileSync(new URL("../models/default.model", import.meta.url));
    for (const bytes of [blob, shipped, randomModel({ ...shape, seed: 2, layers: 1, ffn: 96 })]) {
      expect(createEngine(bytes).id).toEqual(specifiedRoot(bytes));
    }
  });

  it("keeps its header through encoding", () => {
    const parts = randomParts({ ...shape, seed: 5 });
    expect(parts).toMatchObject(decodeHeader(encodeModel(parts)));
  });

  it.each([
    ["magic", 0, 1, "FORMAT"],
    ["version", 4, 2, "FORMAT"],
    ["architecture", 8, 9, "FORMAT"],
    ["unknown flag", 12, 8, "FORMAT"],
    ["dim not a multiple of 32", 16, 40, "SHAPE"],
    ["no layers", 20, 0, "SHAPE"],
    ["too many layers", 20, 129, "SHAPE"],
    ["heads over the limit", 24, 0xffffffff, "SHAPE"],
    ["no key heads", 28, 0, "SHAPE"],
    ["key heads that do not divide heads", 28, 3, "SHAPE"],
    ["head over 128", 32, 136, "SHAPE"],
    ["ffn not a multiple of 32", 36, 33, "SHAPE"],
    ["vocab over the limit", 40, 262145, "SHAPE"],
    ["context over 8192", 44, 8193, "SHAPE"],
    ["zero epsilon", 48, 0, "RANGE"],
    ["score scale of 1 or more", 52, 1 << 30, "RANGE"],
    ["tokenizer", 56, 2, "FORMAT"],
    ["more controls than tokens", 60, 41, "SHAPE"],
    ["more pieces than tokens", 64, 0xffffffff, "SHAPE"],
    ["piece bytes that do not add up", 68, 5, "LENGTH"],
    ["unknown token outside the vocabulary", 72, 40, "TOKENIZER"],
    ["end token outside the vocabulary", 76, 40, "TOKENIZER"],
    ["long template", 80, 65, "SHAPE"],
    ["reserved bytes", 88, 1, "FORMAT"],
  ] as const)("is refused with %s", (_name, offset, value, code) => {
    const changed = blob.slice();
    new DataView(changed.buffer).setUint32(offset, value, true);
    expect(refusal(changed)).toBe(code);
  });

  it("is refused when pieces are not in ascending order", () => {
    const parts = randomParts({ ...shape, seed: 3 });
    expect(refusal(encodeModel({ ...parts, pieces: [...parts.pieces].reverse() }))).toBe("TOKENIZER");
    expect(refusal(encodeModel({ ...parts, pieces: [parts.pieces[0]!, ...parts.pieces] }))).toBe("TOKENIZER");
  });

  it("is refused when a rotary entry or exponent is out of range", () => {
    const parts = randomParts({ ...shape, seed: 3 });
    expect(refusal(encodeModel({ ...parts, rope: parts.rope.with(3, (1 << 30) + 1) }))).toBe("RANGE");
    expect(refusal(encodeModel({ ...parts, embedding: { ...parts.embedding, exponent: 47 } }))).toBe("RANGE");
  });

  it("is refused when one byte is missing, added, or set in the padding", () => {
    expect(refusal(blob.subarray(0, -1))).toBe("LENGTH");
    expect(refusal(Buffer.concat([blob, Buffer.alloc(1)]))).toBe("LENGTH");
    const changed = blob.slice();
    changed[128 + 8] = 1;
    expect(refusal(changed)).toBe("LENGTH");
  });

  it("never traps and never misleads, whatever bytes are flipped or cut off", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(blob.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        fc.nat(blob.length),
        (flips, cut, length) => {
          const changed = blob.slice(0, cut ? length : blob.length);
          for (const [at, value] of flips) changed[(at % 400) % changed.length] = value;
          for (const [at, value] of flips) changed[at % changed.length] = value;
          if (refusal(changed) !== undefined) return;
          const [simd, scalar] = [createEngine(changed, "simd"), createEngine(changed, "scalar")];
          expect(scalar.generate("abc xyz", 8)).toEqual(simd.generate("abc xyz", 8));
          if (!Buffer.from(changed).equals(blob)) expect(simd.id).not.toEqual(createEngine(blob).id);
        },
      ),
      { numRuns: 300 },
    );
  });
});
