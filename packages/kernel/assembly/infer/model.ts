/** A validated model: shape, tokenizer tables and tensors, as blob.ts lays them out (docs/spec/model.md). */

export const MAX_BLOB: u32 = 0x7fffffff;
export const MAX_DIM: u32 = 16384;
export const MAX_LAYERS: u32 = 128;
export const MAX_HEAD_DIM: u32 = 128;
export const MAX_CONTEXT: u32 = 8192;
export const MAX_VOCAB: u32 = 262144;
/** Longest text of a token, in bytes. */
export const MAX_PIECE: u32 = 255;
export const MAX_TEMPLATE: u32 = 64;

// What a chain may call synchronously.
export const MAX_CALLED_BLOB: u32 = 4 << 20;
export const MAX_CALLED_PARAMETERS: u64 = 2_000_000;
export const MAX_CALLED_CONTEXT: u32 = 256;

/** Values of `tokenizer`. */
export const LONGEST_MATCH: u32 = 0;
export const MERGES: u32 = 1;

/** Tensors per layer, in blob order. */
export const NORM1: u32 = 0;
export const QUERY: u32 = 1;
export const KEY: u32 = 2;
export const VALUE: u32 = 3;
export const OUTPUT: u32 = 4;
export const NORM2: u32 = 5;
export const GATE: u32 = 6;
export const UP: u32 = 7;
export const DOWN: u32 = 8;
export const PER_LAYER: u32 = 9;
export const MAX_TENSORS: u32 = 3 + MAX_LAYERS * PER_LAYER;

/**
 * Where a tensor lies. A matrix has `bits` 8 (i8 weights, a u16 mantissa per 32 columns) or 4 (u4 weights, two i16 per 32
 * columns); a norm has 0 rows and i32 [columns].
 */
@unmanaged
export class Tensor {
  weights: usize;
  mantissas: usize;
  /** Elements are integers times 2^−exponent. */
  exponent: i32;
  rows: u32;
  columns: u32;
  bits: u32;
}
export const TENSOR_SIZE: usize = 24;

@unmanaged
export class Model {
  tied: bool;
  leadingSpace: bool;
  /** Longest match: pieces of two or more bytes that begin with a space match whole words only, in any case. */
  wholeWords: bool;
  /** Some matrix has 4-bit weights. */
  fourBit: bool;
  dim: u32;
  layers: u32;
  heads: u32;
  kvHeads: u32;
  headDim: u32;
  ffn: u32;
  vocab: u32;
  context: u32;
  /** heads · headDim and kvHeads · headDim. */
  queryDim: u32;
  kvDim: u32;
  epsilon: u32;
  scoreScale: u32;
  tokenizer: u32;
  /** Tokens 0…controls−1 have no text; controls…controls+pieces−1 are the pieces. */
  controls: u32;
  pieces: u32;
  unknown: u32;
  end: u32;
  /** A second token that ends an answer; `end` when there is none. */
  endOfTurn: u32;
  prefixCount: u32;
  suffixCount: u32;
  longestPiece: u32;
  /** u32 tokens: prefix then suffix. */
  template: usize;
  pieceBytes: usize;
  /** u32[pieces + 1] offsets into pieceBytes. */
  pieceOffsets: usize;
  /** Tables of the merging tokenizer, see merges.ts and split.ts. */
  splitter: u32;
  byteTokens: usize;
  characters: usize;
  characterCount: u32;
  merges: usize;
  mergeCount: u32;
  ranges: usize;
  rangeCount: u32;
  /** i32 [context][headDim]: cos, sin pairs in Q30. */
  rope: usize;
  tensors: usize;
  blobLength: u32;
  /** 32 bytes. */
  id: usize;
  /** First free byte after the tables above: activations and caches. */
  workspace: usize;
}

export function tensor(model: Model, index: u32): Tensor {
  return changetype<Tensor>(model.tensors + <usize>index * TENSOR_SIZE);
}
export function embedding(model: Model): Tensor {
  return tensor(model, 0);
}
export function layerTensor(model: Model, layer: u32, which: u32): Tensor {
  return tensor(model, 1 + layer * PER_LAYER + which);
}
export function finalNorm(model: Model): Tensor {
  return tensor(model, 1 + model.layers * PER_LAYER);
}
/** [vocab, dim]; the embedding when the model ties them. */
export function outputHead(model: Model): Tensor {
  return model.tied ? embedding(model) : tensor(model, 2 + model.layers * PER_LAYER);
}
export function tensorCount(model: Model): u32 {
  return 2 + model.layers * PER_LAYER + (model.tied ? 0 : 1);
}

/** Multiply-accumulates of one position without the output head and without attention over earlier positions. */
export function bodyMacs(model: Model): u64 {
  const dim = <u64>model.dim;
  return <u64>model.layers * dim * (2 * model.queryDim + 2 * model.kvDim + 3 * model.ffn);
}

/** Whether the model is small enough to be called from a transaction. */
export function isCallable(model: Model): bool {
  const norms = <u64>model.dim * (2 * model.layers + 1);
  const tables = <u64>model.vocab * model.dim * (model.tied ? 1 : 2);
  return (
    model.blobLength <= MAX_CALLED_BLOB &&
    model.context <= MAX_CALLED_CONTEXT &&
    bodyMacs(model) + norms + tables <= MAX_CALLED_PARAMETERS
  );
}
