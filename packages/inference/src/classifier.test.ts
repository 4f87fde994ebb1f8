import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createClassifier } from "./classifier.ts";
import { createEngine } from "./engine.ts";
import { encodeNetwork, type NetworkLayer, type NetworkParts } from "./network-blob.ts";
import { generateImages } from "./training/images.ts";

const shipped = new Uint8Array(readFileSync(new URL("../models/shapes.model", import.meta.url)));

/** A network of up to three layers in front of the one that gives scores, with numbers from the seed. */
const randomNetwork = (seed: number, side: number, channels: number, wild: boolean): NetworkParts => {
  let state = (seed * 2654435761 + 1) >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  const convolution = (
    height: number,
    width: number,
    inputs: number,
    kernel: number,
    padding: number,
    outputs: number,
    low: number,
  ): NetworkLayer => ({
    ...{
      kind: "convolution",
      outputs,
      kernelHeight: Math.min(kernel, height),
      kernelWidth: Math.min(kernel, width),
      stride: 1,
      padding,
      low,
    },
    shift: wild ? next() % 63 : 8 + (next() % 6),
    weights: Int8Array.from(
      { length: outputs * Math.min(kernel, height) * Math.min(kernel, width) * inputs },
      () => next() & 0xff,
    ),
    bias: Int32Array.from({ length: outputs }, () => (wild ? next() | 0 : (next() % 2000) - 1000)),
    multipliers: Int32Array.from({ length: outputs }, () => (wild ? next() | 0 : 1 + (next() % 64))),
  });
  const layers = [convolution(side, side, channels, 3, side >= 3 ? 1 : 0, 4, 0)];
  const after = side >= 3 ? side : 1;
  const half = after >= 2 ? Math.floor(after / 2) : 0;
  if (half > 0) {
    const kind = seed % 2 === 0 ? "max pool" : "average pool";
    const pool = { kind, outputs: 4, kernelHeight: 2, kernelWidth: 2, stride: 2, padding: 0, low: -128 } as const;
    layers.push(kind === "max pool" ? { ...pool, shift: 0 } : { ...pool, shift: 10, multipliers: Int32Array.of(256) });
  }
  const last = half > 0 ? half : after;
  layers.push({ ...convolution(last, last, 4, last, 0, 5, -128), kernelHeight: last, kernelWidth: last });
  return { height: side, width: side, channels, classes: 5, layers };
};

/** The specification, in plain numbers and big ones. */
const reference = ({ height, width, channels, layers }: NetworkParts, image: Uint8Array): number[] => {
  let [h, w, c] = [height, width, channels];
  let x: bigint[] = Array.from(image, (value) => BigInt(value - 128));
  const limit = (value: bigint, low: bigint, high: bigint): bigint => (value < low ? low : value > high ? high : value);
  const I32 = 2n ** 31n;
  for (const [index, layer] of layers.entries()) {
    const { kernelHeight: kh, kernelWidth: kw, stride, padding, outputs, shift } = layer;
    const oh = Math.floor((h + 2 * padding - kh) / stride) + 1;
    const ow = Math.floor((w + 2 * padding - kw) / stride) + 1;
    const scaled = (sum: bigint, multiplier: number): bigint => {
      const product = limit(sum, -I32, I32 - 1n) * BigInt(multiplier);
      return shift === 0 ? product : (product + (1n << BigInt(shift - 1))) >> BigInt(shift);
    };
    const out: bigint[] = [];
    for (let y = 0; y < oh; y++)
      for (let column = 0; column < ow; column++)
        for (let j = 0; j < outputs; j++) {
          const seen: bigint[] = [];
          let sum = 0n;
          for (let dy = 0; dy < kh; dy++)
            for (let dx = 0; dx < kw; dx++) {
              const [r, k] = [y * stride - padding + dy, column * stride - padding + dx];
              if (r < 0 || r >= h || k < 0 || k >= w) continue;
              if (layer.kind !== "convolution") seen.push(x[(r * w + k) * c + j]!);
              else
                for (let i = 0; i < c; i++)
                  sum += x[(r * w + k) * c + i]! * BigInt(layer.weights![((j * kh + dy) * kw + dx) * c + i]!);
            }
          if (layer.kind === "max pool") out.push(seen.reduce((most, value) => (value > most ? value : most)));
          else if (layer.kind === "average pool")
            out.push(
              limit(
                scaled(
                  seen.reduce((a, b) => a + b),
                  layer.multipliers![0]!,
                ),
                -128n,
                127n,
              ),
            );
          else {
            const value = scaled(sum + BigInt(layer.bias![j]!), layer.multipliers![j]!);
            out.push(
              index === layers.length - 1 ? limit(value, -I32, I32 - 1n) : limit(value, BigInt(layer.low), 127n),
            );
          }
        }
    [h, w, c, x] = [oh, ow, outputs, out];
  }
  return x.map(Number);
};

describe("networks", () => {
  it("compute what the specification says, in both builds", () => {
    const shape = fc.record({
      seed: fc.nat(1e6),
      side: fc.integer({ min: 1, max: 9 }),
      channels: fc.integer({ min: 1, max: 3 }),
      wild: fc.boolean(),
    });
    fc.assert(
      fc.property(shape, fc.nat(1e6), ({ seed, side, channels, wild }, pixels) => {
        const parts = randomNetwork(seed, side, channels, wild);
        const blob = encodeNetwork(parts);
        const image = Uint8Array.from({ length: side * side * channels }, (_, i) => (pixels * (i + 7) * 31) >>> 3);
        const expected = reference(parts, image);
        for (const build of ["simd", "scalar"] as const) {
          expect([...createClassifier(blob, build).classify(image)!]).toEqual(expected);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("refuse blobs that are damaged anywhere, without a trap", () => {
    const blob = encodeNetwork(randomNetwork(2, 6, 3, false));
    const image = new Uint8Array(6 * 6 * 3);
    fc.assert(
      fc.property(fc.nat(blob.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(blob.length), (at, flip, cut) => {
        const changed = blob.slice();
        changed[at]! ^= flip;
        for (const bytes of [changed, blob.slice(0, cut === blob.length ? cut - 1 : cut)]) {
          try {
            createClassifier(bytes).classify(image);
          } catch (error) {
            expect((error as { code?: string }).code).toMatch(/^(FORMAT|SHAPE|LENGTH|RANGE)$/);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it("take images of their own size only, and answer no text", () => {
    const classifier = createClassifier(shipped);
    expect(classifier.classify(new Uint8Array(10))).toBeUndefined();
    expect(() => createEngine(shipped)).toThrowError(/FORMAT/);
  });
});

it("the network that ships is right about at least 97 % of images that it has not seen", () => {
  const classifier = createClassifier(shipped);
  const unseen = generateImages(77, 2_000);
  const right = unseen.filter(({ pixels, label }) => {
    const scores = classifier.classify(pixels)!;
    return scores.indexOf(Math.max(...scores)) === label;
  });
  expect(right.length / unseen.length).toBeGreaterThanOrEqual(0.97);
});
