/** Matrix × vector of the engine: i8 weights, i16 activations, i32 within a block of 32, i64 across blocks. */
import { saturate, scale } from "./fixed";
import { Tensor } from "./model";

/**
 * out[rows] (i32 Q16) = t · x, or += with `accumulate`; x is i16[columns] with the given exponent. A block's sum is below
 * 2²⁷ and its product with the mantissa below 2⁴³, so no order of additions can overflow: SIMD and scalar agree exactly.
 */
export function matrixVector(t: Tensor, x: usize, exponent: i32, out: usize, accumulate: bool): void {
  const shift = exponent + t.exponent - 16;
  const columns = <usize>t.columns;
  const blockBytes = columns >> 4;
  let weights = t.weights;
  let mantissas = t.mantissas;
  let row: u32 = 0;
  if (SIMD) {
    for (; row + 2 <= t.rows; row += 2) {
      twoRows(weights, mantissas, x, columns);
      put(out, rowA, shift, accumulate);
      put(out + 4, rowB, shift, accumulate);
      weights += columns << 1;
      mantissas += blockBytes << 1;
      out += 8;
    }
  }
  for (; row < t.rows; row++) {
    put(out, oneRow(weights, mantissas, x, columns), shift, accumulate);
    weights += columns;
    mantissas += blockBytes;
    out += 4;
  }
}

// @ts-ignore: decorator
@inline
function put(out: usize, sum: i64, shift: i32, accumulate: bool): void {
  let y = scale(sum, shift);
  if (accumulate) y += load<i32>(out);
  store<i32>(out, saturate(y));
}

function oneRow(weights: usize, mantissas: usize, x: usize, columns: usize): i64 {
  let sum: i64 = 0;
  const end = weights + columns;
  while (weights < end) {
    let block: i32 = 0;
    for (let i: usize = 0; i < 32; i += 4) {
      block += <i32>load<i8>(weights + i) * <i32>load<i16>(x + (i << 1));
      block += <i32>load<i8>(weights + i, 1) * <i32>load<i16>(x + (i << 1), 2);
      block += <i32>load<i8>(weights + i, 2) * <i32>load<i16>(x + (i << 1), 4);
      block += <i32>load<i8>(weights + i, 3) * <i32>load<i16>(x + (i << 1), 6);
    }
    sum += <i64>block * <i64>load<u16>(mantissas);
    weights += 32;
    x += 64;
    mantissas += 2;
  }
  return sum;
}

let rowA: i64 = 0;
let rowB: i64 = 0;

/** Two rows at once share the loads of x; their block sums fold into one vector [a, a, b, b] before the mantissas. */
function twoRows(weights: usize, mantissas: usize, x: usize, columns: usize): void {
  if (!SIMD) return;
  let sumA = i64x2.splat(0);
  let sumB = sumA;
  const end = weights + columns;
  const blockBytes = columns >> 4;
  while (weights < end) {
    const x0 = v128.load(x), x1 = v128.load(x, 16), x2 = v128.load(x, 32), x3 = v128.load(x, 48);
    const a = block(weights, x0, x1, x2, x3);
    const b = block(weights + columns, x0, x1, x2, x3);
    const folded = i32x4.add(v128.shuffle<i32>(a, b, 0, 1, 4, 5), v128.shuffle<i32>(a, b, 2, 3, 6, 7));
    const mantissaA = i32x4.splat(<i32>load<u16>(mantissas));
    const mantissaB = i32x4.splat(<i32>load<u16>(mantissas + blockBytes));
    sumA = i64x2.add(sumA, i64x2.extmul_low_i32x4_s(folded, mantissaA));
    sumB = i64x2.add(sumB, i64x2.extmul_high_i32x4_s(folded, mantissaB));
    weights += 32;
    x += 64;
    mantissas += 2;
  }
  rowA = i64x2.extract_lane(sumA, 0) + i64x2.extract_lane(sumA, 1);
  rowB = i64x2.extract_lane(sumB, 0) + i64x2.extract_lane(sumB, 1);
}

// @ts-ignore: decorator
@inline
function block(weights: usize, x0: v128, x1: v128, x2: v128, x3: v128): v128 {
  return i32x4.add(
    i32x4.add(
      i32x4.dot_i16x8_s(v128.load_ext<i8>(weights), x0),
      i32x4.dot_i16x8_s(v128.load_ext<i8>(weights, 8), x1),
    ),
    i32x4.add(
      i32x4.dot_i16x8_s(v128.load_ext<i8>(weights, 16), x2),
      i32x4.dot_i16x8_s(v128.load_ext<i8>(weights, 24), x3),
    ),
  );
}
