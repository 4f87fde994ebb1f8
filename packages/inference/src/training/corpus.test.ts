import { describe, expect, it } from "vitest";
import { createTokenizer } from "../tokenizer.ts";
import { createRandom, drawSample, expandPattern } from "./corpus.ts";
import { FIELDS, HELD_OUT, TOOLS, TRAINING } from "./templates.ts";
import { CONTROL, CONTROLS, defaultPieces } from "./vocabulary.ts";

const training = { heldOutTemplates: false, noise: true, unseenNames: 0.6 };

describe("corpus", () => {
  it("is the same for the same seed", () => {
    const draw = (seed: number): string[] => {
      const random = createRandom(seed);
      return Array.from({ length: 50 }, () => drawSample(random, training).prompt);
    };
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
  });

  it("gives every tool training and held-out patterns with the slots that its answer needs", () => {
    const slots = { asset: "{a}", amount: "{n}", to: /\{[bwc]\}/ } as const;
    for (const tool of TOOLS) {
      for (const pattern of [...TRAINING[tool], ...HELD_OUT[tool]].flatMap(expandPattern)) {
        for (const field of FIELDS[tool]) expect(pattern).toMatch(slots[field]);
      }
    }
  });

  it("never draws a held-out frame in training", () => {
    const held = new Set(Object.values(HELD_OUT).flat().flatMap(expandPattern));
    const random = createRandom(17);
    for (let i = 0; i < 20_000; i++) expect(held.has(drawSample(random, training).frame)).toBe(false);
    expect(held.has(drawSample(random, { ...training, heldOutTemplates: true }).frame)).toBe(true);
  });

  it("writes answers that the vocabulary prints back exactly", () => {
    const options = {
      controls: CONTROLS,
      pieces: defaultPieces(),
      unknown: CONTROL.unknown,
      leadingSpace: false,
      wholeWords: false,
    };
    const tokenizer = createTokenizer(options);
    const random = createRandom(5);
    for (let i = 0; i < 500; i++) {
      const { output } = drawSample(random, training);
      expect(tokenizer.decode(tokenizer.encode(output))).toBe(output);
      expect(JSON.parse(output)).toHaveProperty("tool");
    }
  });
});
