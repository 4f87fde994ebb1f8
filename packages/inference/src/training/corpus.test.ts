import { describe, expect, it } from "vitest";
import { createTokenizer } from "../tokenizer.ts";
import { createRandom, drawSample, expandPattern, type SampleOptions } from "./corpus.ts";
import { HELD_OUT } from "./held-out.ts";
import { PHRASES } from "./phrases.ts";
import { DEVELOPMENT, FIELDS, TOOLS, TRAINING } from "./templates.ts";
import { CONTROL, CONTROLS, defaultPieces } from "./vocabulary.ts";

const training: SampleOptions = { templates: "training", noise: true, unseenNames: 0.6 };

describe("corpus", () => {
  it("is the same for the same seed", () => {
    const draw = (seed: number): string[] => {
      const random = createRandom(seed);
      return Array.from({ length: 50 }, () => drawSample(random, training).prompt);
    };
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
  });

  it("gives every tool patterns, and its phrases sentences, with the slots that its answer needs", () => {
    const slots = { asset: "{a}", amount: "{n}", to: /\{[bwc]\}/ } as const;
    for (const tool of TOOLS) {
      for (const pattern of [TRAINING, DEVELOPMENT, HELD_OUT]
        .flatMap((patterns) => patterns[tool])
        .flatMap(expandPattern)) {
        for (const field of FIELDS[tool]) expect(pattern).toMatch(slots[field]);
      }
    }
    const random = createRandom(8);
    for (let i = 0; i < 20_000; i++) {
      const { tool, frame } = drawSample(random, { ...training, noise: false });
      for (const field of FIELDS[tool]) expect(frame).toMatch(slots[field]);
      expect(frame).not.toMatch(/[<>[\]|]/);
    }
  });

  it("names only rules that there are", () => {
    const named = Object.values(PHRASES).flatMap((phrases) => phrases.join(" ").match(/(?<=<)[a-z.-]+(?=>)/g) ?? []);
    for (const rule of new Set(named)) expect([...Object.keys(PHRASES), "thing", "quality"]).toContain(rule);
  });

  it("never draws a frame of the development or held-out set in training", () => {
    const held = new Set(
      [DEVELOPMENT, HELD_OUT]
        .flatMap((patterns) => Object.values(patterns).flat())
        .flatMap((text) => expandPattern(text)),
    );
    const random = createRandom(17);
    for (let i = 0; i < 20_000; i++) expect(held.has(drawSample(random, training).frame)).toBe(false);
    for (const templates of ["development", "held-out"] as const) {
      expect(held.has(drawSample(random, { ...training, templates }).frame)).toBe(true);
    }
  });

  it("writes answers that the vocabulary prints back exactly", () => {
    const options = { controls: CONTROLS, pieces: defaultPieces(), unknown: CONTROL.unknown, leadingSpace: false };
    const tokenizer = createTokenizer({ ...options, wholeWords: true });
    const random = createRandom(5);
    for (let i = 0; i < 500; i++) {
      const { output } = drawSample(random, training);
      expect(tokenizer.decode(tokenizer.encode(output))).toBe(output);
      expect(JSON.parse(output)).toHaveProperty("tool");
    }
  });
});
