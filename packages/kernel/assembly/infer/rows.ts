/** The work between matrices: on one row of a pass at a time, so that threads can share rows out. */
import { attend, remember, rotate } from "./attention";
import {
  bitLength,
  narrow,
  orOfMagnitudes,
  saturate,
  shiftLanes,
  shiftRight,
  squareRoot,
  toBlockFloat,
} from "./fixed";
import { Pass, row, wideRow } from "./pass";
import { sigmoid } from "./tables";

// What can be done to a row.
export const NORMALISE: u32 = 1;
export const TURN: u32 = 2;
export const LOOK_BACK: u32 = 3;
export const ACTIVATE: u32 = 4;

/** Does `work` to row `index`. */
export function workOnRow(pass: Pass, work: u32, index: u32): void {
  if (work == NORMALISE) normalise(pass, index);
  else if (work == TURN) turn(pass, index);
  else if (work == LOOK_BACK) lookBack(pass, index);
  else activate(pass, index);
}

/** Row `index` of `wide` to the activations. */
function quantise(pass: Pass, index: u32, n: u32): void {
  const activation = pass.activation;
  const out = activation.data + <usize>index * activation.stride;
  store<i32>(activation.exponents + (<usize>index << 2), toBlockFloat(wideRow(pass, index), out, n, 24));
  if (!pass.model.fourBit) return;
  let sums = activation.sums + <usize>index * activation.sumStride;
  for (let at = out; at < out + (<usize>n << 1); at += 64) {
    let sum: i32 = 0;
    for (let i: usize = 0; i < 64; i += 2) sum += <i32>load<i16>(at + i);
    store<i32>(sums, sum);
    sums += 4;
  }
}

/** RMS norm of a residual, times the gain (i32 Q16), to `activation`. The reciprocal root is one u64 division. */
export function normalise(pass: Pass, index: u32): void {
  const dim = <usize>pass.model.dim;
  const x = row(pass.residual, pass.model.dim, index);
  const end = x + (dim << 2);
  const down = max(0, bitLength(orOfMagnitudes(x, end)) - 24);
  const mean = max<u64>(1, squares(x, end, down) / dim + ((<u64>pass.model.epsilon) >> (2 * down)));
  const half = <i32>((clz(mean) - 1) >> 1);
  const inverse = <i64>((<u64>1 << 61) / squareRoot(mean << (2 * half)));
  scaleRow(x, end, down, <i32>inverse, 41 - half, pass.gain.weights, wideRow(pass, index));
  quantise(pass, index, pass.model.dim);
}

/** Sum of the squares of x ↓ down, at most 24 bits each. */
function squares(x: usize, end: usize, down: i32): u64 {
  if (SIMD) {
    let sum = i64x2.splat(0);
    for (; x < end; x += 16) {
      const v = i32x4.shr_s(v128.load(x), down);
      sum = i64x2.add(sum, i64x2.add(i64x2.extmul_low_i32x4_s(v, v), i64x2.extmul_high_i32x4_s(v, v)));
    }
    return <u64>(i64x2.extract_lane(sum, 0) + i64x2.extract_lane(sum, 1));
  }
  let sum: u64 = 0;
  for (; x < end; x += 4) {
    const value = <i64>(load<i32>(x) >> down);
    sum += <u64>(value * value);
  }
  return sum;
}

/**
 * out (i64 Q24) = x · inverse · gain. An element's share of the root of the mean is below 2⁸, so `unit` is below 2²⁸; and
 * `inverse` below 2³¹.
 */
function scaleRow(x: usize, end: usize, down: i32, inverse: i32, shift: i32, gain: usize, out: usize): void {
  if (SIMD) {
    const inverses = i32x4.splat(inverse);
    for (; x < end; x += 16) {
      const v = i32x4.shr_s(v128.load(x), down);
      const units = narrow(
        shiftLanes(i64x2.extmul_low_i32x4_s(v, inverses), shift),
        shiftLanes(i64x2.extmul_high_i32x4_s(v, inverses), shift),
      );
      const gains = v128.load(gain);
      v128.store(out, shiftLanes(i64x2.extmul_low_i32x4_s(units, gains), 12));
      v128.store(out, shiftLanes(i64x2.extmul_high_i32x4_s(units, gains), 12), 16);
      gain += 16;
      out += 32;
    }
    return;
  }
  for (; x < end; x += 4) {
    const unit = shiftRight(<i64>(load<i32>(x) >> down) * <i64>inverse, shift);
    store<i64>(out, shiftRight(unit * <i64>load<i32>(gain), 12));
    gain += 4;
    out += 8;
  }
}

/** Rotates a position's query and key and stores key and value in the cache, where the rows behind it find them. */
function turn(pass: Pass, index: u32): void {
  const model = pass.model, position = pass.position + index;
  const k = row(pass.key, model.kvDim, index);
  rotate(model, row(pass.query, model.queryDim, index), model.heads, position);
  rotate(model, k, model.kvHeads, position);
  remember(model, pass.cache, pass.layer, position, k, row(pass.value, model.kvDim, index));
}

/** Attention of one position over those up to it, to `activation`. */
function lookBack(pass: Pass, index: u32): void {
  const model = pass.model;
  const q = row(pass.query, model.queryDim, index);
  attend(model, pass.cache, pass.layer, pass.position + index, q, wideRow(pass, index));
  quantise(pass, index, model.queryDim);
}

/** SwiGLU: gate · sigmoid(gate) · up, to `activation`; the first product saturates in Q20. */
function activate(pass: Pass, index: u32): void {
  const ffn = pass.model.ffn;
  let gates = row(pass.gate, ffn, index), ups = row(pass.up, ffn, index);
  let out = wideRow(pass, index);
  for (const end = gates + (<usize>ffn << 2); gates < end; gates += 4) {
    const g = load<i32>(gates);
    const silu = <i64>saturate(shiftRight(<i64>g * sigmoid(g), 26));
    store<i64>(out, shiftRight(silu * <i64>load<i32>(ups), 12));
    ups += 4;
    out += 8;
  }
  quantise(pass, index, ffn);
}
