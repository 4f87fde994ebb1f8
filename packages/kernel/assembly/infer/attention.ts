/** Attention over the cache, with keys of 13 and values of 15 magnitude bits and one exponent per head and position. */
import { bitLength, saturate, shiftRight, toShort } from "./fixed";
import { Model } from "./model";
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
  /** One query head as i16[headDim], and i64 scores [context]. */
  query: usize;
  scores: usize;
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
  const queryExponent = toShort(query, cache.query, model.headDim, KEY_BITS);
  const bytes = (<usize>model.headDim) << 1;
  let best = i64.MIN_VALUE;
  smallestExponent = 127;
  let index = first;
  for (let t: usize = 0; t <= <usize>position; t++) {
    const product = dot(cache.query, cache.keys + index * bytes, bytes) * <i64>model.scoreScale;
    const z = shiftRight(product, queryExponent + <i32>load<i8>(cache.keyExponents + index) + 14);
    store<i64>(cache.scores + (t << 3), z);
    best = max(best, z);
    smallestExponent = min(smallestExponent, <i32>load<i8>(cache.valueExponents + index));
    index += model.kvHeads;
  }
  return best;
}

/** Weighted mean of the values with weights 2^(score − best), to i64 Q24 [headDim]. */
function mix(model: Model, cache: Cache, first: usize, position: u32, best: i64, out: usize): void {
  const bytes = (<usize>model.headDim) << 1;
  let total: i64 = 0;
  let index = first;
  // The scores' places take the weights, each reduced to the smallest exponent.
  for (let t: usize = 0; t <= <usize>position; t++) {
    const weight = exp2Negative(best - load<i64>(cache.scores + (t << 3)));
    total += weight;
    const shift = <i32>load<i8>(cache.valueExponents + index) - smallestExponent;
    store<i64>(cache.scores + (t << 3), shiftRight(weight, shift));
    index += model.kvHeads;
  }
  const stride = (<usize>model.kvDim) << 1;
  const values = cache.values + first * bytes;
  for (let i: usize = 0; i < bytes; i += 16) {
    sumWeighted(out + (i << 2), values + i, stride, cache.scores, position + 1);
  }
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

/** out[8] (i64) = Σ weights[t] (i64 below 2³¹) · values[t] (i16[8], `stride` bytes apart), t < `count`. */
function sumWeighted(out: usize, values: usize, stride: usize, weights: usize, count: u32): void {
  const end = weights + ((<usize>count) << 3);
  if (SIMD) {
    let a = i64x2.splat(0), b = a, c = a, d = a;
    for (; weights < end; weights += 8) {
      const w = v128.load32_splat(weights);
      const v = v128.load(values);
      const low = i32x4.extend_low_i16x8_s(v), high = i32x4.extend_high_i16x8_s(v);
      a = i64x2.add(a, i64x2.extmul_low_i32x4_s(low, w));
      b = i64x2.add(b, i64x2.extmul_high_i32x4_s(low, w));
      c = i64x2.add(c, i64x2.extmul_low_i32x4_s(high, w));
      d = i64x2.add(d, i64x2.extmul_high_i32x4_s(high, w));
      values += stride;
    }
    v128.store(out, a);
    v128.store(out, b, 16);
    v128.store(out, c, 32);
    v128.store(out, d, 48);
    return;
  }
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
