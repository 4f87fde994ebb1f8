import { describe, expect, it } from "vitest";
import { createRandom } from "./corpus.ts";
import { createTrainer, initialWeights, type Sequence, type TrainingShape } from "./trainer.ts";

const shape: TrainingShape = { dim: 32, layers: 2, heads: 2, ffn: 64, vocab: 16, context: 16, theta: 10_000 };

function randomBatch(seed: number): Sequence[] {
  const random = createRandom(seed);
  return [7, 9].map((length) => ({
    tokens: Array.from({ length }, () => random.below(16)),
    targets: Array.from({ length }, (_, i) => (i % 3 === 0 ? -1 : random.below(16))),
  }));
}

describe("trainer", () => {
  it("computes the gradient that finite differences give", () => {
    const trainer = createTrainer(shape, 64, 16);
    const weights = initialWeights(shape, 1).map((w) => w * 3);
    const batch = randomBatch(2);
    trainer.setWeights(weights);
    const gradient = trainer.gradient(batch);
    const random = createRandom(3);
    const step = 1e-2;
    for (let i = 0; i < 60; i++) {
      const at = random.below(weights.length);
      const lossAt = (delta: number): number => {
        trainer.setWeights(weights.with(at, weights[at]! + delta));
        return trainer.loss(batch);
      };
      const numeric = (lossAt(step) - lossAt(-step)) / (2 * step);
      expect(Math.abs(numeric - gradient[at]!)).toBeLessThan(
        0.03 * (Math.abs(numeric) + Math.abs(gradient[at]!)) + 2e-3,
      );
    }
  });

  it("learns a batch by heart, with the same bits every time", () => {
    const learn = (): Float32Array => {
      const trainer = createTrainer(shape, 64, 16);
      trainer.setWeights(initialWeights(shape, 4));
      const batch = randomBatch(5);
      const first = trainer.loss(batch);
      for (let i = 0; i < 60; i++) trainer.train(batch, 1e-2);
      expect(trainer.loss(batch)).toBeLessThan(first / 10);
      expect(batch.every((sequence) => trainer.isExact(sequence))).toBe(true);
      return trainer.weights().slice();
    };
    expect(learn()).toEqual(learn());
  });
});
