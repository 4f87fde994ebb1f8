/** Attention over the cache, with keys of 13 and values of 15 magnitude bits and one exponent per head and position. */
import { reserve } from "../memory/heap";
import { bitLength, saturate, shiftRight, toShort } from "./fixed";
import { MAX_CONTEXT, MAX_HEAD_DIM, Model } from "./model";
import { exp2Negative } from "./tables";

const KEY_BITS: i32 = 13;
const VALUE_BITS: i32 = 15;

/** Key/value cache: i16 [layer][position][kvDim] and i8 exponents [layer][position][kvHead]. */
@unmanaged
export class Cache {
  keys: usize;
  values: usize;
  keyExponents: usize;
  valueExponents: usize;
}

// Of this instance, for one head: i16 query [headDim], i64 scores [context], and as many bytes for weights, see `weigh`.
let queryHead: usize = 0;
let scores: usize = 0;
let shares: usize = 0;

function reserveScratch(): void {
  queryHead = reserve(MAX_HEAD_DIM << 1);
  scores = reserve(MAX_CONTEXT << 3);
  shares = reserve((MAX_CONTEXT + 1) << 3);
}

/** Rotates the pairs of i32 Q16 vector [heads][headDim] by the table row of `position`. */
export function rotate(model: Model, vector: usize, heads: u32, position: u32): void {
  const bytes = (<usize>model.headDim) << 2;
  const row = model.rope + <usize>position * bytes;
  for (let h: u32 = 0; h < heads; h++) {
    for (let i: usize = 0; i < bytes; i += 8) {
      const a = <i64>load<i32>(vector + i),
        b = <i64>load<i32>(vector + i, 4);
      const cosine = <i64>load<i32>(row + i),
        sine = <i64>load<i32>(row + i, 4);
      store<i32>(vector + i, saturate(shiftRight(a * cosine - b * sine, 30)));
      store<i32>(vector + i, saturate(shiftRight(a * sine + b * cosine, 30)), 4);
    }
    vector += bytes;
  }
}

/** Stores key and value (i32 Q16 [kvDim]) of `position` in the cache of `layer`. */
export function remember(model: Model, cache: Cache, layer: u32, position: u32, key: usize, value: usize): void {
  const headDim = <usize>model.headDim;
  for (let h: usize = 0; h < <usize>model.kvHeads; h++) {
    const index = <usize>(layer * model.context + position) * model.kvHeads + h;
    const source = (h * headDim) << 2;
    const target = (index * headDim) << 1;
    store<i8>(cache.keyExponents + index, <i8>toShort(key + source, cache.keys + target, model.headDim, KEY_BITS));
    store<i8>(
      cache.valueExponents + index,
      <i8>toShort(value + source, cache.values + target, model.headDim, VALUE_BITS),
    );
  }
}

/** Attention of every query head (i32 Q16 [queryDim]) over positions 0…position; `out` is i64 Q24 [queryDim]. */
export function attend(model: Model, cache: Cache, layer: u32, position: u32, query: usize, out: usize): void {
  if (scores == 0) reserveScratch();
  const group = model.heads / model.kvHeads;
  for (let h: u32 = 0; h < model.heads; h++) {
    const head = (<usize>h * model.headDim) << 2;
    const first = <usize>(layer * model.context) * model.kvHeads + h / group;
    const best = score(model, cache, first, position, query + head);
    mix(model, cache, first, position, best, out + (head << 1));
  }
}

let smallestExponent: i32 = 0;

/**
 * Scores in log2 units, Q16, of one head; `first` is the cache index of position 0. Returns the best score and leaves
 * the smallest value exponent in `smallestExponent`.
 */
function score(model: Model, cache: Cache, first: usize, position: u32, query: usize): i64 {
  const queryExponent = toShort(query, queryHead, model.headDim, KEY_BITS);
  const bytes = (<usize>model.headDim) << 1;
  const count = position + 1;
  products(cache.keys + first * bytes, (<usize>model.kvDim) << 1, bytes, count);
  const scoreScale = <i64>model.scoreScale;
  const kvHeads = <usize>model.kvHeads;
  let keyExponents = cache.keyExponents + first, valueExponents = cache.valueExponents + first;
  let best = i64.MIN_VALUE;
  let smallest: i32 = 127;
  const end = scores + (<usize>count << 3);
  for (let at = scores; at < end; at += 8) {
    const z = shiftRight(load<i64>(at) * scoreScale, queryExponent + <i32>load<i8>(keyExponents) + 14);
    store<i64>(at, z);
    best = max(best, z);
    smallest = min(smallest, <i32>load<i8>(valueExponents));
    keyExponents += kvHeads;
    valueExponents += kvHeads;
  }
  smallestExponent = smallest;
  return best;
}

/** The query's dot products with `count` keys of `bytes` bytes, `stride` apart, to the scores. */
function products(keys: usize, stride: usize, bytes: usize, count: u32): void {
  const query = queryHead;
  const end = scores + (<usize>count << 3);
  let out = scores;
  if (SIMD) {
    for (; out + 24 < end; out += 32) {
      dotFour(out, query, keys, stride, bytes);
      keys += 4 * stride;
    }
  }
  for (; out < end; out += 8) {
    store<i64>(out, dot(query, keys, bytes));
    keys += stride;
  }
}

/** i64 out[4]: dot products of a query with four keys; the lanes of each are added up as i64. */
function dotFour(out: usize, query: usize, keys: usize, stride: usize, bytes: usize): void {
  if (!SIMD) return;
  let a = i32x4.splat(0), b = a, c = a, d = a;
  for (const end = query + bytes; query < end; query += 16) {
    const q = v128.load(query);
    a = i32x4.add(a, i32x4.dot_i16x8_s(q, v128.load(keys)));
    b = i32x4.add(b, i32x4.dot_i16x8_s(q, v128.load(keys + stride)));
    c = i32x4.add(c, i32x4.dot_i16x8_s(q, v128.load(keys + 2 * stride)));
    d = i32x4.add(d, i32x4.dot_i16x8_s(q, v128.load(keys + 3 * stride)));
    keys += 16;
  }
  v128.store(out, addPairs(a, b));
  v128.store(out, addPairs(c, d), 16);
}

/** Sums of the lanes of a and of b. */
// @ts-ignore: decorator
@inline
function addPairs(a: v128, b: v128): v128 {
  const low = v128.shuffle<i32>(a, b, 0, 4, 1, 5), high = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  return i64x2.add(
    i64x2.add(i64x2.extend_low_i32x4_s(low), i64x2.extend_high_i32x4_s(low)),
    i64x2.add(i64x2.extend_low_i32x4_s(high), i64x2.extend_high_i32x4_s(high)),
  );
}

/** Weighted mean of the values with weights 2^(score − best), to i64 Q24 [headDim]. */
function mix(model: Model, cache: Cache, first: usize, position: u32, best: i64, out: usize): void {
  const bytes = (<usize>model.headDim) << 1;
  const count = position + 1;
  const total = weigh(cache.valueExponents + first, model.kvHeads, best, count);
  const stride = (<usize>model.kvDim) << 1;
  const values = cache.values + first * bytes;
  for (let i: usize = 0; i < bytes; i += 16) sumWeighted(out + (i << 2), values + i, stride, shares, count);
  const excess = max(0, bitLength(<u64>total) - 31);
  const divisor = total >> excess;
  const shift = smallestExponent - 8;
  for (let at: usize = out; at < out + (bytes << 2); at += 8) {
    const mean = ((load<i64>(at) >> excess) << 16) / divisor;
    store<i64>(at, shift >= 0 ? shiftRight(mean, shift) : mean << -shift);
  }
}

/** i16 dot product of `bytes` bytes; 13-bit magnitudes over 128 elements keep every SIMD lane within i32. */
function dot(a: usize, b: usize, bytes: usize): i64 {
  if (SIMD) {
    let sum = i32x4.splat(0);
    for (let i: usize = 0; i < bytes; i += 16) {
      sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(a + i), v128.load(b + i)));
    }
    return (
      <i64>i32x4.extract_lane(sum, 0) +
      <i64>i32x4.extract_lane(sum, 1) +
      <i64>i32x4.extract_lane(sum, 2) +
      <i64>i32x4.extract_lane(sum, 3)
    );
  }
  let sum: i64 = 0;
  for (let i: usize = 0; i < bytes; i += 2) sum += <i64>(<i32>load<i16>(a + i) * <i32>load<i16>(b + i));
  return sum;
}

/** Bits of a weight's lower two parts; the third has 8. */
const PART: i32 = 11;
const PART_MASK: i32 = (1 << PART) - 1;
/** Pairs of positions whose products with parts of weights add up within i32: 16 · 2 · 2¹¹ · 2¹⁵ = 2³¹, not reached. */
const RUN: u32 = 16;

/**
 * Weights of `count` positions from their scores, each reduced to the smallest exponent: i64, or with SIMD in three parts,
 * for a pair of positions i16 [3 parts][2] in the first 12 of 16 bytes. Returns their sum before they are reduced.
 */
function weigh(exponents: usize, stride: u32, best: i64, count: u32): i64 {
  const smallest = smallestExponent;
  const end = scores + (<usize>count << 3);
  let out = shares;
  let total: i64 = 0;
  for (let at = scores; at < end; at += 8) {
    const weight = exp2Negative(best - load<i64>(at));
    total += weight;
    const reduced = shiftRight(weight, <i32>load<i8>(exponents) - smallest);
    exponents += stride;
    if (!SIMD) {
      store<i64>(out, reduced);
      out += 8;
      continue;
    }
    let other: i32 = 0;
    at += 8;
    if (at < end) {
      const next = exp2Negative(best - load<i64>(at));
      total += next;
      other = <i32>shiftRight(next, <i32>load<i8>(exponents) - smallest);
      exponents += stride;
    }
    const one = <i32>reduced;
    store<i32>(out, (one & PART_MASK) | ((other & PART_MASK) << 16));
    store<i32>(out, ((one >> PART) & PART_MASK) | (((other >> PART) & PART_MASK) << 16), 4);
    store<i32>(out, (one >> (2 * PART)) | ((other >> (2 * PART)) << 16), 8);
    out += 16;
  }
  return total;
}

/** out[8] (i64) = Σ weights[t] · values[t] (i16[8], `stride` bytes apart), t < `count`. */
function sumWeighted(out: usize, values: usize, stride: usize, weights: usize, count: u32): void {
  if (SIMD) {
    sumPairs(out, values, stride, weights, count);
    return;
  }
  const end = weights + ((<usize>count) << 3);
  memory.fill(out, 0, 64);
  for (; weights < end; weights += 8) {
    const weight = load<i64>(weights);
    for (let i: usize = 0; i < 16; i += 2) {
      const at = out + (i << 2);
      store<i64>(at, load<i64>(at) + weight * <i64>load<i16>(values + i));
    }
    values += stride;
  }
}

function sumPairs(out: usize, values: usize, stride: usize, weights: usize, count: u32): void {
  if (!SIMD) return;
  let a = i64x2.splat(0), b = a, c = a, d = a;
  for (let left: u32 = (count + 1) >> 1; left > 0; ) {
    const run = min(left, RUN);
    left -= run;
    let low0 = i32x4.splat(0), low1 = low0, low2 = low0, high0 = low0, high1 = low0, high2 = low0;
    for (const end = weights + (<usize>run << 4); weights < end; weights += 16) {
      // Beyond an odd last position there is anything, times 0.
      const one = v128.load(values), other = v128.load(values + stride);
      const first = v128.load32_splat(weights), second = v128.load32_splat(weights, 4);
      const third = v128.load32_splat(weights, 8);
      const low = v128.shuffle<i16>(one, other, 0, 8, 1, 9, 2, 10, 3, 11);
      const high = v128.shuffle<i16>(one, other, 4, 12, 5, 13, 6, 14, 7, 15);
      low0 = i32x4.add(low0, i32x4.dot_i16x8_s(low, first));
      low1 = i32x4.add(low1, i32x4.dot_i16x8_s(low, second));
      low2 = i32x4.add(low2, i32x4.dot_i16x8_s(low, third));
      high0 = i32x4.add(high0, i32x4.dot_i16x8_s(high, first));
      high1 = i32x4.add(high1, i32x4.dot_i16x8_s(high, second));
      high2 = i32x4.add(high2, i32x4.dot_i16x8_s(high, third));
      values += 2 * stride;
    }
    a = i64x2.add(a, joinLow(low0, low1, low2));
    b = i64x2.add(b, joinHigh(low0, low1, low2));
    c = i64x2.add(c, joinLow(high0, high1, high2));
    d = i64x2.add(d, joinHigh(high0, high1, high2));
  }
  v128.store(out, a);
  v128.store(out, b, 16);
  v128.store(out, c, 32);
  v128.store(out, d, 48);
}

/** The sum of three parts, each weighing 2^PART of the one before. */
// @ts-ignore: decorator
@inline
function joinLow(a: v128, b: v128, c: v128): v128 {
  const upper = i64x2.add(i64x2.extend_low_i32x4_s(b), i64x2.shl(i64x2.extend_low_i32x4_s(c), PART));
  return i64x2.add(i64x2.extend_low_i32x4_s(a), i64x2.shl(upper, PART));
}
// @ts-ignore: decorator
@inline
function joinHigh(a: v128, b: v128, c: v128): v128 {
  const upper = i64x2.add(i64x2.extend_high_i32x4_s(b), i64x2.shl(i64x2.extend_high_i32x4_s(c), PART));
  return i64x2.add(i64x2.extend_high_i32x4_s(a), i64x2.shl(upper, PART));
}
