/**
 * The model blob (docs/spec/model.md): a header, then sections whose sizes follow from it. Nothing in the blob is an
 * address, so a blob either has exactly the length its header implies or is refused.
 */
import { reserve } from "../memory/heap";
import { modelRoot } from "./root";
import { fillTables } from "./tables";

export const STATUS_OK: u32 = 0;
/** Shorter than a header, wrong magic or version, unknown architecture, flag or tokenizer. */
export const STATUS_FORMAT: u32 = 1;
/** A dimension is zero, over its limit, or not the multiple that the kernels need. */
export const STATUS_SHAPE: u32 = 2;
/** The length is not the one that the header implies, or padding is not zero. */
export const STATUS_LENGTH: u32 = 3;
/** A token id, a piece or the order of pieces is wrong. */
export const STATUS_TOKENIZER: u32 = 4;
/** A numeric table or exponent is out of range. */
export const STATUS_RANGE: u32 = 5;

const MAGIC: u32 = 0x4d505948;
const VERSION: u32 = 1;
const ARCHITECTURE_DECODER: u32 = 1;
const TOKENIZER_LONGEST_MATCH: u32 = 0;
const FLAG_TIED: u32 = 1;
const FLAG_LEADING_SPACE: u32 = 2;

export const HEADER_SIZE: u32 = 128;
export const MAX_BLOB: u32 = 4 << 20;
export const MAX_DIM: u32 = 4096;
export const MAX_LAYERS: u32 = 64;
export const MAX_HEAD_DIM: u32 = 128;
export const MAX_CONTEXT: u32 = 256;
export const MAX_VOCAB: u32 = 65536;
export const MAX_PARAMETERS: u64 = 2_000_000;
export const MAX_PIECE: u32 = 64;
const MAX_TEMPLATE: u32 = 16;
const MAX_EXPONENT: i32 = 46;
const MAX_SCORE_SCALE: u32 = (1 << 30) - 1;
const ALIGNMENT: u32 = 64;

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
const PER_LAYER: u32 = 9;

/** Where a tensor lies: weights i8 [rows, columns] with a u16 mantissa per 32 columns, or for a norm i32 [columns]. */
@unmanaged
export class Tensor {
  weights: usize;
  mantissas: usize;
  /** The element is weight · mantissa · 2^−exponent. */
  exponent: i32;
  rows: u32;
  columns: u32;
}
const TENSOR_SIZE: usize = 20;

/** A validated model and the buffers to run it. */
@unmanaged
export class Model {
  tied: bool;
  leadingSpace: bool;
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
  /** Tokens 0…controls−1 have no text; controls…controls+pieces−1 are the pieces. */
  controls: u32;
  pieces: u32;
  unknown: u32;
  end: u32;
  prefixCount: u32;
  suffixCount: u32;
  longestPiece: u32;
  /** u32 tokens: prefix then suffix. */
  template: usize;
  pieceBytes: usize;
  /** u32[pieces + 1] offsets into pieceBytes. */
  pieceOffsets: usize;
  /** i32 [context][headDim]: cos, sin pairs in Q30. */
  rope: usize;
  tensors: usize;
  /** 32 bytes. */
  id: usize;
  /** First free byte after the tables above: activations and caches. */
  workspace: usize;
}

let current: Model = changetype<Model>(0);
let loaded: bool = false;
let blobRegion: usize = 0;
let blobCapacity: u32 = 0;
let tableRegion: usize = 0;
let tableCapacity: usize = 0;

/** The chain's default model; `hasModel` must hold. */
export function defaultModel(): Model {
  return current;
}
export function hasModel(): bool {
  return loaded;
}

/** Room for a blob of `length` bytes, 0 when it is over the limit. The previous model is gone. */
export function allocateModel(length: u32): usize {
  loaded = false;
  if (length > MAX_BLOB) return 0;
  if (length > blobCapacity) {
    blobRegion = reserve(length);
    blobCapacity = length;
  }
  return blobRegion;
}

/** Validates the blob at `blob`, which stays in place, and makes it the default model. Returns a STATUS. */
export function loadModel(blob: usize, length: u32): u32 {
  loaded = false;
  if (changetype<usize>(current) == 0) current = changetype<Model>(reserve(offsetof<Model>()));
  const model = current;
  let status = readHeader(model, blob, length);
  if (status == STATUS_OK) status = checkShape(model);
  if (status == STATUS_OK) status = layOut(model, blob, length);
  if (status == STATUS_OK) status = checkTokenizer(model);
  if (status == STATUS_OK) status = checkNumbers(model);
  if (status != STATUS_OK) return status;
  modelRoot(blob, length, model.id);
  fillTables();
  loaded = true;
  return STATUS_OK;
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
function tensorCount(model: Model): u32 {
  return 2 + model.layers * PER_LAYER + (model.tied ? 0 : 1);
}

/** Multiply-accumulates of one position without the output head and without attention over earlier positions. */
export function bodyMacs(model: Model): u64 {
  const dim = <u64>model.dim;
  return <u64>model.layers * dim * (2 * model.queryDim + 2 * model.kvDim + 3 * model.ffn);
}

function readHeader(model: Model, blob: usize, length: u32): u32 {
  if (length < HEADER_SIZE || length > MAX_BLOB) return STATUS_FORMAT;
  if (load<u32>(blob) != MAGIC || load<u32>(blob, 4) != VERSION) return STATUS_FORMAT;
  if (load<u32>(blob, 8) != ARCHITECTURE_DECODER || load<u32>(blob, 56) != TOKENIZER_LONGEST_MATCH)
    return STATUS_FORMAT;
  const flags = load<u32>(blob, 12);
  if ((flags & ~(FLAG_TIED | FLAG_LEADING_SPACE)) != 0) return STATUS_FORMAT;
  model.tied = (flags & FLAG_TIED) != 0;
  model.leadingSpace = (flags & FLAG_LEADING_SPACE) != 0;
  model.dim = load<u32>(blob, 16);
  model.layers = load<u32>(blob, 20);
  model.heads = load<u32>(blob, 24);
  model.kvHeads = load<u32>(blob, 28);
  model.headDim = load<u32>(blob, 32);
  model.ffn = load<u32>(blob, 36);
  model.vocab = load<u32>(blob, 40);
  model.context = load<u32>(blob, 44);
  model.epsilon = load<u32>(blob, 48);
  model.scoreScale = load<u32>(blob, 52);
  model.controls = load<u32>(blob, 60);
  model.pieces = load<u32>(blob, 64);
  model.unknown = load<u32>(blob, 72);
  model.end = load<u32>(blob, 76);
  model.prefixCount = load<u32>(blob, 80);
  model.suffixCount = load<u32>(blob, 84);
  return isZero(blob + 88, HEADER_SIZE - 88) ? STATUS_OK : STATUS_FORMAT;
}

function outside(value: u32, low: u32, high: u32): bool {
  return value < low || value > high;
}

function checkShape(model: Model): u32 {
  if (outside(model.dim, 32, MAX_DIM) || outside(model.ffn, 32, MAX_DIM) || (model.dim | model.ffn) % 32 != 0) {
    return STATUS_SHAPE;
  }
  if (outside(model.layers, 1, MAX_LAYERS) || outside(model.context, 2, MAX_CONTEXT)) return STATUS_SHAPE;
  if (outside(model.headDim, 8, MAX_HEAD_DIM) || model.headDim % 8 != 0) return STATUS_SHAPE;
  if (outside(model.heads, 1, MAX_DIM) || outside(model.kvHeads, 1, model.heads)) return STATUS_SHAPE;
  if (model.heads % model.kvHeads != 0) return STATUS_SHAPE;
  model.queryDim = model.heads * model.headDim;
  model.kvDim = model.kvHeads * model.headDim;
  if (model.queryDim > MAX_DIM || model.queryDim % 32 != 0) return STATUS_SHAPE;
  if (outside(model.vocab, 2, MAX_VOCAB)) return STATUS_SHAPE;
  if (model.controls > model.vocab || model.pieces > model.vocab - model.controls) return STATUS_SHAPE;
  if (outside(model.prefixCount, 0, MAX_TEMPLATE) || outside(model.suffixCount, 0, MAX_TEMPLATE)) return STATUS_SHAPE;
  if (model.prefixCount + model.suffixCount == 0) return STATUS_SHAPE;
  if (model.epsilon == 0 || outside(model.scoreScale, 1, MAX_SCORE_SCALE)) return STATUS_RANGE;
  const norms = <u64>model.dim * (2 * model.layers + 1);
  const tables = <u64>model.vocab * model.dim * (model.tied ? 1 : 2);
  return bodyMacs(model) + norms + tables > MAX_PARAMETERS ? STATUS_SHAPE : STATUS_OK;
}

/** Bytes of the tables beside the blob: tensor records, piece offsets, id. */
function reserveTables(model: Model): void {
  const tensorBytes = <usize>tensorCount(model) * TENSOR_SIZE;
  const offsetBytes = (<usize>model.pieces + 1) << 2;
  const size: usize = 64 + tensorBytes + offsetBytes + workspaceBytes(model);
  if (size > tableCapacity) {
    tableRegion = reserve(size);
    tableCapacity = size;
  }
  model.id = tableRegion;
  model.tensors = tableRegion + 32;
  model.pieceOffsets = model.tensors + tensorBytes;
  model.workspace = (model.pieceOffsets + offsetBytes + 15) & ~15;
}

/** Activations, logits and key/value cache; the split is decoder.ts's. At most 34 MiB within the limits. */
export function workspaceBytes(model: Model): usize {
  const widest = <usize>max(max(model.dim, model.queryDim), model.ffn);
  const cache = <usize>model.layers * model.context * (4 * model.kvDim + 2 * model.kvHeads);
  return 1024 + 40 * widest + 8 * <usize>model.ffn + 4 * <usize>model.vocab + 12 * <usize>model.context + cache;
}

// Cursor of layOut over the blob.
let cursor: u64 = 0;
let paddingIsZero: bool = true;

/** Offset of the next section of `bytes` bytes; sections are aligned, the gap before them is zero. */
function section(blob: usize, length: u32, bytes: u64): usize {
  const end = (cursor + ALIGNMENT - 1) & ~(<u64>ALIGNMENT - 1);
  if (end <= length && !isZero(blob + <usize>cursor, <u32>(end - cursor))) paddingIsZero = false;
  cursor = end + bytes;
  return blob + <usize>end;
}

function layOut(model: Model, blob: usize, length: u32): u32 {
  cursor = HEADER_SIZE;
  paddingIsZero = true;
  reserveTables(model);
  const count = tensorCount(model);
  model.template = section(blob, length, (model.prefixCount + model.suffixCount) << 2);
  const lengths = section(blob, length, model.pieces);
  const textBytes = load<u32>(blob, 68);
  model.pieceBytes = section(blob, length, textBytes);
  model.rope = section(blob, length, (<u64>model.context * model.headDim) << 2);
  const exponents = section(blob, length, (<u64>count) << 2);
  if (cursor > length) return STATUS_LENGTH;
  place(model, 0, blob, length, exponents, model.vocab, model.dim);
  for (let l: u32 = 0; l < model.layers; l++) placeLayer(model, 1 + l * PER_LAYER, blob, length, exponents);
  place(model, count - (model.tied ? 1 : 2), blob, length, exponents, 0, model.dim);
  if (!model.tied) place(model, count - 1, blob, length, exponents, model.vocab, model.dim);
  if (cursor != <u64>length || !paddingIsZero) return STATUS_LENGTH;
  return sumPieces(model, lengths, textBytes);
}

function placeLayer(model: Model, first: u32, blob: usize, length: u32, exponents: usize): void {
  place(model, first + NORM1, blob, length, exponents, 0, model.dim);
  place(model, first + QUERY, blob, length, exponents, model.queryDim, model.dim);
  place(model, first + KEY, blob, length, exponents, model.kvDim, model.dim);
  place(model, first + VALUE, blob, length, exponents, model.kvDim, model.dim);
  place(model, first + OUTPUT, blob, length, exponents, model.dim, model.queryDim);
  place(model, first + NORM2, blob, length, exponents, 0, model.dim);
  place(model, first + GATE, blob, length, exponents, model.ffn, model.dim);
  place(model, first + UP, blob, length, exponents, model.ffn, model.dim);
  place(model, first + DOWN, blob, length, exponents, model.dim, model.ffn);
}

/** One tensor: mantissas then weights, or with 0 rows a norm of i32. */
function place(model: Model, index: u32, blob: usize, length: u32, exponents: usize, rows: u32, columns: u32): void {
  const t = tensor(model, index);
  t.rows = rows;
  t.columns = columns;
  t.exponent = load<i32>(exponents + ((<usize>index) << 2));
  const elements = <u64>rows * columns;
  t.mantissas = rows == 0 ? 0 : section(blob, length, elements >> 4);
  t.weights = section(blob, length, rows == 0 ? (<u64>columns) << 2 : elements);
}

/** Piece lengths (u8) to offsets; the blob's byte count must be their sum. */
function sumPieces(model: Model, lengths: usize, textBytes: u32): u32 {
  let offset: u32 = 0;
  let longest: u32 = 0;
  for (let i: u32 = 0; i < model.pieces; i++) {
    const size = <u32>load<u8>(lengths + i);
    if (outside(size, 1, MAX_PIECE)) return STATUS_TOKENIZER;
    store<u32>(model.pieceOffsets + ((<usize>i) << 2), offset);
    offset += size;
    longest = max(longest, size);
  }
  store<u32>(model.pieceOffsets + ((<usize>model.pieces) << 2), offset);
  model.longestPiece = longest;
  return offset == textBytes ? STATUS_OK : STATUS_TOKENIZER;
}

function checkTokenizer(model: Model): u32 {
  if (model.unknown >= model.vocab || model.end >= model.vocab) return STATUS_TOKENIZER;
  for (let i: u32 = 0; i < model.prefixCount + model.suffixCount; i++) {
    if (load<u32>(model.template + ((<usize>i) << 2)) >= model.vocab) return STATUS_TOKENIZER;
  }
  for (let i: u32 = 1; i < model.pieces; i++) if (!ascending(model, i)) return STATUS_TOKENIZER;
  return STATUS_OK;
}

/** Piece i − 1 < piece i in byte order, a prefix before what it begins. */
function ascending(model: Model, i: u32): bool {
  const offsets = model.pieceOffsets + ((<usize>i) << 2);
  const a = load<u32>(offsets - 4),
    b = load<u32>(offsets),
    end = load<u32>(offsets, 4);
  const order = memory.compare(model.pieceBytes + a, model.pieceBytes + b, min(b - a, end - b));
  return order < 0 || (order == 0 && b - a < end - b);
}

function checkNumbers(model: Model): u32 {
  const entries = <usize>model.context * model.headDim;
  for (let i: usize = 0; i < entries; i++) {
    const x = load<i32>(model.rope + (i << 2));
    if (x > 1 << 30 || x < -(1 << 30)) return STATUS_RANGE;
  }
  for (let i: u32 = 0; i < tensorCount(model); i++) {
    const t = tensor(model, i);
    if (t.exponent < 0 || t.exponent > (t.rows == 0 ? 0 : MAX_EXPONENT)) return STATUS_RANGE;
  }
  return STATUS_OK;
}

function isZero(at: usize, bytes: u32): bool {
  let all: u32 = 0;
  for (let i: u32 = 0; i < bytes; i++) all |= load<u8>(at + i);
  return all == 0;
}
