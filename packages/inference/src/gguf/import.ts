import { ModelError } from "../errors.ts";
import { encodeModel, type ModelLayer, type ModelParts } from "../model-blob.ts";
import {
  type MatrixSource,
  packAffine,
  packScales,
  type QuantisedMatrix,
  quantiseNorm,
  quantiseToEight,
  quantiseToFour,
} from "../quantise.ts";
import { ropeTable } from "../rope-table.ts";
import { type GgufFile, type GgufTensor, matrixOf } from "./file.ts";
import { type LlamaShape, llamaShape } from "./shape.ts";
import { halfAt, scaleAndMinimum } from "./tensor-types.ts";
import { type ImportedTokenizer, importTokenizer } from "./tokenizer.ts";

export interface ImportOptions {
  /** Positions of the model; the file's, but at most 2048, unless given. */
  readonly context?: number;
  /** Bits of weights that the file has as floats or in a form that no blob has; 8 unless given. */
  readonly bits?: 4 | 8;
}

const DEFAULT_CONTEXT = 2048;
const MAX_CONTEXT = 8192;
const MATRICES = {
  query: "attn_q",
  key: "attn_k",
  value: "attn_v",
  output: "attn_output",
  gate: "ffn_gate",
  up: "ffn_up",
  down: "ffn_down",
} as const;

/**
 * Makes a model blob of a Llama-family GGUF file. Q8_0 and Q4_0/Q4_K keep their weights; everything else is quantised to
 * `bits`. The engine decides whether the result is a valid model.
 *
 * @throws ModelError DAMAGED_FILE, or UNSUPPORTED for what a blob cannot express
 */
export function importGguf(file: GgufFile, options: ImportOptions = {}): Uint8Array {
  const shape = llamaShape(file);
  return encodeModel(modelParts(file, shape, importTokenizer(file), options));
}

function modelParts(
  file: GgufFile,
  shape: LlamaShape,
  tokenizer: ImportedTokenizer,
  { context = Math.min(shape.context, DEFAULT_CONTEXT), bits = 8 }: ImportOptions,
): ModelParts {
  const { dim, layers, heads, kvHeads, headDim, ffn, vocab, tied } = shape;
  checkTensorNames(file, layers);
  if (!Number.isInteger(context) || context < 2 || context > Math.min(shape.context, MAX_CONTEXT)) {
    throw new ModelError("UNSUPPORTED", `a context of ${context} positions; this model has 2 to ${shape.context}`);
  }
  if (tokenizer.pieces.length > vocab) throw new ModelError("DAMAGED_FILE", "more tokens than rows of the embedding");
  if (headDim > 1024 || layers > 4096) throw new ModelError("UNSUPPORTED", "a network of this size");
  const matrix = (name: string, rows: number, columns: number): QuantisedMatrix =>
    importMatrix(file, tensorOf(file, name, [columns, rows]), bits);
  const norm = (name: string): Int32Array => importNorm(file, tensorOf(file, name, [dim]));
  const [queryDim, kvDim] = [heads * headDim, kvHeads * headDim];
  const block = (l: number): ModelLayer => ({
    norm1: norm(`blk.${l}.attn_norm.weight`),
    query: matrix(`blk.${l}.${MATRICES.query}.weight`, queryDim, dim),
    key: matrix(`blk.${l}.${MATRICES.key}.weight`, kvDim, dim),
    value: matrix(`blk.${l}.${MATRICES.value}.weight`, kvDim, dim),
    output: matrix(`blk.${l}.${MATRICES.output}.weight`, dim, queryDim),
    norm2: norm(`blk.${l}.ffn_norm.weight`),
    gate: matrix(`blk.${l}.${MATRICES.gate}.weight`, ffn, dim),
    up: matrix(`blk.${l}.${MATRICES.up}.weight`, ffn, dim),
    down: matrix(`blk.${l}.${MATRICES.down}.weight`, dim, ffn),
  });
  return {
    ...{ dim, layers, heads, kvHeads, headDim, ffn, vocab, tied, context, suffix: [], controls: 0 },
    ...{ ...tokenizer, tokenizer: "merges" as const },
    epsilon: Math.max(1, Math.min(0xffffffff, Math.round(shape.epsilon * 2 ** 32))),
    scoreScale: Math.round(((Math.LOG2E * shape.scoreFactor) / Math.sqrt(headDim)) * 2 ** 30),
    rope: ropeTable(context, headDim, shape.theta, shape.frequencyFactors),
    embedding: matrix("token_embd.weight", vocab, dim),
    blocks: Array.from({ length: layers }, (_, l) => block(l)),
    finalNorm: norm("output_norm.weight"),
    ...(!tied && { head: matrix("output.weight", vocab, dim) }),
  };
}

/** A tensor that is not expected would be left out of the computation in silence. */
function checkTensorNames(file: GgufFile, layers: number): void {
  const perLayer = [...Object.values(MATRICES), "attn_norm", "ffn_norm"].join("|");
  const known = new RegExp(`^(token_embd|output_norm|output|rope_freqs|blk\\.(\\d+)\\.(${perLayer}))\\.weight$`);
  for (const name of file.tensors.keys()) {
    const match = known.exec(name);
    if (!match || Number(match[2] ?? 0) >= layers) throw new ModelError("UNSUPPORTED", `the tensor ${name}`);
  }
}

/** A tensor of the given dimensions. */
export function tensorOf(file: GgufFile, name: string, dimensions: readonly number[]): GgufTensor {
  const tensor = file.tensors.get(name);
  if (!tensor) throw new ModelError("DAMAGED_FILE", `the tensor ${name} is missing`);
  const actual = [...tensor.dimensions];
  while (actual.length > dimensions.length && actual.at(-1) === 1) actual.pop();
  if (actual.join() === dimensions.join()) return tensor;
  throw new ModelError("DAMAGED_FILE", `${name} is ${tensor.dimensions.join("×")}, not ${dimensions.join("×")}`);
}

function importNorm(file: GgufFile, tensor: GgufTensor): Int32Array {
  const values = matrixOf(file, tensor).read(0, 1);
  if (!values.every((x) => Math.abs(x) < 32_768))
    throw new ModelError("UNSUPPORTED", `gains of ${tensor.name} over 2¹⁵`);
  return quantiseNorm(values);
}

function importMatrix(file: GgufFile, tensor: GgufTensor, bits: 4 | 8): QuantisedMatrix {
  const source = checkedSource(matrixOf(file, tensor), tensor);
  if (source.columns % 32 !== 0) throw new ModelError("UNSUPPORTED", `${tensor.name} has ${source.columns} columns`);
  const keep = KEEP[tensor.type.name];
  if (keep) return keep(file, tensor, source);
  return bits === 8 ? quantiseToEight(source) : quantiseToFour(source);
}

/** Refuses elements that are no numbers as they are read. */
function checkedSource(source: MatrixSource, { name }: GgufTensor): MatrixSource {
  return {
    ...source,
    read(first, count) {
      const values = source.read(first, count);
      if (!values.every(Number.isFinite)) throw new ModelError("DAMAGED_FILE", `${name} has infinite elements`);
      return values;
    },
  };
}

/** Encodings whose weights a blob can hold as they are; only their scales are rounded. */
const KEEP: Readonly<Record<string, (file: GgufFile, tensor: GgufTensor, shape: MatrixSource) => QuantisedMatrix>> = {
  Q8_0(file, tensor, { rows, columns }) {
    const { view, blocks, type } = blocksOf(file, tensor);
    const scales = finite(
      Float64Array.from({ length: blocks }, (_, i) => halfAt(view, i * type.bytes)),
      tensor,
    );
    const weights = new Int8Array(rows * columns);
    for (let block = 0; block < blocks; block++) {
      for (let i = 0; i < 32; i++) {
        const weight = view.getInt8(block * type.bytes + 2 + i);
        weights[32 * block + i] = scales[block]! < 0 ? Math.min(127, -weight) : weight;
      }
    }
    return { bits: 8, rows, columns, ...packScales(scales.map(Math.abs)), weights };
  },
  Q4_0(file, tensor, { rows, columns }) {
    const { view, blocks, type } = blocksOf(file, tensor);
    const slopes = finite(
      Float64Array.from({ length: blocks }, (_, i) => halfAt(view, i * type.bytes)),
      tensor,
    );
    const weights = new Uint8Array((rows * columns) / 2);
    for (let block = 0; block < blocks; block++) {
      const nibble = (i: number): number => (view.getUint8(block * type.bytes + 2 + (i & 15)) >> (i < 16 ? 0 : 4)) & 15;
      for (let i = 0; i < 32; i += 2) weights[16 * block + i / 2] = nibble(i) | (nibble(i + 1) << 4);
    }
    return {
      bits: 4,
      rows,
      columns,
      ...packAffine(
        slopes,
        slopes.map((x) => -8 * x),
      ),
      weights,
    };
  },
  Q4_K(file, tensor, { rows, columns }) {
    const { view, blocks, type } = blocksOf(file, tensor);
    const [slopes, offsets] = [new Float64Array(8 * blocks), new Float64Array(8 * blocks)];
    const weights = new Uint8Array((rows * columns) / 2);
    for (let block = 0; block < blocks; block++) {
      const at = block * type.bytes;
      for (let sub = 0; sub < 8; sub++) {
        const [scale, minimum] = scaleAndMinimum(view, at + 4, sub);
        slopes[8 * block + sub] = halfAt(view, at) * scale;
        offsets[8 * block + sub] = -halfAt(view, at + 2) * minimum;
        const nibble = (i: number): number => (view.getUint8(at + 16 + 32 * (sub >> 1) + i) >> (4 * (sub & 1))) & 15;
        for (let i = 0; i < 32; i += 2) weights[128 * block + 16 * sub + i / 2] = nibble(i) | (nibble(i + 1) << 4);
      }
    }
    return { bits: 4, rows, columns, ...packAffine(finite(slopes, tensor), finite(offsets, tensor)), weights };
  },
};

function blocksOf(file: GgufFile, { at, bytes, type }: GgufTensor) {
  const data = file.source.read(at, bytes);
  return { view: new DataView(data.buffer, data.byteOffset, data.byteLength), blocks: bytes / type.bytes, type };
}

function finite(values: Float64Array, { name }: GgufTensor): Float64Array {
  if (!values.every(Number.isFinite)) throw new ModelError("DAMAGED_FILE", `${name} has infinite scales`);
  return values;
}
