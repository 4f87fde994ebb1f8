import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createClassifier } from "../classifier.ts";
import { type FloatConvolution, type FloatNetwork, floatActivations } from "../float-network.ts";
import { encodeNetwork } from "../network-blob.ts";
import { quantiseNetwork } from "../quantise-network.ts";
import { onnxFile } from "../testing/onnx-file.ts";
import { generator } from "../training/images.ts";
import { importOnnx } from "./import.ts";

const networkOf = (seed: number): FloatNetwork => {
  const next = generator(seed);
  const convolution = (
    inputs: number,
    outputs: number,
    kernel: number,
    padding: number,
    relu: boolean,
  ): FloatConvolution => ({
    ...{ kind: "convolution", outputs, kernelHeight: kernel, kernelWidth: kernel, stride: 1, padding, relu },
    weights: Float32Array.from(
      { length: outputs * kernel * kernel * inputs },
      () => (next() - 0.5) / Math.sqrt(inputs),
    ),
    bias: Float32Array.from({ length: outputs }, () => next() - 0.5),
  });
  const pool = { kernelHeight: 2, kernelWidth: 2, stride: 2 } as const;
  return {
    ...{ height: 8, width: 8, channels: 3 },
    layers: [
      convolution(3, 4, 3, 1, true),
      { kind: "max pool", ...pool },
      convolution(4, 6, 3, 1, true),
      { kind: "average pool", ...pool },
      convolution(6, 5, 2, 0, false),
    ],
  };
};
const imageOf = (seed: number): Uint8Array => {
  const next = generator(seed);
  return Uint8Array.from({ length: 8 * 8 * 3 }, () => next() * 256);
};
const best = (scores: ArrayLike<number>): number => Array.from(scores).indexOf(Math.max(...Array.from(scores)));

describe("importOnnx", () => {
  it("reads back what was written, with normalisations folded in", () => {
    for (let seed = 1; seed <= 10; seed++) {
      const network = networkOf(seed);
      const imported = importOnnx(onnxFile(network));
      expect(imported.layers.map(({ kind }) => kind)).toEqual(network.layers.map(({ kind }) => kind));
      const [expected, found] = [network, imported].map((one) => floatActivations(one, imageOf(seed)).at(-1)!);
      for (const [j, value] of expected!.entries()) expect(found![j]!).toBeCloseTo(value, 3);
    }
  });

  it("becomes integers that nearly always see the same class", () => {
    let same = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const network = importOnnx(onnxFile(networkOf(seed)));
      const samples = Array.from({ length: 20 }, (_, i) => imageOf(100 + i));
      const classifier = createClassifier(encodeNetwork(quantiseNetwork(network, samples)));
      for (let i = 0; i < 10; i++) {
        const image = imageOf(1000 * seed + i);
        if (best(classifier.classify(image)!) === best(floatActivations(network, image).at(-1)!)) same++;
      }
    }
    expect(same / 200).toBeGreaterThan(0.9);
  });

  it("refuses damaged files with a reason", () => {
    const file = onnxFile(networkOf(1));
    const attempt = (bytes: Uint8Array): void => {
      try {
        encodeNetwork(quantiseNetwork(importOnnx(bytes), []));
      } catch (error) {
        expect((error as { code?: string }).code).toMatch(/^(DAMAGED_FILE|UNSUPPORTED)$/);
      }
    };
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = file.slice();
        changed[at]! ^= flip;
        attempt(changed);
        attempt(file.slice(0, at));
      }),
      { numRuns: 1_000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), attempt), { numRuns: 500 });
  });
});
