import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEngine } from "./engine.ts";
import { randomModel, randomParts } from "./testing/random-model.ts";
import { createTokenizer } from "./tokenizer.ts";
import { CONTROL, CONTROLS, defaultPieces } from "./training/vocabulary.ts";

const shape = { layers: 1, heads: 1, kvHeads: 1, headDim: 32, dim: 32, ffn: 32, tied: true, context: 256, wild: false };

describe("tokenizer", () => {
  it("gives the same tokens in TypeScript and in the kernel, with and without a leading space, with and without whole words", () => {
    const text = fc.array(fc.constantFrom("a", "b", "B", "c", "x", "7", ".", " ", " ", "é", "日", "z", "ab", " A"), {
      maxLength: 40,
    });
    for (const seed of [1, 2, 3, 4]) {
      const parts = randomParts({ ...shape, seed });
      const engine = createEngine(randomModel({ ...shape, seed }));
      const tokenizer = createTokenizer(parts);
      fc.assert(
        fc.property(text, (units) => {
          const prompt = units.join("");
          expect(engine.tokenize(prompt)).toEqual([...parts.prefix, ...tokenizer.encode(prompt), ...parts.suffix]);
        }),
      );
    }
  });

  it("prints what it read when every byte has a piece", () => {
    const options = { controls: CONTROLS, pieces: defaultPieces(), unknown: CONTROL.unknown, leadingSpace: false };
    const tokenizer = createTokenizer({ ...options, wholeWords: true });
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => {
        const printed = tokenizer.decode(tokenizer.encode(text));
        expect(printed.toLowerCase()).toBe(text.toLowerCase());
      }),
    );
  });

  it("takes words whole and in any case, and other text by the letter", () => {
    const pieces = ["a", "b", "c", " ", " ab", ".", "A"].map((piece) => Buffer.from(piece)).sort(Buffer.compare);
    const tokenizer = createTokenizer({ controls: 0, pieces, unknown: 99, leadingSpace: true, wholeWords: true });
    const texts = (text: string): string[] => tokenizer.encode(text).map((token) => String(pieces[token]));
    expect(texts("ab AB Ab.")).toEqual([" ab", " ab", " ab", "."]);
    expect(texts("abc  ab ab")).toEqual([" ", "a", "b", "c", " ", " ab", " ab"]);
    expect(texts("Abab.ab")).toEqual([" ", "A", "b", "a", "b", ".", "a", "b"]);
  });

  it("stops reading at the context's end", () => {
    const engine = createEngine(randomModel({ ...shape, seed: 1, context: 16 }));
    expect(engine.tokenize("z".repeat(13))).toHaveLength(15);
    expect(engine.tokenize("z".repeat(14))).toBeUndefined();
    expect(engine.tokenize("z".repeat(100_000))).toBeUndefined();
    expect(engine.tokenize("z".repeat(200_000))).toBeUndefined();
  });
});
