import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEngine, type Engine } from "./engine.ts";
import { bytesSource, readGguf } from "./gguf/file.ts";
import { importGguf } from "./gguf/import.ts";
import { syntheticGguf } from "./gguf/synthetic.ts";
import { byteCharacters } from "./gguf/tokenizer.ts";
import type { GgufEntry } from "./gguf/write.ts";

const shape = { dim: 32, layers: 1, heads: 1, kvHeads: 1, ffn: 32, context: 512, tied: true };

function engineWith(vocab: number, entries: readonly GgufEntry[]): Engine {
  const bytes = syntheticGguf({ ...shape, vocab }, { seed: 1, type: "Q8_0", entries });
  return createEngine(importGguf(readGguf(bytesSource(bytes))), "scalar");
}

/** Merging by its definition: look at all pairs, merge the best, leftmost among equals; begin again. */
function mergeAll(symbols: readonly string[], rank: (left: string, right: string) => number | undefined): string[] {
  const parts = [...symbols];
  while (true) {
    let [best, at] = [Number.POSITIVE_INFINITY, -1];
    for (let i = 0; i + 1 < parts.length; i++) {
      const r = rank(parts[i]!, parts[i + 1]!);
      if (r !== undefined && r < best) [best, at] = [r, i];
    }
    if (at < 0) return parts;
    parts.splice(at, 2, parts[at]! + parts[at + 1]!);
  }
}

const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "a",
        "b",
        "ab",
        "the",
        " the",
        "  ",
        " ",
        "\n",
        "\r\n",
        "\t",
        "'s",
        "'LL",
        "'x",
        "12",
        "3",
        "4567",
      ),
      fc.constantFrom("é", "日本", "Ω", "½", "٣", "!", "?!", " !", "\u00a0", "\u3000", "😀", "_", "-\n\n "),
    ),
    { maxLength: 30 },
  )
  .map((units) => units.join(""));

describe("byte-level BPE", () => {
  const characters = byteCharacters();
  // Merges learnt from a few words: pairs in the order of their first occurrence.
  const rules = [
    "t h",
    "th e",
    "Ġ the",
    "Ġ t",
    "a b",
    "ab a",
    "Ġ Ġ",
    "Ċ Ċ",
    "1 2",
    "Ã ©",
    "e r",
    "' s",
    "b a",
    "ĠĠ ĠĠ",
  ];
  const tokens = ["<s>", "</s>", ...characters, ...new Set(rules.map((rule) => rule.replace(" ", "")))];
  const patterns = {
    "gpt-2":
      /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu,
    "llama-bpe":
      /'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\p{White_Space}\p{L}\p{N}]+[\r\n]*|\p{White_Space}*[\r\n]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu,
  };
  const expected = (input: string, words: readonly string[]): number[] => {
    expect(words.join("")).toBe(input);
    return words.flatMap((word) => {
      const symbols = [...Buffer.from(word)].map((byte) => characters[byte]!);
      const merged = mergeAll(symbols, (left, right) => {
        const rank = rules.indexOf(`${left} ${right}`);
        return rank < 0 ? undefined : rank;
      });
      return merged.map((symbol) => tokens.indexOf(symbol));
    });
  };
  const engine = (pre: string): Engine =>
    engineWith(tokens.length, [
      ["tokenizer.ggml.model", "string", "gpt2"],
      ["tokenizer.ggml.pre", "string", pre],
      ["tokenizer.ggml.tokens", "strings", tokens],
      ["tokenizer.ggml.token_type", "i32s", tokens.map((_, id) => (id < 2 ? 3 : 1))],
      ["tokenizer.ggml.merges", "strings", rules],
      ["tokenizer.ggml.bos_token_id", "u32", 0],
      ["tokenizer.ggml.eos_token_id", "u32", 1],
      ["tokenizer.ggml.unknown_token_id", "u32", 0],
      ["tokenizer.ggml.add_bos_token", "bool", false],
      ["tokenizer.ggml.add_space_prefix", "bool", false],
    ]);

  it.each(["gpt-2", "llama-bpe"] as const)("cuts and merges as the pattern and the rules of %s say", (pre) => {
    const kernel = engine(pre);
    fc.assert(
      fc.property(text, (input) => {
        expect(kernel.tokenize(input)).toEqual(expected(input, input.match(patterns[pre]) ?? []));
      }),
      { numRuns: 400 },
    );
  });

  it("makes a word of every digit for smollm", () => {
    const kernel = engine("smollm");
    fc.assert(
      fc.property(text, (input) => {
        const parts = input.split(/(\p{N})/u).filter((part) => part !== "");
        const words = parts.flatMap((part) => (/^\p{N}$/u.test(part) ? [part] : (part.match(patterns["gpt-2"]) ?? [])));
        expect(kernel.tokenize(input)).toEqual(expected(input, words));
      }),
      { numRuns: 400 },
    );
  });

  it("refuses a pre-tokenizer that it does not know", () => {
    expect(() => engine("odd")).toThrow("UNSUPPORTED");
  });
});

describe("SentencePiece BPE", () => {
  const words = ["▁", "a", "b", "t", "h", "e", "é", "日", "▁t", "he", "▁the", "the", "ab", "aba", "▁▁", "bb"];
  const bytes = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);
  const tokens = ["<unk>", "<s>", "</s>", ...bytes, ...words];
  const scores = tokens.map((_, id) => (id < 259 ? 0 : -((id * 7) % 5)));
  const kernel = engineWith(tokens.length, [
    ["tokenizer.ggml.tokens", "strings", tokens],
    ["tokenizer.ggml.scores", "f32s", scores],
    ["tokenizer.ggml.token_type", "i32s", tokens.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1))],
  ]);

  it("merges by score and falls back to bytes", () => {
    fc.assert(
      fc.property(
        text.filter((input) => input !== ""),
        (input) => {
          const merged = mergeAll([...` ${input}`.replaceAll(" ", "▁")], (left, right) => {
            const id = words.indexOf(left + right);
            return id < 0 || !words.includes(left) || !words.includes(right) ? undefined : -scores[259 + id]!;
          });
          const ids = merged.flatMap((symbol) => {
            const id = words.indexOf(symbol);
            return id >= 0 ? [259 + id] : [...Buffer.from(symbol)].map((byte) => 3 + byte);
          });
          expect(kernel.tokenize(input)).toEqual([1, ...ids]);
        },
      ),
      { numRuns: 400 },
    );
  });

  it("takes no more than n log n for text that is one word", () => {
    const long = "ab".repeat(40_000);
    expect(kernel.tokenize(long)).toBeUndefined();
    expect(kernel.tokenize("aba".repeat(509))).toHaveLength(511);
  });
});
