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

/**
 * i64[n] with `fraction` fraction bits → i16[n] block floating point of 15 magnitude bits.
 *
 * @returns the exponent: target · 2^−exponent is the value
 */
export function toBlockFloat(source: usize, target: usize, n: i32, fraction: i32): i32 {
  let all: u64 = 0;
  for (let i: usize = 0; i < <usize>n; i++) all |= magnitude64(load<i64>(source + (i << 3)));
  const shift = max(0, bitLength(all) - 15);
  for (let i: usize = 0; i < <usize>n; i++) {
    const v = shiftRight(load<i64>(source + (i << 3)), shift);
    store<i16>(target + (i << 1), <i16>min<i64>(32767, max<i64>(-32767, v)));
  }
  return fraction - shift;
}

/** i32[n] Q16 → i16[n] of `width` magnitude bits (width ≤ 15); returns the exponent, between −3 and 16. */
export function toShort(source: usize, target: usize, n: i32, width: i32): i32 {
  let all: u32 = 0;
  for (let i: usize = 0; i < <usize>n; i++) all |= magnitude32(load<i32>(source + (i << 2)));
  const shift = max(0, bitLength(all) - width);
  const limit: i64 = (<i64>1 << width) - 1;
  for (let i: usize = 0; i < <usize>n; i++) {
    const v = shiftRight(load<i32>(source + (i << 2)), shift);
    store<i16>(target + (i << 1), <i16>min(limit, max(-limit, v)));
  }
  return 16 - shift;
}
