import { readFileSync, writeFileSync } from "node:fs";
import { encodeModel, type ModelLayer } from "../model-blob.ts";
import { type QuantisedMatrix, quantiseMatrix, quantiseNorm } from "../quantise.ts";
import { ropeTable } from "../rope-table.ts";
import { RECIPE } from "./recipe.ts";
import { CONTROL, CONTROLS, defaultPieces, defaultVocab } from "./vocabulary.ts";

/** `node dist/training/pack.js [weights] [model]`: quantises trained f32 weights into a model blob. */

/** Cuts consecutive tensors out of the trainer's flat weights. */
function reader(weights: Float32Array): {
  matrix(rows: number, columns: number): QuantisedMatrix;
  norm(n: number): Int32Array;
} {
  let at = 0;
  const take = (n: number): Float32Array => {
    at += n;
    return weights.subarray(at - n, at);
  };
  return {
    matrix: (rows, columns) => quantiseMatrix(take(rows * columns), rows, columns),
    norm: (n) => quantiseNorm(take(n)),
  };
}

/** Model blob of the default model from the trainer's weights. */
export function packDefaultModel(weights: Float32Array): Uint8Array {
  const { dim, layers, heads, ffn, context, theta } = RECIPE.shape;
  const headDim = dim / heads;
  const vocab = defaultVocab();
  const { matrix, norm } = reader(weights);
  const embedding = matrix(vocab, dim);
  const layer = (): ModelLayer => ({
    norm1: norm(dim),
    query: matrix(dim, dim),
    key: matrix(dim, dim),
    value: matrix(dim, dim),
    output: matrix(dim, dim),
    norm2: norm(dim),
    gate: matrix(ffn, dim),
    up: matrix(ffn, dim),
    down: matrix(dim, ffn),
  });
  return encodeModel({
    ...{ tied: true, leadingSpace: true, wholeWords: true },
    ...{ dim, layers, heads, kvHeads: heads, headDim, ffn, vocab, context },
    epsilon: Math.round(1e-5 * 2 ** 32),
    scoreScale: Math.round((Math.LOG2E / Math.sqrt(headDim)) * 2 ** 30),
    tokenizer: "longest match",
    ...{ controls: CONTROLS, unknown: CONTROL.unknown, end: CONTROL.end },
    ...{ prefix: [CONTROL.begin], suffix: [CONTROL.answer], pieces: defaultPieces() },
    rope: ropeTable(context, headDim, theta),
    embedding,
    blocks: Array.from({ length: layers }, layer),
    finalNorm: norm(dim),
  });
}

const [
  source = new URL("../../.cache/default.weights", import.meta.url),
  target = new URL("../../models/default.model", import.meta.url),
] = process.argv.slice(2);
const bytes = readFileSync(source);
const blob = packDefaultModel(new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)));
writeFileSync(target, blob);
console.log(`${target}: ${blob.length} bytes`);
