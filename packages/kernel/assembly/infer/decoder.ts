/** The Llama-family decoder in integers, up to BATCH positions at a time (docs/spec/inference.md, "Forward pass"). */
import { reserve } from "../memory/heap";
import { Cache } from "./attention";
import { isRecording, recordLayer } from "./evidence";
import { saturate, scale, toBlockFloat } from "./fixed";
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
import { BATCH, Pass, row, wideRow } from "./pass";
import { ACTIVATE, LOOK_BACK, NORMALISE, TURN, normalise } from "./rows";
import { mostLikely } from "./sampler";
import { addProduct, runProducts, runRows } from "./team";
import { mantissaAt, plainNibble, tiledWeight } from "./tiles";

let pass: Pass = changetype<Pass>(0);
let logitsBuffer: usize = 0;
let tokensBuffer: usize = 0;
/** u32 [context]: the tokens whose keys and values are in the cache. */
let history: usize = 0;
let remembered: u32 = 0;
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
  const bytes = 4 * <u64>model.dim + 12 * widest + 4 * <u64>model.queryDim + 8 * <u64>model.kvDim + 8 * <u64>model.ffn;
  const cached = <u64>model.layers * model.context * (4 * model.kvDim + 2 * model.kvHeads) + 2 * model.kvDim;
  return 4096 + BATCH * bytes + 4 * <u64>model.vocab + 8 * <u64>model.context + cached;
}

/** Places the buffers anew when another model was running. */
export function switchTo(model: Model): void {
  if (prepared != model.workspace) prepare(model);
}

/** Places the buffers of a model that was just loaded. */
export function prepare(model: Model): void {
  if (prepared == 0) {
    pass = changetype<Pass>(reserve(offsetof<Pass>()));
    pass.cache = changetype<Cache>(reserve(offsetof<Cache>()));
    pass.activation = changetype<Vectors>(reserve(offsetof<Vectors>()));
  }
  prepared = model.workspace;
  remembered = 0;
  cursor = model.workspace;
  placeRows(model);
  logitsBuffer = take(<usize>model.vocab << 2);
  tokensBuffer = take(<usize>model.context << 2);
  history = take(<usize>model.context << 2);
  const cache = pass.cache, entries = <usize>model.layers * model.context;
  cache.keyExponents = take(entries * model.kvHeads);
  cache.valueExponents = take(entries * model.kvHeads);
  cache.keys = take((entries * model.kvDim) << 1);
  // Values are read by two positions.
  cache.values = take(((entries + 1) * model.kvDim) << 1);
}

function placeRows(model: Model): void {
  const widest = <usize>max(max(model.dim, model.queryDim), model.ffn);
  const activation = pass.activation;
  pass.model = model;
  pass.residual = take((<usize>model.dim * BATCH) << 2);
  activation.stride = widest << 1;
  activation.sumStride = widest >> 3;
  activation.data = take(activation.stride * BATCH);
  activation.packed = take(activation.stride * BATCH);
  activation.sums = take(activation.sumStride * BATCH);
  activation.exponents = take(BATCH << 2);
  pass.wideStride = widest << 3;
  pass.wide = take(pass.wideStride * BATCH);
  pass.query = take((<usize>model.queryDim * BATCH) << 2);
  pass.key = take((<usize>model.kvDim * BATCH) << 2);
  pass.value = take((<usize>model.kvDim * BATCH) << 2);
  pass.gate = take((<usize>model.ffn * BATCH) << 2);
  pass.up = take((<usize>model.ffn * BATCH) << 2);
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
  const activation = pass.activation, residual = pass.residual;
  const dim = model.dim, queryDim = model.queryDim, kvDim = model.kvDim, ffn = model.ffn;
  activation.count = count;
  pass.position = position;
  for (let i: u32 = 0; i < count; i++) embed(model, load<u32>(list + ((<usize>i) << 2)), row(residual, dim, i));
  for (let l: u32 = 0; l < model.layers; l++) {
    pass.layer = l;
    pass.gain = layerTensor(model, l, NORM1);
    runRows(pass, NORMALISE);
    addProduct(layerTensor(model, l, QUERY), pass.query, <usize>queryDim << 2);
    addProduct(layerTensor(model, l, KEY), pass.key, <usize>kvDim << 2);
    addProduct(layerTensor(model, l, VALUE), pass.value, <usize>kvDim << 2);
    runProducts(activation, false);
    runRows(pass, TURN);
    runRows(pass, LOOK_BACK);
    addProduct(layerTensor(model, l, OUTPUT), residual, <usize>dim << 2);
    runProducts(activation, true);
    pass.gain = layerTensor(model, l, NORM2);
    runRows(pass, NORMALISE);
    addProduct(layerTensor(model, l, GATE), pass.gate, <usize>ffn << 2);
    addProduct(layerTensor(model, l, UP), pass.up, <usize>ffn << 2);
    runProducts(activation, false);
    runRows(pass, ACTIVATE);
    addProduct(layerTensor(model, l, DOWN), residual, <usize>dim << 2);
    runProducts(activation, true);
    if (!isRecording()) continue;
    for (let i: u32 = 0; i < count; i++) recordLayer(l, position + i, row(residual, dim, i), dim);
  }
  lastRow = count - 1;
}
let lastRow: u32 = 0;

/** Writes the logits of the last position of the last `forward`. */
export function project(model: Model): void {
  const residual = pass.residual;
  if (lastRow != 0) memory.copy(residual, row(residual, model.dim, lastRow), <usize>model.dim << 2);
  lastRow = 0;
  pass.activation.count = 1;
  pass.gain = finalNorm(model);
  normalise(pass, 0);
  addProduct(outputHead(model), logitsBuffer, <usize>model.vocab << 2);
  runProducts(pass.activation, false);
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
    pass.gain = finalNorm(model);
    runRows(pass, NORMALISE);
    for (let i: u32 = 0; i < batch; i++) {
      const wide = wideRow(pass, i);
      for (let j: usize = 0; j < <usize>model.dim; j++) {
        const sum = stateSums + (j << 3);
        store<i64>(sum, load<i64>(sum) + (load<i64>(wide + (j << 3)) >> 8));
      }
    }
    at += batch;
  }
  const vector = pass.activation.data;
  toBlockFloat(stateSums, vector, model.dim, 24);
  return vector;
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
