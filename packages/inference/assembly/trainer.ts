// Trainer of the default model: a Llama-family decoder (RMSNorm, RoPE, SwiGLU, tied embedding) in f32 with hand-written
// backward pass and Adam. Off the consensus path: its only product is the weights that are quantised into a model blob.
// One step works on several sequences packed one after another (`bounds[s]..bounds[s+1]`), N positions in all.
import { addScaled, dot, gemm, gemmScratch, transpose } from "./gemm";

let DIM: i32, LAYERS: i32, HEADS: i32, FFN: i32, VOCAB: i32, HEAD_DIM: i32, POSITIONS: i32, LENGTH: i32;
let PARAMETERS: i32;
/** Parameters, gradients, transposed matrices, Adam's first and second moments: five arrays of PARAMETERS floats. */
let P: usize, G: usize, PT: usize, M1: usize, M2: usize;
/** Float offsets of the matrices within one layer, and of the final norm in the whole. */
let Q_AT: i32, K_AT: i32, V_AT: i32, O_AT: i32, NORM2_AT: i32, GATE_AT: i32, UP_AT: i32, DOWN_AT: i32, LAYER_SIZE: i32;
let FINAL_AT: i32;
/** Residual stream, its gradient, and the saved activations of each layer. */
let X: usize, DX: usize, SAVED: usize, SAVED_SIZE: usize;
let FINAL: usize, FINAL_SCALE: usize, ROWS: usize, LOGITS: usize, DROWS: usize;
let T1: usize, T2: usize, T3: usize, T4: usize, F1: usize, F2: usize, F3: usize;
let ROPE: usize;
let heap: usize = 65536;

const EPSILON: f32 = 1e-5;

/** Returns `floats` × 4 fresh bytes, 64-aligned. */
export function allocate(floats: i32): usize {
  const at = heap;
  heap = (heap + ((<usize>floats) << 2) + 63) & ~(<usize>63);
  const pages = <i32>((heap + 65535) >> 16) - memory.size();
  if (pages > 0) memory.grow(pages);
  return at;
}

/** Lays out the memory for the given shape; returns the number of parameters. `rope` tables are written by the host. */
export function initialise(dim: i32, layers: i32, heads: i32, ffn: i32, vocab: i32, positions: i32, length: i32): i32 {
  DIM = dim;
  LAYERS = layers;
  HEADS = heads;
  FFN = ffn;
  VOCAB = vocab;
  HEAD_DIM = dim / heads;
  POSITIONS = positions;
  LENGTH = length;
  Q_AT = dim;
  K_AT = Q_AT + dim * dim;
  V_AT = K_AT + dim * dim;
  O_AT = V_AT + dim * dim;
  NORM2_AT = O_AT + dim * dim;
  GATE_AT = NORM2_AT + dim;
  UP_AT = GATE_AT + ffn * dim;
  DOWN_AT = UP_AT + ffn * dim;
  LAYER_SIZE = DOWN_AT + dim * ffn;
  FINAL_AT = vocab * dim + layers * LAYER_SIZE;
  PARAMETERS = FINAL_AT + dim;
  P = allocate(PARAMETERS);
  G = allocate(PARAMETERS);
  PT = allocate(PARAMETERS);
  M1 = allocate(PARAMETERS);
  M2 = allocate(PARAMETERS);
  X = allocate(positions * dim);
  DX = allocate(positions * dim);
  SAVED_SIZE = (<usize>(positions * (8 * dim + 3 * ffn + 2 + heads * length))) << 2;
  SAVED = allocate(<i32>(SAVED_SIZE >> 2) * layers);
  FINAL = allocate(positions * dim);
  FINAL_SCALE = allocate(positions);
  ROWS = allocate(positions * dim);
  DROWS = allocate(positions * dim);
  LOGITS = allocate(positions * vocab);
  T1 = allocate(positions * dim);
  T2 = allocate(positions * dim);
  T3 = allocate(positions * dim);
  T4 = allocate(positions * dim);
  F1 = allocate(positions * ffn);
  F2 = allocate(positions * ffn);
  F3 = allocate(positions * ffn);
  ROPE = allocate(length * HEAD_DIM);
  const most = max(positions, vocab), scratch = most * max(dim, ffn);
  allocate(gemmScratch(allocate(0), scratch, max(most, ffn)));
  return PARAMETERS;
}

export function parameters(): usize {
  return P;
}
export function gradients(): usize {
  return G;
}
/** [length, headDim] pairs (cos, sin). */
export function rope(): usize {
  return ROPE;
}
/** [targets, vocab] of the last step: one row per position that has a target, in order. */
export function logits(): usize {
  return LOGITS;
}
export function clearGradients(): void {
  memory.fill(G, 0, (<usize>PARAMETERS) << 2);
}

@inline
function at(base: usize, floats: i32): usize {
  return base + ((<usize>floats) << 2);
}
@inline
function get(base: usize, i: i32): f32 {
  return load<f32>(base + ((<usize>i) << 2));
}
@inline
function set(base: usize, i: i32, value: f32): void {
  store<f32>(base + ((<usize>i) << 2), value);
}

// Saved activations of one layer.
@inline
function saved(layer: i32): usize {
  return SAVED + SAVED_SIZE * <usize>layer;
}
@inline
function savedDim(layer: i32, index: i32): usize {
  return at(saved(layer), index * POSITIONS * DIM);
}
@inline
function savedFfn(layer: i32, index: i32): usize {
  return at(saved(layer), 8 * POSITIONS * DIM + index * POSITIONS * FFN);
}
@inline
function savedScale(layer: i32, index: i32): usize {
  return at(saved(layer), POSITIONS * (8 * DIM + 3 * FFN + index));
}
@inline
function savedAttention(layer: i32): usize {
  return at(saved(layer), POSITIONS * (8 * DIM + 3 * FFN + 2));
}
const IN = 0, NORM1 = 1, QUERY = 2, KEY = 3, VALUE = 4, HEADS_OUT = 5, MIDDLE = 6, NORM2 = 7;
const GATE = 0, UP = 1, HIDDEN = 2;

/** Refreshes the transposed matrices after the parameters changed. */
export function transposeParameters(): void {
  transpose(P, PT, VOCAB, DIM);
  for (let l = 0; l < LAYERS; l++) {
    const base = VOCAB * DIM + l * LAYER_SIZE;
    transposeMatrix(base + Q_AT, DIM, DIM);
    transposeMatrix(base + K_AT, DIM, DIM);
    transposeMatrix(base + V_AT, DIM, DIM);
    transposeMatrix(base + O_AT, DIM, DIM);
    transposeMatrix(base + GATE_AT, FFN, DIM);
    transposeMatrix(base + UP_AT, FFN, DIM);
    transposeMatrix(base + DOWN_AT, DIM, FFN);
  }
}
function transposeMatrix(offset: i32, rows: i32, columns: i32): void {
  transpose(at(P, offset), at(PT, offset), rows, columns);
}

function rmsNorm(x: usize, gain: usize, y: usize, scales: usize, N: i32): void {
  for (let n = 0; n < N; n++) {
    const row = at(x, n * DIM), out = at(y, n * DIM);
    const scale: f32 = <f32>1 / Mathf.sqrt(dot(row, row, DIM) / <f32>DIM + EPSILON);
    set(scales, n, scale);
    for (let i = 0; i < DIM; i++) set(out, i, get(row, i) * scale * get(gain, i));
  }
}
/** Adds the gradient through rmsNorm to dx and to dgain. */
function rmsNormBackward(x: usize, gain: usize, dy: usize, scales: usize, dgain: usize, dx: usize, N: i32): void {
  for (let n = 0; n < N; n++) {
    const row = at(x, n * DIM), drow = at(dy, n * DIM), out = at(dx, n * DIM);
    const scale = get(scales, n);
    let sum: f32 = 0;
    for (let i = 0; i < DIM; i++) {
      const t = get(drow, i) * get(row, i);
      sum += t * get(gain, i);
      set(dgain, i, get(dgain, i) + t * scale);
    }
    const c = (scale * scale * scale * sum) / <f32>DIM;
    for (let i = 0; i < DIM; i++) set(out, i, get(out, i) + scale * get(drow, i) * get(gain, i) - c * get(row, i));
  }
}
/** Rotates each head's pairs by the angle of `position`; direction −1 is the inverse, used for gradients. */
function rotate(vector: usize, position: i32, direction: f32): void {
  const table = at(ROPE, position * HEAD_DIM);
  for (let h = 0; h < HEADS; h++) {
    for (let i = 0; i < HEAD_DIM; i += 2) {
      const o = h * HEAD_DIM + i;
      const a = get(vector, o), b = get(vector, o + 1), c = get(table, i), s = get(table, i + 1) * direction;
      set(vector, o, a * c - b * s);
      set(vector, o + 1, a * s + b * c);
    }
  }
}

function attention(layer: i32, first: i32, end: i32, scale: f32): void {
  const q = savedDim(layer, QUERY), k = savedDim(layer, KEY), v = savedDim(layer, VALUE), out = savedDim(layer, HEADS_OUT);
  for (let n = first; n < end; n++) {
    rotate(at(q, n * DIM), n - first, 1);
    rotate(at(k, n * DIM), n - first, 1);
  }
  for (let n = first; n < end; n++) {
    for (let h = 0; h < HEADS; h++) {
      const o = h * HEAD_DIM, weights = at(savedAttention(layer), (n * HEADS + h) * LENGTH), sum = at(out, n * DIM + o);
      softmaxScores(at(q, n * DIM + o), at(k, first * DIM + o), weights, n - first + 1, scale);
      memory.fill(sum, 0, (<usize>HEAD_DIM) << 2);
      for (let t = first; t <= n; t++) addScaled(get(weights, t - first), at(v, t * DIM + o), sum, HEAD_DIM);
    }
  }
}
function softmaxScores(query: usize, keys: usize, weights: usize, count: i32, scale: f32): void {
  let best: f32 = -1e30, total: f32 = 0;
  for (let t = 0; t < count; t++) {
    const z = dot(query, at(keys, t * DIM), HEAD_DIM) * scale;
    set(weights, t, z);
    best = max(best, z);
  }
  for (let t = 0; t < count; t++) {
    const e = Mathf.exp(get(weights, t) - best);
    set(weights, t, e);
    total += e;
  }
  total = <f32>1 / total;
  for (let t = 0; t < count; t++) set(weights, t, get(weights, t) * total);
}
/** From the gradient of the heads' output (T1) to those of rotated queries (T2), keys (T3) and values (T4). */
function attentionBackward(layer: i32, first: i32, end: i32, scale: f32): void {
  const q = savedDim(layer, QUERY), k = savedDim(layer, KEY), v = savedDim(layer, VALUE);
  for (let n = first; n < end; n++) {
    for (let h = 0; h < HEADS; h++) {
      const o = h * HEAD_DIM, here = n * DIM + o, dout = at(T1, here);
      const weights = at(savedAttention(layer), (n * HEADS + h) * LENGTH);
      const out = dot(dout, at(savedDim(layer, HEADS_OUT), here), HEAD_DIM);
      for (let t = first; t <= n; t++) {
        const there = t * DIM + o, p = get(weights, t - first);
        const dz = p * (dot(dout, at(v, there), HEAD_DIM) - out) * scale;
        addScaled(p, dout, at(T4, there), HEAD_DIM);
        addScaled(dz, at(k, there), at(T2, here), HEAD_DIM);
        addScaled(dz, at(q, here), at(T3, there), HEAD_DIM);
      }
    }
  }
  for (let n = first; n < end; n++) {
    rotate(at(T2, n * DIM), n - first, -1);
    rotate(at(T3, n * DIM), n - first, -1);
  }
}

function forwardLayer(l: i32, bounds: usize, sequences: i32, N: i32, scale: f32): void {
  const base = VOCAB * DIM + l * LAYER_SIZE, w = at(P, base), wt = at(PT, base), bytes = (<usize>(N * DIM)) << 2;
  const norm1 = savedDim(l, NORM1), norm2 = savedDim(l, NORM2);
  memory.copy(savedDim(l, IN), X, bytes);
  rmsNorm(X, w, norm1, savedScale(l, 0), N);
  gemm(norm1, DIM, 1, at(wt, Q_AT), savedDim(l, QUERY), N, DIM, DIM, false);
  gemm(norm1, DIM, 1, at(wt, K_AT), savedDim(l, KEY), N, DIM, DIM, false);
  gemm(norm1, DIM, 1, at(wt, V_AT), savedDim(l, VALUE), N, DIM, DIM, false);
  for (let s = 0; s < sequences; s++) {
    attention(l, load<i32>(bounds + ((<usize>s) << 2)), load<i32>(bounds + ((<usize>s) << 2), 4), scale);
  }
  gemm(savedDim(l, HEADS_OUT), DIM, 1, at(wt, O_AT), X, N, DIM, DIM, true);
  memory.copy(savedDim(l, MIDDLE), X, bytes);
  rmsNorm(X, at(w, NORM2_AT), norm2, savedScale(l, 1), N);
  const gate = savedFfn(l, GATE), up = savedFfn(l, UP), hidden = savedFfn(l, HIDDEN);
  gemm(norm2, DIM, 1, at(wt, GATE_AT), gate, N, FFN, DIM, false);
  gemm(norm2, DIM, 1, at(wt, UP_AT), up, N, FFN, DIM, false);
  for (let i = 0; i < N * FFN; i++) {
    const z = get(gate, i);
    set(hidden, i, (z / (<f32>1 + Mathf.exp(-z))) * get(up, i));
  }
  gemm(hidden, FFN, 1, at(wt, DOWN_AT), X, N, DIM, FFN, true);
}

function backwardLayer(l: i32, bounds: usize, sequences: i32, N: i32, scale: f32): void {
  const base = VOCAB * DIM + l * LAYER_SIZE, w = at(P, base), g = at(G, base);
  const gate = savedFfn(l, GATE), up = savedFfn(l, UP), hidden = savedFfn(l, HIDDEN);
  gemm(DX, 1, DIM, hidden, at(g, DOWN_AT), DIM, FFN, N, true);
  gemm(DX, DIM, 1, at(w, DOWN_AT), F1, N, FFN, DIM, false);
  for (let i = 0; i < N * FFN; i++) {
    const z = get(gate, i), sigmoid: f32 = <f32>1 / (<f32>1 + Mathf.exp(-z)), d = get(F1, i);
    set(F2, i, d * get(up, i) * sigmoid * (<f32>1 + z * (<f32>1 - sigmoid)));
    set(F3, i, d * z * sigmoid);
  }
  const norm1 = savedDim(l, NORM1), norm2 = savedDim(l, NORM2);
  gemm(F2, 1, FFN, norm2, at(g, GATE_AT), FFN, DIM, N, true);
  gemm(F3, 1, FFN, norm2, at(g, UP_AT), FFN, DIM, N, true);
  gemm(F2, FFN, 1, at(w, GATE_AT), T1, N, DIM, FFN, false);
  gemm(F3, FFN, 1, at(w, UP_AT), T1, N, DIM, FFN, true);
  rmsNormBackward(savedDim(l, MIDDLE), at(w, NORM2_AT), T1, savedScale(l, 1), at(g, NORM2_AT), DX, N);
  gemm(DX, 1, DIM, savedDim(l, HEADS_OUT), at(g, O_AT), DIM, DIM, N, true);
  gemm(DX, DIM, 1, at(w, O_AT), T1, N, DIM, DIM, false);
  const bytes = (<usize>(N * DIM)) << 2;
  memory.fill(T2, 0, bytes);
  memory.fill(T3, 0, bytes);
  memory.fill(T4, 0, bytes);
  for (let s = 0; s < sequences; s++) {
    attentionBackward(l, load<i32>(bounds + ((<usize>s) << 2)), load<i32>(bounds + ((<usize>s) << 2), 4), scale);
  }
  gemm(T2, 1, DIM, norm1, at(g, Q_AT), DIM, DIM, N, true);
  gemm(T3, 1, DIM, norm1, at(g, K_AT), DIM, DIM, N, true);
  gemm(T4, 1, DIM, norm1, at(g, V_AT), DIM, DIM, N, true);
  gemm(T2, DIM, 1, at(w, Q_AT), T1, N, DIM, DIM, false);
  gemm(T3, DIM, 1, at(w, K_AT), T1, N, DIM, DIM, true);
  gemm(T4, DIM, 1, at(w, V_AT), T1, N, DIM, DIM, true);
  rmsNormBackward(savedDim(l, IN), w, T1, savedScale(l, 0), g, DX, N);
}

/** Softmax cross-entropy over the compacted rows; with `train` the logits become their own gradient. Returns the sum. */
function crossEntropy(targets: usize, N: i32, factor: f32, train: bool): f32 {
  let loss: f32 = 0, row = 0;
  for (let n = 0; n < N; n++) {
    const target = load<i32>(targets + ((<usize>n) << 2));
    if (target < 0) continue;
    const z = at(LOGITS, row++ * VOCAB);
    let best: f32 = -1e30, total: f32 = 0;
    for (let i = 0; i < VOCAB; i++) best = max(best, get(z, i));
    const wanted = get(z, target);
    for (let i = 0; i < VOCAB; i++) {
      const e = Mathf.exp(get(z, i) - best);
      if (train) set(z, i, e);
      total += e;
    }
    loss += Mathf.log(total) + best - wanted;
    if (!train) continue;
    const f = factor / total;
    for (let i = 0; i < VOCAB; i++) set(z, i, get(z, i) * f);
    set(z, target, get(z, target) - factor);
  }
  return loss;
}

/** Copies rows with a target between the packed positions and the compact block; returns their number. */
function compact(targets: usize, N: i32, packed: usize, rows: usize, back: bool): i32 {
  let row = 0;
  for (let n = 0; n < N; n++) {
    if (load<i32>(targets + ((<usize>n) << 2)) < 0) continue;
    if (back) memory.copy(at(packed, n * DIM), at(rows, row * DIM), (<usize>DIM) << 2);
    else memory.copy(at(rows, row * DIM), at(packed, n * DIM), (<usize>DIM) << 2);
    row++;
  }
  return row;
}

/**
 * One pass over N packed positions. `targets[n]` is the next token or −1 for no loss. With `train`, adds the gradient of
 * factor × (sum of losses) to the gradients. Returns the sum of losses.
 */
export function step(tokens: usize, targets: usize, bounds: usize, sequences: i32, N: i32, factor: f32, train: bool): f32 {
  const scale: f32 = <f32>1 / Mathf.sqrt(<f32>HEAD_DIM);
  for (let n = 0; n < N; n++) {
    memory.copy(at(X, n * DIM), at(P, load<i32>(tokens + ((<usize>n) << 2)) * DIM), (<usize>DIM) << 2);
  }
  for (let l = 0; l < LAYERS; l++) forwardLayer(l, bounds, sequences, N, scale);
  rmsNorm(X, at(P, FINAL_AT), FINAL, FINAL_SCALE, N);
  const rows = compact(targets, N, FINAL, ROWS, false);
  gemm(ROWS, DIM, 1, PT, LOGITS, rows, VOCAB, DIM, false);
  const loss = crossEntropy(targets, N, factor, train);
  if (!train) return loss;
  gemm(LOGITS, 1, VOCAB, ROWS, G, VOCAB, DIM, rows, true);
  gemm(LOGITS, VOCAB, 1, P, DROWS, rows, DIM, VOCAB, false);
  memory.fill(T1, 0, (<usize>(N * DIM)) << 2);
  compact(targets, N, T1, DROWS, true);
  memory.fill(DX, 0, (<usize>(N * DIM)) << 2);
  rmsNormBackward(X, at(P, FINAL_AT), T1, FINAL_SCALE, at(G, FINAL_AT), DX, N);
  for (let l = LAYERS - 1; l >= 0; l--) backwardLayer(l, bounds, sequences, N, scale);
  for (let n = 0; n < N; n++) {
    addScaled(1, at(DX, n * DIM), at(G, load<i32>(tokens + ((<usize>n) << 2)) * DIM), DIM);
  }
  return loss;
}

/**
 * One Adam step (β₁ 0.9, β₂ 0.98) with decoupled weight decay. `correction1/2` = 1 / (1 − βᵗ); the gradient is scaled
 * down to norm `clip` when longer. Returns the gradient's norm.
 */
export function adam(rate: f32, decay: f32, clip: f32, correction1: f32, correction2: f32): f32 {
  let squares: f64 = 0;
  for (let i = 0; i < PARAMETERS; i++) squares += <f64>get(G, i) * <f64>get(G, i);
  const norm = <f32>Math.sqrt(squares);
  const factor: f32 = norm > clip ? clip / norm : 1;
  const keep1 = f32x4.splat(0.9), keep2 = f32x4.splat(0.98), new1 = f32x4.splat(0.1), new2 = f32x4.splat(0.02);
  const c1 = f32x4.splat(correction1), c2 = f32x4.splat(correction2), epsilon = f32x4.splat(1e-8);
  const step = f32x4.splat(rate), shrink = f32x4.splat(decay), f = f32x4.splat(factor);
  for (let i: usize = 0; i < (<usize>PARAMETERS) << 2; i += 16) {
    const g = f32x4.mul(v128.load(G + i), f), p = v128.load(P + i);
    const m = f32x4.add(f32x4.mul(keep1, v128.load(M1 + i)), f32x4.mul(new1, g));
    const v = f32x4.add(f32x4.mul(keep2, v128.load(M2 + i)), f32x4.mul(f32x4.mul(new2, g), g));
    v128.store(M1 + i, m);
    v128.store(M2 + i, v);
    const scale = f32x4.add(f32x4.sqrt(f32x4.mul(v, c2)), epsilon);
    const change = f32x4.add(f32x4.div(f32x4.mul(m, c1), scale), f32x4.mul(shrink, p));
    v128.store(P + i, f32x4.sub(p, f32x4.mul(step, change)));
  }
  return norm;
}
