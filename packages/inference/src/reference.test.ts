import { describe, expect, it } from "vitest";
import { createEngine } from "./engine.ts";
import type { ModelParts } from "./model-blob.ts";
import { encodeModel } from "./model-blob.ts";
import { type QuantisedMatrix, quantiseMatrix } from "./quantise.ts";
import { randomParts } from "./testing/random-model.ts";

/** The same network in f64: an independent statement of what the integer engine approximates. */
function referenceLogits(model: ModelParts, tokens: readonly number[]): number[] {
  const cache = model.blocks.map(() => ({ keys: [] as number[][], values: [] as number[][] }));
  let logits: number[] = [];
  tokens.forEach((token, position) => {
    let x = row(model.embedding, token);
    model.blocks.forEach((layer, l) => {
      const h = norm(model, x, layer.norm1);
      const q = rotate(model, multiply(layer.query, h), position);
      cache[l]!.keys.push(rotate(model, multiply(layer.key, h), position));
      cache[l]!.values.push(multiply(layer.value, h));
      x = add(x, multiply(layer.output, attend(model, q, cache[l]!.keys, cache[l]!.values)));
      const h2 = norm(model, x, layer.norm2);
      const [gate, up] = [multiply(layer.gate, h2), multiply(layer.up, h2)];
      x = add(
        x,
        multiply(
          layer.down,
          gate.map((g, i) => (g / (1 + Math.exp(-g))) * up[i]!),
        ),
      );
    });
    logits = multiply(model.head ?? model.embedding, norm(model, x, model.finalNorm));
  });
  return logits;
}

function row(m: QuantisedMatrix, r: number): number[] {
  return Array.from({ length: m.columns }, (_, c) => {
    const at = r * m.columns + c;
    return (m.weights[at]! * m.mantissas[at >> 5]!) / 2 ** m.exponent;
  });
}

function multiply(m: QuantisedMatrix, x: readonly number[]): number[] {
  return Array.from({ length: m.rows }, (_, r) => row(m, r).reduce((sum, w, c) => sum + w * x[c]!, 0));
}

function add(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value + b[i]!);
}

function norm(model: ModelParts, x: readonly number[], gain: Int32Array): number[] {
  const mean = x.reduce((sum, v) => sum + v * v, 0) / x.length + model.epsilon / 2 ** 32;
  return x.map((v, i) => ((v / Math.sqrt(mean)) * gain[i]!) / 65536);
}

function rotate(model: ModelParts, x: readonly number[], position: number): number[] {
  return x.map((v, i) => {
    const at = position * model.headDim + ((i % model.headDim) & ~1);
    const [c, s] = [model.rope[at]! / 2 ** 30, model.rope[at + 1]! / 2 ** 30];
    return i % 2 === 0 ? v * c - x[i + 1]! * s : x[i - 1]! * s + v * c;
  });
}

function attend(
  model: ModelParts,
  q: readonly number[],
  keys: readonly number[][],
  values: readonly number[][],
): number[] {
  const { headDim, heads, kvHeads } = model;
  return Array.from({ length: heads }, (_, h) => {
    const [at, kv] = [h * headDim, Math.floor((h * kvHeads) / heads) * headDim];
    const dot = (key: readonly number[]): number =>
      Array.from({ length: headDim }, (_, i) => q[at + i]! * key[kv + i]!).reduce((a, b) => a + b) / Math.sqrt(headDim);
    const scores = keys.map(dot);
    const weights = scores.map((z) => Math.exp(z - Math.max(...scores)));
    const total = weights.reduce((a, b) => a + b);
    return Array.from(
      { length: headDim },
      (_, i) => weights.reduce((sum, w, t) => sum + w * values[t]![kv + i]!, 0) / total,
    );
  }).flat();
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, v, i) => sum + v * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
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
      tokens.forEach((token, position) => {
        engine.forward(token, position);
      });
      const expected = referenceLogits(model, tokens);
      const actual = [...engine.logits()];
      expect(cosine(actual, expected)).toBeGreaterThan(0.9999);
      expect(actual.indexOf(Math.max(...actual))).toBe(expected.indexOf(Math.max(...expected)));
    }
  });
});

/** Weights uniform in ±1.7 / √columns, as a trained network's are. */
function wellScaled(model: ModelParts): ModelParts {
  const scaled = (m: QuantisedMatrix): QuantisedMatrix =>
    quantiseMatrix(
      Float32Array.from(m.weights, (w) => (1.7 * w) / 128 / Math.sqrt(m.columns)),
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
