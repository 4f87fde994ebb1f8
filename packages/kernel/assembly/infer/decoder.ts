/** The Llama-family decoder in integers, up to BATCH positions at a time (docs/spec/inference.md, "Forward pass"). */
import { reserve } from "../memory/heap";
import { Cache, attend, remember, rotate } from "./attention";
import { isRecording, recordLayer } from "./evidence";
import { bitLength, magnitude32, saturate, scale, shiftRight, squareRoot, toBlockFloat } from "./fixed";
import { Vectors } from "./matmul";
import {
  DOWN,
  GATE,
  KEY,
  MAX_DIM,
  Model,
  NORM1,
  NORM2,
  OUTPUT,
  QUERY,
  Tensor,
  UP,
  VALUE,
  embedding,
  finalNorm,
  layerTensor,
  outputHead,
} from "./model";
import { mostLikely } from "./sampler";
import { sigmoid } from "./tables";
import { addProduct, runProducts } from "./team";
import { mantissaAt, plainNibble, tiledWeight } from "./tiles";

/** Most positions in one pass: enough to read a weight from memory once for many uses, few enough to stay in cache. */
export const BATCH: u32 = 16;

// Buffers in the model's workspace, placed by `prepare`; those of a pass hold one row per position.
/** i32 Q16 [dim]: the residual stream. */
let residual: usize = 0;
/** Input of the next matrices. */
let activation: Vectors = changetype<Vectors>(0);
/** i64 Q24: values on their way to `activation`, one position at a time. */
let wide: usize = 0;
let query: usize = 0;
let key: usize = 0;
let value: usize = 0;
let gate: usize = 0;
let up: usize = 0;
let logitsBuffer: usize = 0;
let tokensBuffer: usize = 0;
/** u32 [context]: the tokens whose keys and values are in the cache. */
let history: usize = 0;
let remembered: u32 = 0;
let cache: Cache = changetype<Cache>(0);
let prepared: usize = 0;
let cursor: usize = 0;

function take(bytes: usize): usize {
  const at = cursor;
  cursor = (at + bytes + 15) & ~15;
  return at;
}

/** Bytes that `prepare` places behind the model. */
export function workspaceBytes(model: Model): u64 {
  const widest = <u64>max(max(model.dim, model.queryDim), model.ffn);
  const pass = 4 * <u64>model.dim + 6 * widest + 4 * <u64>model.queryDim + 8 * <u64>model.kvDim + 8 * <u64>model.ffn;
  const cached = <u64>model.layers * model.context * (4 * model.kvDim + 2 * model.kvHeads) + 2 * model.kvDim;
  return 4096 + BATCH * pass + 8 * widest + 4 * <u64>model.vocab + 28 * <u64>model.context + cached;
}

/** Places the buffers of a model that was just loaded. */
export function prepare(model: Model): void {
  if (prepared == 0) {
    cache = changetype<Cache>(reserve(offsetof<Cache>()));
    activation = changetype<Vectors>(reserve(offsetof<Vectors>()));
  }
  prepared = model.workspace;
  remembered = 0;
  const widest = <usize>max(max(model.dim, model.queryDim), model.ffn);
  const entries = <usize>model.layers * model.context;
  cursor = model.workspace;
  residual = take((<usize>model.dim * BATCH) << 2);
  activation.stride = widest << 1;
  activation.sumStride = widest >> 3;
  activation.data = take(activation.stride * BATCH);
  activation.packed = take(activation.stride * BATCH);
  activation.sums = take(activation.sumStride * BATCH);
  activation.exponents = take(BATCH << 2);
  wide = take(widest << 3);
  query = take((<usize>model.queryDim * BATCH) << 2);
  key = take((<usize>model.kvDim * BATCH) << 2);
  value = take((<usize>model.kvDim * BATCH) << 2);
  gate = take((<usize>model.ffn * BATCH) << 2);
  up = take((<usize>model.ffn * BATCH) << 2);
  logitsBuffer = take(<usize>model.vocab << 2);
  tokensBuffer = take(<usize>model.context << 2);
  history = take(<usize>model.context << 2);
  cache.query = take(<usize>model.headDim << 1);
  cache.scores = take(<usize>model.context << 3);
  cache.weights = take((<usize>model.context + 1) << 3);
  cache.keyExponents = take(entries * model.kvHeads);
  cache.valueExponents = take(entries * model.kvHeads);
  cache.keys = take((entries * model.kvDim) << 1);
  // Values are read by two positions.
  cache.values = take(((entries + 1) * model.kvDim) << 1);
}

/** i32 Q16 [vocab] after `project`. */
export function logits(): usize {
  return logitsBuffer;
}
/** u32 [context]: room for the tokens of a prompt. */
export function tokens(): usize {
  return tokensBuffer;
}

/**
 * Runs the `count` tokens at `list` (u32) from position 0. What the cache has from the last call is not computed again,
 * but for the last token, whose logits are wanted.
 */
export function readTokens(list: usize, count: u32, model: Model): void {
  let at: u32 = 0;
  const most: u32 = isRecording() ? 0 : min(remembered, count - 1);
  while (at < most && load<u32>(list + ((<usize>at) << 2)) == load<u32>(history + ((<usize>at) << 2))) at++;
  while (at < count) {
    const batch = min(BATCH, count - at);
    forward(model, list + ((<usize>at) << 2), batch, at);
    at += batch;
  }
}

/** Runs the layers for `count` ≤ BATCH tokens (u32 at `list`) from `position` on; positions go up from 0. */
export function forward(model: Model, list: usize, count: u32, position: u32): void {
  memory.copy(history + ((<usize>position) << 2), list, (<usize>count) << 2);
  remembered = position + count;
  activation.count = count;
  const dim = model.dim, queryDim = model.queryDim, kvDim = model.kvDim, ffn = model.ffn;
  for (let i: u32 = 0; i < count; i++) embed(model, load<u32>(list + ((<usize>i) << 2)), row(residual, dim, i));
  for (let l: u32 = 0; l < model.layers; l++) {
    for (let i: u32 = 0; i < count; i++) normalise(model, layerTensor(model, l, NORM1), i);
    addProduct(layerTensor(model, l, QUERY), query, <usize>queryDim << 2);
    addProduct(layerTensor(model, l, KEY), key, <usize>kvDim << 2);
    addProduct(layerTensor(model, l, VALUE), value, <usize>kvDim << 2);
    runProducts(activation, false);
    for (let i: u32 = 0; i < count; i++) lookBack(model, l, position + i, i);
    addProduct(layerTensor(model, l, OUTPUT), residual, <usize>dim << 2);
    runProducts(activation, true);
    for (let i: u32 = 0; i < count; i++) normalise(model, layerTensor(model, l, NORM2), i);
    addProduct(layerTensor(model, l, GATE), gate, <usize>ffn << 2);
    addProduct(layerTensor(model, l, UP), up, <usize>ffn << 2);
    runProducts(activation, false);
    for (let i: u32 = 0; i < count; i++) activate(model, i);
    addProduct(layerTensor(model, l, DOWN), residual, <usize>dim << 2);
    runProducts(activation, true);
    if (!isRecording()) continue;
    for (let i: u32 = 0; i < count; i++) recordLayer(l, position + i, row(residual, dim, i), dim);
  }
  lastRow = count - 1;
}
let lastRow: u32 = 0;

// @ts-ignore: decorator
@inline
function row(base: usize, width: u32, index: u32): usize {
  return base + (<usize>(width * index) << 2);
}

/** Writes the logits of the last position of the last `forward`. */
export function project(model: Model): void {
  if (lastRow != 0) memory.copy(residual, row(residual, model.dim, lastRow), <usize>model.dim << 2);
  lastRow = 0;
  normalise(model, finalNorm(model), 0);
  activation.count = 1;
  addProduct(outputHead(model), logitsBuffer, <usize>model.vocab << 2);
  runProducts(activation, false);
}

/**
 * Direction of the mean of the normalised last states of the `count` tokens at `list`, from position 0 on.
 *
 * @returns i16 [dim] of 15 magnitude bits
 */
export function meanState(model: Model, list: usize, count: u32): usize {
  if (stateSums == 0) stateSums = reserve(<usize>MAX_DIM << 3);
  memory.fill(stateSums, 0, <usize>model.dim << 3);
  for (let at: u32 = 0; at < count; ) {
    const batch = min(BATCH, count - at);
    forward(model, list + ((<usize>at) << 2), batch, at);
    for (let i: u32 = 0; i < batch; i++) {
      normalise(model, finalNorm(model), i);
      for (let j: usize = 0; j < <usize>model.dim; j++) {
        const sum = stateSums + (j << 3);
        store<i64>(sum, load<i64>(sum) + (load<i64>(wide + (j << 3)) >> 8));
      }
    }
    at += batch;
  }
  toBlockFloat(stateSums, activation.data, model.dim, 24);
  return activation.data;
}
let stateSums: usize = 0;

/** Most likely next token after the last `forward`; the lowest id among equals. */
export function nextToken(model: Model): u32 {
  project(model);
  return mostLikely(logitsBuffer, model.vocab);
}

function embed(model: Model, token: u32, out: usize): void {
  const t = embedding(model);
  const shift = t.exponent - 16;
  for (let i: u32 = 0; i < t.columns; i++) {
    store<i32>(out + (<usize>i << 2), saturate(scale(element(t, token, i), shift)));
  }
}

/** Element of a matrix times 2^exponent. */
function element(t: Tensor, r: u32, column: u32): i64 {
  const mantissas = mantissaAt(t, r, column >> 5, 0);
  if (t.bits == 8) {
    const weight = SIMD ? tiledWeight(t, r, column) : load<i8>(t.weights + <usize>r * t.columns + column);
    return <i64>weight * <i64>load<u16>(mantissas);
  }
  const nibble = SIMD ? tiledWeight(t, r, column) : plainNibble(t.weights + ((<usize>r * t.columns) >> 1), column);
  return <i64>nibble * <i64>load<i16>(mantissas) + <i64>load<i16>(mantissaAt(t, r, column >> 5, 1));
}

/** `wide` to row `index` of the activations. */
function quantise(model: Model, index: u32, n: u32): void {
  const out = activation.data + <usize>index * activation.stride;
  store<i32>(activation.exponents + (<usize>index << 2), toBlockFloat(wide, out, n, 24));
  if (!model.fourBit) return;
  let sums = activation.sums + <usize>index * activation.sumStride;
  for (let at = out; at < out + (<usize>n << 1); at += 64) {
    let sum: i32 = 0;
    for (let i: usize = 0; i < 64; i += 2) sum += <i32>load<i16>(at + i);
    store<i32>(sums, sum);
    sums += 4;
  }
}

/** RMS norm of a residual, times the gain (i32 Q16), to `activation`. The reciprocal root is one u64 division. */
function normalise(model: Model, gain: Tensor, index: u32): void {
  const dim = <usize>model.dim;
  const x = row(residual, model.dim, index);
  let all: u32 = 0;
  for (let i: usize = 0; i < dim; i++) all |= magnitude32(load<i32>(x + (i << 2)));
  const down = max(0, bitLength(all) - 24);
  let squares: u64 = 0;
  for (let i: usize = 0; i < dim; i++) {
    const value = <i64>(load<i32>(x + (i << 2)) >> down);
    squares += <u64>(value * value);
  }
  const mean = max<u64>(1, squares / dim + ((<u64>model.epsilon) >> (2 * down)));
  const half = <i32>((clz(mean) - 1) >> 1);
  const inverse = <i64>((<u64>1 << 61) / squareRoot(mean << (2 * half)));
  for (let i: usize = 0; i < dim; i++) {
    const value = <i64>(load<i32>(x + (i << 2)) >> down);
    const unit = shiftRight(value * inverse, 41 - half);
    store<i64>(wide + (i << 3), shiftRight(unit * <i64>load<i32>(gain.weights + (i << 2)), 12));
  }
  quantise(model, index, model.dim);
}

/** Attention of one position over those up to it, to `activation`. */
function lookBack(model: Model, layer: u32, position: u32, index: u32): void {
  const q = row(query, model.queryDim, index), k = row(key, model.kvDim, index), v = row(value, model.kvDim, index);
  rotate(model, q, model.heads, position);
  rotate(model, k, model.kvHeads, position);
  remember(model, cache, layer, position, k, v);
  attend(model, cache, layer, position, q, wide);
  quantise(model, index, model.queryDim);
}

/** SwiGLU: gate · sigmoid(gate) · up, to `activation`; the first product saturates in Q20. */
function activate(model: Model, index: u32): void {
  const gates = row(gate, model.ffn, index), ups = row(up, model.ffn, index);
  for (let i: usize = 0; i < <usize>model.ffn; i++) {
    const g = load<i32>(gates + (i << 2));
    const silu = <i64>saturate(shiftRight(<i64>g * sigmoid(g), 26));
    store<i64>(wide + (i << 3), shiftRight(silu * <i64>load<i32>(ups + (i << 2)), 12));
  }
  quantise(model, index, model.ffn);
}
