import { describe, expect, it } from "vitest";
import { measureAccuracy } from "./accuracy.ts";
import { createEngine } from "./engine.ts";
import { encodeModel, type ModelLayer, type ModelParts } from "./model-blob.ts";
import { elementOf, type QuantisedMatrix, quantiseMatrix } from "./quantise.ts";
import { createReference, type FloatDecoder, type FloatLayer, type FloatMatrix } from "./reference.ts";
import { randomParts } from "./testing/random-model.ts";

/** The numbers that the blob holds, in f64. */
function floats(model: ModelParts): FloatDecoder {
  const matrix = (m: QuantisedMatrix): FloatMatrix => ({
    rows: m.rows,
    columns: m.columns,
    row: (r) => Float64Array.from({ length: m.columns }, (_, c) => elementOf(m, r, c)),
  });
  const norm = (gain: Int32Array): Float64Array => Float64Array.from(gain, (g) => g / 65536);
  const block = ({ norm1, norm2, ...matrices }: ModelLayer): FloatLayer => {
    const names = Object.keys(matrices) as (keyof typeof matrices)[];
    const converted = Object.fromEntries(names.map((name) => [name, matrix(matrices[name])]));
    return { norm1: norm(norm1), norm2: norm(norm2), ...converted } as unknown as FloatLayer;
  };
  const { heads, kvHeads, headDim } = model;
  return {
    ...{ heads, kvHeads, headDim, epsilon: model.epsilon / 2 ** 32, scoreScale: 1 / Math.sqrt(headDim) },
    angle: (position, pair) => position * 10_000 ** ((-2 * pair) / headDim),
    embedding: matrix(model.embedding),
    blocks: model.blocks.map(block),
    finalNorm: norm(model.finalNorm),
    head: matrix(model.head ?? model.embedding),
  };
}

describe("the integer engine against f64", () => {
  it("has logits of the same direction (cosine ≥ 0.9999) and the same best token", () => {
    const shape = {
      layers: 3,
      heads: 4,
      kvHeads: 2,
      headDim: 16,
      dim: 64,
      ffn: 96,
      tied: false,
      context: 32,
      wild: false,
    };
    for (const seed of [3, 4, 5]) {
      const model = wellScaled(randomParts({ ...shape, seed }));
      const engine = createEngine(encodeModel(model));
      const tokens = Array.from({ length: 12 }, (_, i) => (i * 17 + seed) % 40);
      const { leastCosine, sameTop } = measureAccuracy(engine, () => createReference(floats(model)), [tokens]);
      expect(leastCosine).toBeGreaterThan(0.9999);
      expect(sameTop).toBe(1);
    }
  });
});

/** Weights uniform in ±1.7 / √columns, as a trained network's are. */
function wellScaled(model: ModelParts): ModelParts {
  const scaled = (m: QuantisedMatrix): QuantisedMatrix =>
    quantiseMatrix(
      Float32Array.from(m.weights as Int8Array, (w) => (1.7 * w) / 128 / Math.sqrt(m.columns)),
      m.rows,
      m.columns,
    );
  const blocks = model.blocks.map((layer) => ({
    ...layer,
    query: scaled(layer.query),
    key: scaled(layer.key),
    value: scaled(layer.value),
    output: scaled(layer.output),
    gate: scaled(layer.gate),
    up: scaled(layer.up),
    down: scaled(layer.down),
  }));
  return { ...model, blocks, embedding: scaled(model.embedding), ...(model.head && { head: scaled(model.head) }) };
}
