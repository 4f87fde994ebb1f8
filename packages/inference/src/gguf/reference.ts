import { createReference, type FloatMatrix } from "../reference.ts";
import { type GgufFile, matrixOf } from "./file.ts";
import { tensorOf } from "./import.ts";
import { llamaShape } from "./shape.ts";

/** The file's own weights in f64: makes references that start at position 0. */
export function ggufReference(file: GgufFile): () => (token: number) => Float64Array {
  const shape = llamaShape(file);
  const { dim, layers, heads, kvHeads, headDim, ffn, vocab, tied } = shape;
  const matrix = (name: string, rows: number, columns: number): FloatMatrix => heldRows(file, name, rows, columns);
  const norm = (name: string): Float32Array => matrixOf(file, tensorOf(file, name, [dim])).read(0, 1);
  const embedding = matrix("token_embd.weight", vocab, dim);
  const decoder = {
    ...{ heads, kvHeads, headDim, epsilon: shape.epsilon, embedding },
    scoreScale: shape.scoreFactor / Math.sqrt(headDim),
    angle: (position: number, pair: number): number =>
      position * shape.theta ** ((-2 * pair) / headDim) * shape.frequencyFactors[pair]!,
    blocks: Array.from({ length: layers }, (_, l) => ({
      norm1: norm(`blk.${l}.attn_norm.weight`),
      query: matrix(`blk.${l}.attn_q.weight`, heads * headDim, dim),
      key: matrix(`blk.${l}.attn_k.weight`, kvHeads * headDim, dim),
      value: matrix(`blk.${l}.attn_v.weight`, kvHeads * headDim, dim),
      output: matrix(`blk.${l}.attn_output.weight`, dim, heads * headDim),
      norm2: norm(`blk.${l}.ffn_norm.weight`),
      gate: matrix(`blk.${l}.ffn_gate.weight`, ffn, dim),
      up: matrix(`blk.${l}.ffn_up.weight`, ffn, dim),
      down: matrix(`blk.${l}.ffn_down.weight`, dim, ffn),
    })),
    finalNorm: norm("output_norm.weight"),
    head: tied ? embedding : matrix("output.weight", vocab, dim),
  };
  return () => createReference(decoder);
}

/** Rows are decoded in runs and only the last run is kept: a whole model in floats may not fit into memory. */
function heldRows(file: GgufFile, name: string, rows: number, columns: number): FloatMatrix {
  const source = matrixOf(file, tensorOf(file, name, [columns, rows]));
  const run = Math.max(1, Math.floor((1 << 18) / columns));
  let [held, first] = [new Float32Array(0), -run];
  return {
    rows,
    columns,
    row(index) {
      if (index < first || index >= first + run || held.length === 0) {
        first = index - (index % run);
        held = new Float32Array(source.read(first, Math.min(run, rows - first)));
      }
      return held.subarray((index - first) * columns, (index - first + 1) * columns);
    },
  };
}
