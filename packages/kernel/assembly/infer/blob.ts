/**
 * The model blob (docs/spec/model.md): a header, then sections whose sizes follow from it. Nothing in the blob is an
 * address, so a blob either has exactly the length its header implies or is refused.
 */
import { reserve } from "../memory/heap";
import { prepare, workspaceBytes } from "./decoder";
import {
  DOWN,
  GATE,
  KEY,
  LONGEST_MATCH,
  MAX_BLOB,
  MAX_CONTEXT,
  MAX_DIM,
  MAX_HEAD_DIM,
  MAX_LAYERS,
  MAX_PIECE,
  MAX_TEMPLATE,
  MAX_TENSORS,
  MAX_VOCAB,
  MERGES,
  Model,
  NORM1,
  NORM2,
  OUTPUT,
  PER_LAYER,
  QUERY,
  TENSOR_SIZE,
  UP,
  VALUE,
  tensor,
  tensorCount,
} from "./model";
import { ARCHITECTURE_NETWORK, Network, newNetwork, readNetwork } from "./network";
import { STATUS_FORMAT, STATUS_LENGTH, STATUS_OK, STATUS_RANGE, STATUS_SHAPE, STATUS_TOKENIZER } from "./status";
import { modelRoot } from "./root";
import { fillTables } from "./tables";
import { tile } from "./tiles";
import { areMerges, areRanges } from "./tokenizer-tables";

const MAGIC: u32 = 0x4d505948;
const VERSION: u32 = 1;
const ARCHITECTURE_DECODER: u32 = 1;
const FLAG_TIED: u32 = 1;
const FLAG_LEADING_SPACE: u32 = 2;
const FLAG_WHOLE_WORDS: u32 = 4;
const HEADER_SIZE: u32 = 128;
const MAX_SPLITTER: u32 = 3;
const MAX_TABLE: u32 = 1 << 24;
const MAX_EXPONENT: u32 = 46;
const FOUR_BIT: u32 = 0x100;
const MAX_SCORE_SCALE: u32 = (1 << 30) - 1;
const ALIGNMENT: u32 = 64;
/** Blob, tables and workspace together stay within the memory of an instance. */
const MAX_MEMORY: u64 = 0xa0000000;

/** A model in memory and what it lies in; the memory is used again by the next one in the place. */
@unmanaged
class Place {
  model: Model;
  network: Network;
  /** Whether the place holds the model, or the network. */
  loaded: bool;
  holdsNetwork: bool;
  blob: usize;
  blobCapacity: u32;
  tensors: usize;
  tables: usize;
  tableCapacity: usize;
}

/** Place 0 is the default model's; contracts can call seven more (contracts/ai/ModelRegistry.sol). */
export const PLACES: u32 = 8;

let places: usize = 0;
/** The place that is being filled. */
let place: Place = changetype<Place>(0);

function placeAt(index: u32): Place {
  if (places == 0) {
    places = reserve(PLACES * offsetof<Place>());
    for (let i: u32 = 0; i < PLACES; i++) {
      const fresh = changetype<Place>(places + i * offsetof<Place>());
      fresh.model = changetype<Model>(reserve(offsetof<Model>()));
      fresh.network = newNetwork();
    }
  }
  return changetype<Place>(places + index * offsetof<Place>());
}

/** The chain's default model; `hasModel` must hold. */
export function defaultModel(): Model {
  return placeAt(0).model;
}
export function hasModel(): bool {
  return placeAt(0).loaded;
}

/** The network in a place, a null pointer when there is none. */
export function networkIn(index: u32): Network {
  const found = placeAt(index);
  return found.holdsNetwork ? found.network : changetype<Network>(0);
}

/** The model in a place, a null pointer when there is none. */
export function modelIn(index: u32): Model {
  const found = placeAt(index);
  return found.loaded ? found.model : changetype<Model>(0);
}

/** Room for a blob of `length` bytes in a place, 0 when it is over `limit`. The previous model there is gone. */
export function allocateModel(length: u32, limit: u32, index: u32): usize {
  place = placeAt(index);
  place.loaded = place.holdsNetwork = false;
  if (length > limit) return 0;
  if (length > place.blobCapacity) {
    place.blob = reserve(length);
    place.blobCapacity = length;
  }
  return place.blob;
}

/**
 * Validates the blob at `blob` and makes it the model of a place. The weights stay where they are; the build with SIMD
 * reorders them. Returns a STATUS.
 */
export function loadModel(blob: usize, length: u32, index: u32): u32 {
  place = placeAt(index);
  place.loaded = place.holdsNetwork = false;
  if (length >= HEADER_SIZE && load<u32>(blob, 8) == ARCHITECTURE_NETWORK) return loadNetwork(blob, length);
  const model = place.model;
  let status = readHeader(model, blob, length);
  if (status == STATUS_OK) status = checkShape(model);
  if (status == STATUS_OK) status = layOut(model, blob, length);
  if (status == STATUS_OK) status = checkTokenizer(model);
  if (status == STATUS_OK) status = checkNumbers(model);
  if (status != STATUS_OK) return status;
  modelRoot(blob, length, model.id);
  fillTables();
  if (SIMD) for (let i: u32 = 0; i < tensorCount(model); i++) tile(tensor(model, i));
  prepare(model);
  place.loaded = true;
  return STATUS_OK;
}

function loadNetwork(blob: usize, length: u32): u32 {
  if (load<u32>(blob) != MAGIC || load<u32>(blob, 4) != VERSION) return STATUS_FORMAT;
  const status = readNetwork(place.network, blob, length);
  if (status != STATUS_OK) return status;
  modelRoot(blob, length, place.network.id);
  place.holdsNetwork = true;
  return STATUS_OK;
}

function readHeader(model: Model, blob: usize, length: u32): u32 {
  if (length < HEADER_SIZE || length > MAX_BLOB) return STATUS_FORMAT;
  if (load<u32>(blob) != MAGIC || load<u32>(blob, 4) != VERSION) return STATUS_FORMAT;
  if (load<u32>(blob, 8) != ARCHITECTURE_DECODER) return STATUS_FORMAT;
  const flags = load<u32>(blob, 12);
  if ((flags & ~(FLAG_TIED | FLAG_LEADING_SPACE | FLAG_WHOLE_WORDS)) != 0) return STATUS_FORMAT;
  model.blobLength = length;
  model.tied = (flags & FLAG_TIED) != 0;
  model.leadingSpace = (flags & FLAG_LEADING_SPACE) != 0;
  model.wholeWords = (flags & FLAG_WHOLE_WORDS) != 0;
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
  model.tokenizer = load<u32>(blob, 56);
  model.controls = load<u32>(blob, 60);
  model.pieces = load<u32>(blob, 64);
  model.unknown = load<u32>(blob, 72);
  model.end = load<u32>(blob, 76);
  model.prefixCount = load<u32>(blob, 80);
  model.suffixCount = load<u32>(blob, 84);
  return readTokenizerFields(model, blob);
}

function readTokenizerFields(model: Model, blob: usize): u32 {
  model.endOfTurn = model.end;
  model.mergeCount = model.characterCount = model.splitter = model.rangeCount = 0;
  if (model.tokenizer == LONGEST_MATCH) return isZero(blob + 88, HEADER_SIZE - 88) ? STATUS_OK : STATUS_FORMAT;
  if (model.tokenizer != MERGES || model.wholeWords) return STATUS_FORMAT;
  model.endOfTurn = load<u32>(blob, 88);
  model.mergeCount = load<u32>(blob, 92);
  model.characterCount = load<u32>(blob, 96);
  model.splitter = load<u32>(blob, 100);
  model.rangeCount = load<u32>(blob, 104);
  if (model.splitter > MAX_SPLITTER || !isZero(blob + 108, HEADER_SIZE - 108)) return STATUS_FORMAT;
  return max(max(model.mergeCount, model.characterCount), model.rangeCount) > MAX_TABLE ? STATUS_SHAPE : STATUS_OK;
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
  if (model.tokenizer == MERGES && model.controls != 0) return STATUS_SHAPE;
  if (outside(model.prefixCount, 0, MAX_TEMPLATE) || outside(model.suffixCount, 0, MAX_TEMPLATE)) return STATUS_SHAPE;
  return model.epsilon == 0 || outside(model.scoreScale, 1, MAX_SCORE_SCALE) ? STATUS_RANGE : STATUS_OK;
}

/** Room for piece offsets, id and workspace; false when it is more than an instance has. */
function reserveTables(model: Model): bool {
  const offsetBytes = (<u64>model.pieces + 1) << 2;
  const size: u64 = 64 + offsetBytes + workspaceBytes(model);
  if (size + model.blobLength > MAX_MEMORY) return false;
  if (size > place.tableCapacity) {
    place.tables = reserve(<usize>size);
    place.tableCapacity = <usize>size;
  }
  model.id = place.tables;
  model.pieceOffsets = place.tables + 32;
  model.workspace = (model.pieceOffsets + <usize>offsetBytes + 15) & ~15;
  return true;
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
  const count = tensorCount(model);
  if (place.tensors == 0) place.tensors = reserve(<usize>MAX_TENSORS * TENSOR_SIZE);
  model.tensors = place.tensors;
  model.template = section(blob, length, (<u64>(model.prefixCount + model.suffixCount)) << 2);
  const lengths = section(blob, length, model.pieces);
  const textBytes = load<u32>(blob, 68);
  model.pieceBytes = section(blob, length, textBytes);
  if (model.tokenizer == MERGES) {
    model.byteTokens = section(blob, length, 256 << 2);
    model.characters = section(blob, length, (<u64>model.characterCount) << 3);
    model.merges = section(blob, length, (<u64>model.mergeCount) << 4);
    model.ranges = section(blob, length, (<u64>model.rangeCount) << 2);
  }
  model.rope = section(blob, length, (<u64>model.context * model.headDim) << 2);
  const formats = section(blob, length, (<u64>count) << 2);
  if (cursor > length) return STATUS_LENGTH;
  const status = checkFormats(formats, count);
  if (status != STATUS_OK) return status;
  placeAll(model, blob, length, formats);
  if (cursor != <u64>length || !paddingIsZero) return STATUS_LENGTH;
  if (!reserveTables(model)) return STATUS_SHAPE;
  return sumPieces(model, lengths, textBytes);
}

/** A format word is the exponent, with bit 8 for 4-bit weights. */
function checkFormats(formats: usize, count: u32): u32 {
  for (let i: u32 = 0; i < count; i++) {
    if ((load<u32>(formats + ((<usize>i) << 2)) & ~FOUR_BIT) > MAX_EXPONENT) return STATUS_RANGE;
  }
  return STATUS_OK;
}

function placeAll(model: Model, blob: usize, length: u32, formats: usize): void {
  const count = tensorCount(model);
  model.fourBit = false;
  setTensor(model, 0, blob, length, formats, model.vocab, model.dim);
  for (let l: u32 = 0; l < model.layers; l++) placeLayer(model, 1 + l * PER_LAYER, blob, length, formats);
  setTensor(model, count - (model.tied ? 1 : 2), blob, length, formats, 0, model.dim);
  if (!model.tied) setTensor(model, count - 1, blob, length, formats, model.vocab, model.dim);
}

function placeLayer(model: Model, first: u32, blob: usize, length: u32, formats: usize): void {
  setTensor(model, first + NORM1, blob, length, formats, 0, model.dim);
  setTensor(model, first + QUERY, blob, length, formats, model.queryDim, model.dim);
  setTensor(model, first + KEY, blob, length, formats, model.kvDim, model.dim);
  setTensor(model, first + VALUE, blob, length, formats, model.kvDim, model.dim);
  setTensor(model, first + OUTPUT, blob, length, formats, model.dim, model.queryDim);
  setTensor(model, first + NORM2, blob, length, formats, 0, model.dim);
  setTensor(model, first + GATE, blob, length, formats, model.ffn, model.dim);
  setTensor(model, first + UP, blob, length, formats, model.ffn, model.dim);
  setTensor(model, first + DOWN, blob, length, formats, model.dim, model.ffn);
}

/** One tensor: mantissas then weights, or with 0 rows a norm of i32. */
function setTensor(model: Model, index: u32, blob: usize, length: u32, formats: usize, rows: u32, columns: u32): void {
  const t = tensor(model, index);
  const format = load<u32>(formats + ((<usize>index) << 2));
  t.rows = rows;
  t.columns = columns;
  t.exponent = <i32>(format & ~FOUR_BIT);
  t.bits = (format & FOUR_BIT) != 0 ? 4 : 8;
  const elements = <u64>rows * columns;
  const four = t.bits == 4;
  if (four && rows != 0) model.fourBit = true;
  t.mantissas = rows == 0 ? 0 : section(blob, length, four ? elements >> 3 : elements >> 4);
  t.weights = section(blob, length, rows == 0 ? (<u64>columns) << 2 : four ? elements >> 1 : elements);
}

/** Piece lengths (u8) to offsets; the blob's byte count must be their sum. */
function sumPieces(model: Model, lengths: usize, textBytes: u32): u32 {
  const least: u32 = model.tokenizer == MERGES ? 0 : 1;
  let offset: u32 = 0;
  let longest: u32 = 1;
  for (let i: u32 = 0; i < model.pieces; i++) {
    const size = <u32>load<u8>(lengths + i);
    if (outside(size, least, MAX_PIECE)) return STATUS_TOKENIZER;
    store<u32>(model.pieceOffsets + ((<usize>i) << 2), offset);
    offset += size;
    longest = max(longest, size);
  }
  store<u32>(model.pieceOffsets + ((<usize>model.pieces) << 2), offset);
  model.longestPiece = longest;
  return offset == textBytes ? STATUS_OK : STATUS_TOKENIZER;
}

function checkTokenizer(model: Model): u32 {
  if (max(max(model.unknown, model.end), model.endOfTurn) >= model.vocab) return STATUS_TOKENIZER;
  for (let i: u32 = 0; i < model.prefixCount + model.suffixCount; i++) {
    if (load<u32>(model.template + ((<usize>i) << 2)) >= model.vocab) return STATUS_TOKENIZER;
  }
  if (model.tokenizer == MERGES) return areMerges(model) && areRanges(model) ? STATUS_OK : STATUS_TOKENIZER;
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
    if (t.rows == 0 && (t.exponent != 0 || t.bits != 8)) return STATUS_RANGE;
  }
  return STATUS_OK;
}

function isZero(at: usize, bytes: u32): bool {
  let all: u32 = 0;
  for (let i: u32 = 0; i < bytes; i++) all |= load<u8>(at + i);
  return all == 0;
}
