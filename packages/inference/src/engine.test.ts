import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEngine } from "./engine.ts";
import { type RandomModelOptions, randomModel } from "./testing/random-model.ts";

const shape = fc.record({
  seed: fc.nat(1 << 20),
  layers: fc.integer({ min: 1, max: 3 }),
  group: fc.constantFrom(1, 2, 4),
  kvHeads: fc.constantFrom(1, 2),
  headDim: fc.constantFrom(16, 32, 48, 64, 128),
  dim: fc.constantFrom(32, 64, 96),
  ffn: fc.constantFrom(32, 96),
  tied: fc.boolean(),
  wild: fc.boolean(),
  fourBits: fc.constantFrom(0, 0.5, 1),
});

type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never;

function options({ group, kvHeads, ...rest }: Shape): RandomModelOptions {
  const heads = group * kvHeads;
  return { ...rest, kvHeads, heads: (heads * rest.headDim) % 32 === 0 ? heads : heads * 2, context: 32 };
}

describe("SIMD and scalar builds", () => {
  it("agree on every logit at every position of random and adversarial models", () => {
    fc.assert(
      fc.property(shape, fc.array(fc.nat(39), { minLength: 8, maxLength: 8 }), (random, tokens) => {
        const blob = randomModel(options(random));
        const [simd, scalar] = [createEngine(blob, "simd"), createEngine(blob, "scalar")];
        expect(scalar.id).toEqual(simd.id);
        tokens.forEach((token, position) => {
          expect(scalar.forward(token, position)).toBe(simd.forward(token, position));
          expect(scalar.logits()).toEqual(simd.logits());
        });
        const [batched, long] = [createEngine(blob), [...tokens, ...tokens, ...tokens.toReversed()]];
        batched.read(tokens);
        expect(batched.logits()).toEqual(simd.logits());
        // The second half of the prompt is new, the first comes from the cache.
        batched.read(long);
        scalar.read(long);
        expect(batched.logits()).toEqual(scalar.logits());
      }),
      { numRuns: 60 },
    );
  });

  it("agree where attention adds up more positions than fit into 32 bits", () => {
    const shape = { layers: 1, heads: 2, kvHeads: 1, headDim: 16, dim: 32, ffn: 32, tied: true, context: 256 };
    for (const wild of [false, true]) {
      const blob = randomModel({ ...shape, seed: 11, wild });
      const [simd, scalar] = [createEngine(blob, "simd"), createEngine(blob, "scalar")];
      // One token over and over: every position has the same value, so that products do not cancel out.
      for (const count of [31, 32, 33, 64, 65, 255]) {
        const tokens = new Array<number>(count).fill(7);
        expect(simd.read(tokens)).toBe(scalar.read(tokens));
        expect(simd.logits()).toEqual(scalar.logits());
      }
    }
  });

  it("agree on generated text, gas and refusals for any prompt and budget", () => {
    const blob = randomModel({
      ...{
        seed: 7,
        layers: 2,
        heads: 2,
        kvHeads: 1,
        headDim: 16,
        dim: 32,
        ffn: 32,
        tied: true,
        context: 32,
        wild: false,
      },
    });
    const [simd, scalar] = [createEngine(blob, "simd"), createEngine(blob, "scalar")];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.bigInt({ min: 0n, max: 3_000_000n }), (calldata, gas) => {
        expect(scalar.precompile(calldata, gas)).toEqual(simd.precompile(calldata, gas));
      }),
      { numRuns: 200 },
    );
  });
});

describe("threads", () => {
  it("change no logit, one position or many at a time", async () => {
    const shape = { layers: 2, heads: 4, kvHeads: 2, headDim: 64, dim: 256, ffn: 512, tied: false, context: 64 };
    const blob = randomModel({ ...shape, seed: 9, wild: false, fourBits: 0.5 });
    const [alone, team] = [createEngine(blob), createEngine(blob)];
    await team.useThreads(3);
    const tokens = Array.from({ length: 40 }, (_, i) => (i * 7) % 40);
    for (const [position, token] of tokens.entries()) {
      expect(team.forward(token, position)).toBe(alone.forward(token, position));
      expect(team.logits()).toEqual(alone.logits());
    }
    const again = createEngine(blob);
    await again.useThreads(2);
    again.read(tokens);
    expect(again.logits()).toEqual(alone.logits());
    team.close();
    again.close();
  });
});

describe("forward", () => {
  it("refuses tokens and positions outside the model", () => {
    const engine = createEngine(
      randomModel({
        seed: 1,
        layers: 1,
        heads: 1,
        kvHeads: 1,
        headDim: 32,
        dim: 32,
        ffn: 32,
        tied: true,
        context: 8,
        wild: false,
      }),
    );
    expect(engine.forward(40, 0)).toBe(-1);
    expect(engine.forward(0, 8)).toBe(-1);
    expect(engine.forward(-1, 0)).toBe(-1);
  });
});
