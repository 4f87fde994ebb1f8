/** The Llama-family decoder in integers, one position at a time (docs/spec/inference.md, "Forward pass"). */
import { Cache, attend, remember, rotate } from "./attention";
import { bitLength, magnitude32, saturate, shiftRight, squareRoot, toBlockFloat } from "./fixed";
import { matrixVector } from "./matmul";
import {
  DOWN,
  GATE,
  KEY,
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
import { sigmoid } from "./tables";
import { reserve } from "../memory/heap";

// Buffers in the model's workspace, placed by `prepare`.
/** i32 Q16 [dim]: the residual stream. */
let residual: usize = 0;
/** i16 block floating point: the input of the next matrices, with its exponent. */
let activation: usize = 0;
let activationExponent: i32 = 0;
/** i64 Q24: values on their way to `activation`. */
let wide: usize = 0;
let query: usize = 0;
let key: usize = 0;
let value: usize = 0;
let gate: usize = 0;
let up: usize = 0;
let logitsBuffer: usize = 0;
let tokensBuffer: usize = 0;
let cache: Cache = changetype<Cache>(0);
let cursor: usize = 0;

function take(bytes: usize): usize {
  const at = cursor;
  cursor = (at + bytes + 15) & ~15;
  return at;
}

/** Places the buffers; `workspaceBytes` in model.ts is their size. Before the first `forward` of a call. */
export function prepare(model: Model): void {
  if (changetype<usize>(cache) == 0) cache = changetype<Cache>(reserve(offsetof<Cache>()));
  const widest = <usize>max(max(model.dim, model.queryDim), model.ffn);
  const entries = <usize>model.layers * model.context;
  cursor = model.workspace;
  residual = take(<usize>model.dim << 2);
  activation = take(widest << 1);
  wide = take(widest << 3);
  query = take(<usize>model.queryDim << 2);
  key = take(<usize>model.kvDim << 2);
  value = take(<usize>model.kvDim << 2);
  gate = take(<usize>model.ffn << 2);
  up = take(<usize>model.ffn << 2);
  logitsBuffer = take(<usize>model.vocab << 2);
  tokensBuffer = take(<usize>model.context << 2);
  cache.query = take(<usize>model.headDim << 1);
  cache.scores = take(<usize>model.context << 3);
  cache.keyExponents = take(entries * model.kvHeads);
  cache.valueExponents = take(entries * model.kvHeads);
  cache.keys = take((entries * model.kvDim) << 1);
  cache.values = take((entries * model.kvDim) << 1);
}

/** i32 Q16 [vocab] of the last `nextToken`. */
export function logits(): usize {
  return logitsBuffer;
}
/** u32 [context]: the prompt's tokens. */
export function tokens(): usize {
  return tokensBuffer;
}

/** Runs the layers for `token` at `position`; positions go up by one from 0. */
export function forward(model: Model, token: u32, position: u32): void {
  embed(model, token);
  for (let l: u32 = 0; l < model.layers; l++) {
    normalise(model, layerTensor(model, l, NORM1));
    multiply(layerTensor(model, l, QUERY), query, false);
    multiply(layerTensor(model, l, KEY), key, false);
    multiply(layerTensor(model, l, VALUE), value, false);
    rotate(model, query, model.heads, position);
    rotate(model, key, model.kvHeads, position);
    remember(model, cache, l, position, key, value);
    attend(model, cache, l, position, query, wide);
    activationExponent = toBlockFloat(wide, activation, model.queryDim, 24);
    multiply(layerTensor(model, l, OUTPUT), residual, true);
    normalise(model, layerTensor(model, l, NORM2));
    multiply(layerTensor(model, l, GATE), gate, false);
    multiply(layerTensor(model, l, UP), up, false);
    activate(model);
    multiply(layerTensor(model, l, DOWN), residual, true);
  }
}

/** Most likely next token after the last `forward`; the lowest id among equals. */
export function nextToken(model: Model): u32 {
  normalise(model, finalNorm(model));
  multiply(outputHead(model), logitsBuffer, false);
  let best: u32 = 0;
  let bestLogit = load<i32>(logitsBuffer);
  for (let i: u32 = 1; i < model.vocab; i++) {
    const logit = load<i32>(logitsBuffer + (<usize>i << 2));
    if (logit > bestLogit) {
      best = i;
      bestLogit = logit;
    }
  }
  return best;
}

// @ts-ignore: decorator
@inline
function multiply(t: Tensor, out: usize, accumulate: bool): void {
  matrixVector(t, activation, activationExponent, out, accumulate);
}

function embed(model: Model, token: u32): void {
  const t = embedding(model);
  const row = t.weights + <usize>token * t.columns;
  const mantissas = t.mantissas + ((<usize>token * t.columns) >> 4);
  const shift = t.exponent - 16;
  for (let i: usize = 0; i < <usize>t.columns; i++) {
    const x = <i64>load<i8>(row + i) * <i64>load<u16>(mantissas + ((i >> 5) << 1));
    store<i32>(residual + (i << 2), saturate(shift >= 0 ? shiftRight(x, shift) : x << -shift));
  }
}

/** RMS norm of the residual, times the gain (i32 Q16), to `activation`. The reciprocal root is one u64 division. */
function normalise(model: Model, gain: Tensor): void {
  const dim = <usize>model.dim;
  let all: u32 = 0;
  for (let i: usize = 0; i < dim; i++) all |= magnitude32(load<i32>(residual + (i << 2)));
  const down = max(0, bitLength(all) - 24);
  let squares: u64 = 0;
  for (let i: usize = 0; i < dim; i++) {
    const x = <i64>(load<i32>(residual + (i << 2)) >> down);
    squares += <u64>(x * x);
  }
  const mean = max<u64>(1, squares / dim + ((<u64>model.epsilon) >> (2 * down)));
  const half = <i32>((clz(mean) - 1) >> 1);
  const inverse = <i64>((<u64>1 << 61) / squareRoot(mean << (2 * half)));
  for (let i: usize = 0; i < dim; i++) {
    const x = <i64>(load<i32>(residual + (i << 2)) >> down);
    const unit = shiftRight(x * inverse, 41 - half);
    store<i64>(wide + (i << 3), shiftRight(unit * <i64>load<i32>(gain.weights + (i << 2)), 12));
  }
  activationExponent = toBlockFloat(wide, activation, model.dim, 24);
}

/** SwiGLU: gate · sigmoid(gate) · up, to `activation`; the first product saturates in Q20. */
function activate(model: Model): void {
  for (let i: usize = 0; i < <usize>model.ffn; i++) {
    const g = load<i32>(gate + (i << 2));
    const silu = <i64>saturate(shiftRight(<i64>g * sigmoid(g), 26));
    store<i64>(wide + (i << 3), shiftRight(silu * <i64>load<i32>(up + (i << 2)), 12));
  }
  activationExponent = toBlockFloat(wide, activation, model.ffn, 24);
}
