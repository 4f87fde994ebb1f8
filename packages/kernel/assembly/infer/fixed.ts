/** Fixed-point arithmetic of the inference engine (docs/spec/inference.md, "Numbers"). Everything here is exact and total. */

/** Largest magnitude of a saturated i32; −2³¹ never occurs, so that magnitudes always fit. */
export const MAX32: i64 = 0x7fffffff;

// @ts-ignore: decorator
@inline
export function saturate(x: i64): i32 {
  return x > MAX32 ? 0x7fffffff : x < -MAX32 ? -0x7fffffff : <i32>x;
}

/** x · 2^−shift rounded half up, for 0 ≤ shift; |x| + 2^(shift−1) < 2⁶³. */
// @ts-ignore: decorator
@inline
export function shiftRight(x: i64, shift: i32): i64 {
  if (shift <= 0) return x;
  return shift > 62 ? 0 : (x + (<i64>1 << (shift - 1))) >> shift;
}

/** x · 2^−shift rounded half up, for any sign of `shift`; beyond the range of i32 it saturates. */
// @ts-ignore: decorator
@inline
export function scale(x: i64, shift: i32): i64 {
  if (shift >= 0) return shiftRight(x, shift);
  return <i64>saturate(x) << min(-shift, 31);
}

/** Bits needed for x: 0 for 0, otherwise floor(log2 x) + 1. */
// @ts-ignore: decorator
@inline
export function bitLength(x: u64): i32 {
  return 64 - <i32>clz(x);
}

// @ts-ignore: decorator
@inline
export function magnitude32(x: i32): u32 {
  return <u32>(x < 0 ? -x : x);
}

// @ts-ignore: decorator
@inline
export function magnitude64(x: i64): u64 {
  return <u64>(x < 0 ? -x : x);
}

/** floor(sqrt(x)), bit by bit. */
export function squareRoot(x: u64): u64 {
  let root: u64 = 0;
  let bit: u64 = <u64>1 << 62;
  while (bit > x) bit >>= 2;
  while (bit != 0) {
    if (x >= root + bit) {
      x -= root + bit;
      root = (root >> 1) + bit;
    } else {
      root >>= 1;
    }
    bit >>= 2;
  }
  return root;
}

/** What `shiftLanes` takes: for values below 2⁶¹ it makes a logical shift as good as the arithmetic one. */
const BIAS: i64 = 1 << 62;

/** Lanes i64 · 2^−shift rounded half up, as `shiftRight`, for magnitudes below 2⁶¹ and 0 ≤ shift ≤ 62. */
// @ts-ignore: decorator
@inline
export function shiftLanes(x: v128, shift: i32): v128 {
  const moved = i64x2.shr_u(i64x2.add(x, i64x2.splat(BIAS + (((<i64>1) << shift) >> 1))), shift);
  return i64x2.sub(moved, i64x2.splat(BIAS >> shift));
}

/** The low halves of four i64. */
// @ts-ignore: decorator
@inline
export function narrow(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6);
}

/**
 * i64[n], magnitudes below 2⁶¹, with `fraction` fraction bits → i16[n] block floating point of 15 magnitude bits; n is a
 * multiple of 8.
 *
 * @returns the exponent: target · 2^−exponent is the value
 */
export function toBlockFloat(source: usize, target: usize, n: i32, fraction: i32): i32 {
  const end = source + ((<usize>n) << 3);
  if (SIMD) {
    let all = i64x2.splat(0);
    for (let at = source; at < end; at += 16) all = v128.or(all, i64x2.abs(v128.load(at)));
    const bits = bitLength(<u64>(i64x2.extract_lane(all, 0) | i64x2.extract_lane(all, 1)));
    const shift = max(0, bits - 15);
    const least = i16x8.splat(-32767);
    for (; source < end; source += 64) {
      const a = shiftLanes(v128.load(source), shift), b = shiftLanes(v128.load(source, 16), shift);
      const c = shiftLanes(v128.load(source, 32), shift), d = shiftLanes(v128.load(source, 48), shift);
      v128.store(target, i16x8.max_s(i16x8.narrow_i32x4_s(narrow(a, b), narrow(c, d)), least));
      target += 16;
    }
    return fraction - shift;
  }
  let all: u64 = 0;
  for (let at = source; at < end; at += 8) all |= magnitude64(load<i64>(at));
  const shift = max(0, bitLength(all) - 15);
  for (; source < end; source += 8) {
    const v = shiftRight(load<i64>(source), shift);
    store<i16>(target, <i16>min<i64>(32767, max<i64>(-32767, v)));
    target += 2;
  }
  return fraction - shift;
}

/**
 * i32[n] Q16 → i16[n] of `width` magnitude bits (width ≤ 15); n is a multiple of 8.
 *
 * @returns the exponent, between −3 and 16
 */
export function toShort(source: usize, target: usize, n: i32, width: i32): i32 {
  const end = source + ((<usize>n) << 2);
  const limit: i32 = (1 << width) - 1;
  if (SIMD) {
    const shift = max(0, bitLength(orOfMagnitudes(source, end)) - width);
    const most = i16x8.splat(<i16>limit), least = i16x8.splat(<i16>-limit);
    for (; source < end; source += 32) {
      const short = i16x8.narrow_i32x4_s(
        shiftQuad(v128.load(source), shift),
        shiftQuad(v128.load(source, 16), shift),
      );
      v128.store(target, i16x8.max_s(i16x8.min_s(short, most), least));
      target += 16;
    }
    return 16 - shift;
  }
  const shift = max(0, bitLength(orOfMagnitudes(source, end)) - width);
  for (; source < end; source += 4) {
    const v = <i32>shiftRight(load<i32>(source), shift);
    store<i16>(target, <i16>min(limit, max(-limit, v)));
    target += 2;
  }
  return 16 - shift;
}

/** Bitwise or of the magnitudes of the i32 from `source` to `end`, a multiple of four. */
export function orOfMagnitudes(source: usize, end: usize): u32 {
  if (SIMD) {
    let all = i32x4.splat(0);
    for (; source < end; source += 16) all = v128.or(all, i32x4.abs(v128.load(source)));
    all = v128.or(all, v128.shuffle<i32>(all, all, 2, 3, 0, 1));
    return i32x4.extract_lane(all, 0) | i32x4.extract_lane(all, 1);
  }
  let all: u32 = 0;
  for (; source < end; source += 4) all |= magnitude32(load<i32>(source));
  return all;
}

/** Lanes i32 · 2^−shift rounded half up. */
// @ts-ignore: decorator
@inline
function shiftQuad(x: v128, shift: i32): v128 {
  if (shift == 0) return x;
  const half = v128.and(i32x4.shr_s(x, shift - 1), i32x4.splat(1));
  return i32x4.add(i32x4.shr_s(x, shift), half);
}
