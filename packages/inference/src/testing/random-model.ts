import { encodeModel, type ModelLayer, type ModelParts } from "../model-blob.ts";
import type { QuantisedMatrix } from "../quantise.ts";
import { ropeTable } from "../rope-table.ts";

/** Shape and temper of a model that is valid and otherwise arbitrary. */
export interface RandomModelOptions {
  readonly seed: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly dim: number;
  readonly ffn: number;
  readonly tied: boolean;
  readonly context: number;
  /** `wild` uses the extremes of every range: saturation and rounding everywhere. */
  readonly wild: boolean;
  /** Share of matrices with 4-bit weights, 0 … 1; 0 unless given. */
  readonly fourBits?: number;
}

const PIECES: readonly string[] = [" ", " a", " ab", " ab ", "a", "ab", "abc", "b", "c", "x", "xy", "é", "日"];
const VOCAB = 40;
const CONTROLS = 4;

/** A valid model blob with weights from the seed. */
export function randomModel(options: RandomModelOptions): Uint8Array {
  return encodeModel(randomParts(options));
}

export function randomParts(options: RandomModelOptions): ModelParts {
  const { layers, heads, kvHeads, headDim, dim, ffn, tied, context, wild } = options;
  const next = xorshift(options.seed);
  const eightBit = (rows: number, columns: number): QuantisedMatrix => ({
    bits: 8,
    rows,
    columns,
    exponent: wild ? next() % 47 : 20 + (next() % 4),
    mantissas: filled(new Uint16Array((rows * columns) / 32), () => (wild && next() % 2 ? 65535 : next() & 0xffff)),
    weights: filled(new Int8Array(rows * columns), () => (wild && next() % 3 === 0 ? -128 : next() & 0xff)),
  });
  const fourBit = (rows: number, columns: number): QuantisedMatrix => ({
    bits: 4,
    rows,
    columns,
    exponent: wild ? next() % 47 : 18 + (next() % 4),
    mantissas: filled(new Int16Array((rows * columns) / 16), () =>
      wild && next() % 2 ? -32768 : (next() & 0xffff) - 32768,
    ),
    weights: filled(new Uint8Array((rows * columns) / 2), () => (wild && next() % 3 === 0 ? 255 : next() & 0xff)),
  });
  const { fourBits = 0 } = options;
  const matrix = (rows: number, columns: number): QuantisedMatrix =>
    next() % 100 < 100 * fourBits ? fourBit(rows, columns) : eightBit(rows, columns);
  const norm = (): Int32Array => Int32Array.from({ length: dim }, () => (wild ? next() | 0 : 40000 + (next() % 60000)));
  const layer = (): ModelLayer => ({
    norm1: norm(),
    query: matrix(heads * headDim, dim),
    key: matrix(kvHeads * headDim, dim),
    value: matrix(kvHeads * headDim, dim),
    output: matrix(dim, heads * headDim),
    norm2: norm(),
    gate: matrix(ffn, dim),
    up: matrix(ffn, dim),
    down: matrix(dim, ffn),
  });
  const parts = {
    ...{
      tied,
      leadingSpace: options.seed % 2 === 0,
      wholeWords: options.seed % 4 > 1,
      dim,
      layers,
      heads,
      kvHeads,
      headDim,
      ffn,
      vocab: VOCAB,
      context,
    },
    epsilon: wild ? (next() % 0xffffffff) + 1 : 42950,
    scoreScale: wild ? (1 << 30) - 1 : Math.round((Math.LOG2E / Math.sqrt(headDim)) * 2 ** 30),
    tokenizer: "longest match" as const,
    ...{ controls: CONTROLS, unknown: 0, end: 2, prefix: [1], suffix: [3] },
    pieces: PIECES.map((piece) => new TextEncoder().encode(piece)).sort(Buffer.compare),
    rope: knownRope(context, headDim),
    embedding: matrix(VOCAB, dim),
    blocks: Array.from({ length: layers }, layer),
    finalNorm: norm(),
  };
  return tied ? parts : { ...parts, head: matrix(VOCAB, dim) };
}

/** Rotations are made with big integers; few shapes occur. */
const ropes = new Map<string, Int32Array>();

function knownRope(context: number, headDim: number): Int32Array {
  const name = `${context} ${headDim}`;
  const rope = ropes.get(name) ?? ropeTable(context, headDim, 10_000);
  ropes.set(name, rope);
  return rope;
}

function filled<T extends Int8Array | Uint8Array | Int16Array | Uint16Array>(array: T, next: () => number): T {
  for (let i = 0; i < array.length; i++) array[i] = next();
  return array;
}

function xorshift(seed: number): () => number {
  let state = (seed * 2654435761 + 1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}
