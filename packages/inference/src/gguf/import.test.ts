import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { measureAccuracy } from "../accuracy.ts";
import { createEngine } from "../engine.ts";
import { ModelError } from "../errors.ts";
import { bytesSource, readGguf } from "./file.ts";
import { importGguf } from "./import.ts";
import { ggufReference } from "./reference.ts";
import { type SyntheticOptions, syntheticGguf } from "./synthetic.ts";

const shape = { dim: 256, layers: 2, heads: 8, kvHeads: 2, ffn: 256, vocab: 512, context: 64, tied: true };
const small = { ...shape, dim: 32, heads: 2, kvHeads: 1, ffn: 32, vocab: 320 };
const tokens = Array.from({ length: 12 }, (_, i) => 3 + ((i * 37) % 500));

function load(options: SyntheticOptions, of: typeof shape = shape) {
  const file = readGguf(bytesSource(syntheticGguf(of, options)));
  return { file, engine: createEngine(importGguf(file)) };
}

describe("importGguf", () => {
  it.each([
    ["F32", 0.999],
    ["F16", 0.999],
    ["BF16", 0.999],
    ["Q8_0", 0.99999],
    ["Q4_0", 0.9999],
    ["Q4_K", 0.9999],
    ["Q6_K", 0.999],
  ] as const)("keeps the logits of a file in %s: cosine ≥ %d against its own weights in f64", (type, least) => {
    const { file, engine } = load({ seed: 3, type });
    const accuracy = measureAccuracy(engine, ggufReference(file), [tokens]);
    expect(accuracy.leastCosine).toBeGreaterThan(least);
    expect(accuracy.sameTop).toBeGreaterThan(0.8);
  });

  it("quantises floats to four bits when asked", () => {
    const file = readGguf(bytesSource(syntheticGguf(shape, { seed: 3, type: "F32" })));
    const [four, eight] = [importGguf(file, { bits: 4 }), importGguf(file)];
    expect(four.length).toBeLessThan(0.7 * eight.length);
    expect(measureAccuracy(createEngine(four), ggufReference(file), [tokens]).meanCosine).toBeGreaterThan(0.9);
  });

  it.each([
    [
      "linear",
      [
        ["llama.rope.scaling.type", "string", "linear"],
        ["llama.rope.scaling.factor", "f32", 4],
      ],
    ],
    [
      "YaRN",
      [
        ["llama.rope.scaling.type", "string", "yarn"],
        ["llama.rope.scaling.factor", "f32", 4],
        ["llama.rope.scaling.original_context_length", "u32", 16],
      ],
    ],
  ] as const)("puts %s scaling of positions into the table", (_name, entries) => {
    const scaled = load({ seed: 5, type: "Q8_0", entries });
    expect(measureAccuracy(scaled.engine, ggufReference(scaled.file), [tokens]).leastCosine).toBeGreaterThan(0.9999);
    const plain = load({ seed: 5, type: "Q8_0" });
    scaled.engine.read(tokens);
    plain.engine.read(tokens);
    expect(scaled.engine.logits()).not.toEqual(plain.engine.logits());
  });

  it("gives the same bits in both builds and many positions at a time, with mixed kinds of weights", () => {
    for (const type of ["Q8_0", "Q4_K"] as const) {
      const blob = importGguf(readGguf(bytesSource(syntheticGguf({ ...shape, tied: false }, { seed: 8, type }))));
      const [simd, scalar, batched] = [createEngine(blob), createEngine(blob, "scalar"), createEngine(blob)];
      const long = Array.from({ length: 39 }, (_, i) => 3 + ((i * 101) % 500));
      long.forEach((token, position) => {
        expect(simd.forward(token, position)).toBe(scalar.forward(token, position));
        expect(simd.logits()).toEqual(scalar.logits());
      });
      batched.read(long);
      expect(batched.logits()).toEqual(simd.logits());
    }
  });
});

describe("hostile files", () => {
  const good = syntheticGguf(small, { seed: 1, type: "Q8_0" });
  const refusal = (bytes: Uint8Array): string | undefined => {
    try {
      createEngine(importGguf(readGguf(bytesSource(bytes))), "scalar");
      return undefined;
    } catch (error) {
      if (error instanceof ModelError) return error.code;
      throw error;
    }
  };
  const withEntries = (entries: SyntheticOptions["entries"]): Uint8Array =>
    syntheticGguf(small, { seed: 1, type: "Q8_0", ...(entries && { entries }) });

  it("are refused when cut off anywhere in the header or the tensors", () => {
    for (const length of [0, 3, 4, 8, 23, 24, 100, 1000, 5000, good.length >> 1, good.length - 64]) {
      expect(refusal(good.slice(0, length))).toBe("DAMAGED_FILE");
    }
  });

  it.each([
    ["another architecture", [["general.architecture", "string", "gpt2"]], "UNSUPPORTED"],
    ["another tokenizer", [["tokenizer.ggml.model", "string", "bert"]], "UNSUPPORTED"],
    ["no layers", [["llama.block_count", "u32", 0]], "DAMAGED_FILE"],
    ["more layers than tensors", [["llama.block_count", "u32", 9]], "DAMAGED_FILE"],
    ["fewer layers than tensors", [["llama.block_count", "u32", 1]], "UNSUPPORTED"],
    ["another width", [["llama.embedding_length", "u32", 64]], "UNSUPPORTED"],
    ["another width of the inner layer", [["llama.feed_forward_length", "u32", 64]], "DAMAGED_FILE"],
    ["heads that do not divide", [["llama.attention.head_count", "u32", 3]], "DAMAGED_FILE"],
    ["experts", [["llama.expert_count", "u32", 8]], "UNSUPPORTED"],
    ["an infinite base", [["llama.rope.freq_base", "f32", Number.POSITIVE_INFINITY]], "DAMAGED_FILE"],
    [
      "unknown scaling",
      [
        ["llama.rope.scaling.type", "string", "odd"],
        ["llama.rope.scaling.factor", "f32", 2],
      ],
      "UNSUPPORTED",
    ],
    ["a text where a number is due", [["llama.context_length", "string", "many"]], "DAMAGED_FILE"],
    ["an end token that does not exist", [["tokenizer.ggml.eos_token_id", "u32", 99_999]], "DAMAGED_FILE"],
    ["too few scores", [["tokenizer.ggml.scores", "f32s", [1, 2]]], "DAMAGED_FILE"],
    ["scores that are no numbers", [["tokenizer.ggml.scores", "f32s", Array(320).fill(Number.NaN)]], "DAMAGED_FILE"],
    ["a huge alignment", [["general.alignment", "u32", 3]], "DAMAGED_FILE"],
  ] as const)("are refused with %s", (_name, entries, code) => {
    expect(refusal(withEntries(entries))).toBe(code);
  });

  it("never trap or hang, whatever bytes are flipped", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        (flips, inHeader) => {
          const changed = good.slice();
          for (const [at, value] of flips) changed[inHeader ? at % 1500 : at] = value;
          const code = refusal(changed);
          if (code !== undefined) return;
          const blob = importGguf(readGguf(bytesSource(changed)));
          const [simd, scalar] = [createEngine(blob), createEngine(blob, "scalar")];
          expect(simd.generate("hello", 4)).toEqual(scalar.generate("hello", 4));
        },
      ),
      { numRuns: 60 },
    );
  });
});
