/** Dot products of vectors of int8 and int16 (big-endian); exact. */

/** Bytes of an element. */
export const INT8: u32 = 1;
export const INT16: u32 = 2;

// @ts-ignore: decorator
@inline
export function element(vector: usize, size: u32, index: u32): i32 {
  if (size == INT8) return load<i8>(vector + index);
  return <i16>bswap<u16>(load<u16>(vector + (<usize>index << 1)));
}

/** Σ a(i) · b(i) over `count` elements of `sizeA` and `sizeB` bytes. */
export function dot(a: usize, sizeA: u32, b: usize, sizeB: u32, count: u32): i64 {
  if (sizeA == INT8 && sizeB == INT8) return dotBytes(a, b, count);
  if (SIMD) {
    if (sizeA == INT8) return dotMixed(b, a, count);
    return sizeB == INT8 ? dotMixed(a, b, count) : dotWords(a, b, count);
  }
  let sum: i64 = 0;
  for (let i: u32 = 0; i < count; i++) sum += <i64>element(a, sizeA, i) * <i64>element(b, sizeB, i);
  return sum;
}

function dotBytes(a: usize, b: usize, count: u32): i64 {
  let i: u32 = 0;
  let sum: i32 = 0;
  if (SIMD) {
    let lanes = i32x4.splat(0);
    for (; i + 16 <= count; i += 16) {
      const x = v128.load(a + i), y = v128.load(b + i);
      lanes = i32x4.add(lanes, i32x4.extadd_pairwise_i16x8_s(i16x8.extmul_low_i8x16_s(x, y)));
      lanes = i32x4.add(lanes, i32x4.extadd_pairwise_i16x8_s(i16x8.extmul_high_i8x16_s(x, y)));
    }
    sum = i32x4.extract_lane(lanes, 0) + i32x4.extract_lane(lanes, 1);
    sum += i32x4.extract_lane(lanes, 2) + i32x4.extract_lane(lanes, 3);
  }
  for (; i < count; i++) sum += <i32>load<i8>(a + i) * <i32>load<i8>(b + i);
  return sum;
}

// @ts-ignore: decorator
@inline
function swapped(at: usize): v128 {
  const x = v128.load(at);
  return i8x16.shuffle(x, x, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
}

/** Adds the four i32 of two products of eight i16 to two i64. */
// @ts-ignore: decorator
@inline
function accumulate(lanes: v128, x: v128, y: v128): v128 {
  const low = i32x4.extmul_low_i16x8_s(x, y), high = i32x4.extmul_high_i16x8_s(x, y);
  const first = i64x2.add(i64x2.extend_low_i32x4_s(low), i64x2.extend_high_i32x4_s(low));
  const second = i64x2.add(i64x2.extend_low_i32x4_s(high), i64x2.extend_high_i32x4_s(high));
  return i64x2.add(lanes, i64x2.add(first, second));
}

function dotWords(a: usize, b: usize, count: u32): i64 {
  let lanes = i64x2.splat(0);
  let i: u32 = 0;
  for (; i + 8 <= count; i += 8) {
    lanes = accumulate(lanes, swapped(a + (<usize>i << 1)), swapped(b + (<usize>i << 1)));
  }
  let sum = i64x2.extract_lane(lanes, 0) + i64x2.extract_lane(lanes, 1);
  for (; i < count; i++) sum += <i64>element(a, INT16, i) * <i64>element(b, INT16, i);
  return sum;
}

function dotMixed(words: usize, bytes: usize, count: u32): i64 {
  let lanes = i64x2.splat(0);
  let i: u32 = 0;
  for (; i + 8 <= count; i += 8) {
    const narrow = i16x8.extend_low_i8x16_s(v128.load64_zero(bytes + i));
    lanes = accumulate(lanes, swapped(words + (<usize>i << 1)), narrow);
  }
  let sum = i64x2.extract_lane(lanes, 0) + i64x2.extract_lane(lanes, 1);
  for (; i < count; i++) sum += <i64>element(words, INT16, i) * <i64>element(bytes, INT8, i);
  return sum;
}
