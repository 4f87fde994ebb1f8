/**
 * Matrices × vectors: i8 or u4 weights, i16 activations, i32 within a block of 32 columns, i64 across blocks. A block's sum
 * is below 2²⁷ and its product with a mantissa below 2⁴³, so no order of additions can overflow: SIMD and scalar, one vector
 * at a time or many, one thread or several agree exactly.
 */
import { reserve } from "../memory/heap";
import { narrow, saturate, scale, shiftLanes } from "./fixed";
import { Tensor } from "./model";
import { TILE_ROWS, mantissaAt, plainNibble, tileMantissaBytes, tileWeights } from "./tiles";

/** The vectors that matrices are multiplied with. */
@unmanaged
export class Vectors {
  /** i16 block floating point [count][width], and i32 exponents [count]. */
  data: usize;
  exponents: usize;
  /** The same by fours, see `pack`. */
  packed: usize;
  /** i32 [count][width / 32]: sums of blocks, when the model has 4-bit weights. */
  sums: usize;
  count: u32;
  /** Bytes from one vector to the next. */
  stride: usize;
  sumStride: usize;
}

/** Rows are handed out in units: a tile, and all rows behind the last whole tile together. */
export function unitsOf(t: Tensor): u32 {
  return (t.rows + TILE_ROWS - 1) / TILE_ROWS;
}

/** out[vector][row] (i32 Q16) = t · x for the rows of `unit`, or += with `accumulate`; `outStride` bytes between vectors. */
export function multiplyUnit(t: Tensor, x: Vectors, out: usize, outStride: usize, accumulate: bool, unit: u32): void {
  const first = unit * TILE_ROWS;
  const last = min(first + TILE_ROWS, t.rows);
  const target = out + (<usize>first << 2);
  if (SIMD && last - first == TILE_ROWS) {
    if (t.bits == 8) tile8(t, x, first, target, outStride, accumulate);
    else tile4(t, x, first, target, outStride, accumulate);
    return;
  }
  for (let v: u32 = 0; v < x.count; v++) {
    const shift = shiftOf(t, x, v);
    const data = x.data + <usize>v * x.stride;
    for (let row = first; row < last; row++) {
      const sum = t.bits == 8 ? row8(t, data, row) : row4(t, data, x.sums + <usize>v * x.sumStride, row);
      put(out + <usize>v * outStride + (<usize>row << 2), sum, shift, accumulate);
    }
  }
}

// @ts-ignore: decorator
@inline
function shiftOf(t: Tensor, x: Vectors, vector: u32): i32 {
  return load<i32>(x.exponents + (<usize>vector << 2)) + t.exponent - 16;
}

// @ts-ignore: decorator
@inline
function put(out: usize, sum: i64, shift: i32, accumulate: bool): void {
  let y = scale(sum, shift);
  if (accumulate) y += load<i32>(out);
  store<i32>(out, saturate(y));
}

// @ts-ignore: decorator
@inline
function putPair(out: usize, sums: v128, shift: i32, accumulate: bool): void {
  put(out, i64x2.extract_lane(sums, 0), shift, accumulate);
  put(out + 4, i64x2.extract_lane(sums, 1), shift, accumulate);
}

function row8(t: Tensor, x: usize, row: u32): i64 {
  const columns = <usize>t.columns;
  let weights = t.weights + <usize>row * columns;
  let mantissas = mantissaAt(t, row, 0, 0);
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

function row4(t: Tensor, x: usize, sums: usize, row: u32): i64 {
  const weights = t.weights + ((<usize>row * t.columns) >> 1);
  let mantissas = mantissaAt(t, row, 0, 0);
  let sum: i64 = 0;
  for (let first: u32 = 0; first < t.columns; first += 32) {
    let block: i32 = 0;
    for (let c = first; c < first + 32; c++) block += plainNibble(weights, c) * <i32>load<i16>(x + (<usize>c << 1));
    sum += <i64>block * <i64>load<i16>(mantissas) + <i64>load<i32>(sums) * <i64>load<i16>(mantissas, 2);
    mantissas += 4;
    sums += 4;
  }
  return sum;
}

function tile8(t: Tensor, x: Vectors, first: u32, out: usize, outStride: usize, accumulate: bool): void {
  const weights = tileWeights(t, first);
  const mantissas = t.mantissas + <usize>(first / TILE_ROWS) * tileMantissaBytes(t);
  let v: u32 = 0;
  for (; v + 4 <= x.count; v += 4) {
    eightByFour(t, x, v, weights, mantissas, out + <usize>v * outStride, outStride, accumulate);
  }
  for (; v < x.count; v++) {
    const data = x.data + <usize>v * x.stride;
    eightByOne(weights, mantissas, data, t.columns, out + <usize>v * outStride, shiftOf(t, x, v), accumulate);
  }
}

function tile4(t: Tensor, x: Vectors, first: u32, out: usize, outStride: usize, accumulate: bool): void {
  const weights = tileWeights(t, first);
  const mantissas = t.mantissas + <usize>(first / TILE_ROWS) * tileMantissaBytes(t);
  for (let v: u32 = 0; v < x.count; v++) {
    const data = x.data + <usize>v * x.stride;
    const sums = x.sums + <usize>v * x.sumStride;
    eightNibbles(weights, mantissas, data, sums, t.columns, out + <usize>v * outStride, shiftOf(t, x, v), accumulate);
  }
}

// @ts-ignore: decorator
@inline
function madd(sum: v128, w: v128, x: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(w, x));
}

// @ts-ignore: decorator
@inline
function addLow(sum: v128, block: v128, mantissas: v128): v128 {
  return i64x2.add(sum, i64x2.extmul_low_i32x4_s(block, mantissas));
}
// @ts-ignore: decorator
@inline
function addHigh(sum: v128, block: v128, mantissas: v128): v128 {
  return i64x2.add(sum, i64x2.extmul_high_i32x4_s(block, mantissas));
}

/** A tile of 8-bit weights × one vector. Lanes are rows, so that nothing is added across lanes. */
function eightByOne(w: usize, m: usize, x: usize, columns: u32, out: usize, shift: i32, accumulate: bool): void {
  if (!SIMD) return;
  let sum01 = i64x2.splat(0), sum23 = sum01, sum45 = sum01, sum67 = sum01;
  const end = x + (<usize>columns << 1);
  while (x < end) {
    let a = i32x4.splat(0), b = a;
    const block = x + 64;
    while (x < block) {
      let pair = v128.load32_splat(x);
      a = madd(a, v128.load_ext<i8>(w), pair);
      b = madd(b, v128.load_ext<i8>(w, 8), pair);
      pair = v128.load32_splat(x, 4);
      a = madd(a, v128.load_ext<i8>(w, 16), pair);
      b = madd(b, v128.load_ext<i8>(w, 24), pair);
      pair = v128.load32_splat(x, 8);
      a = madd(a, v128.load_ext<i8>(w, 32), pair);
      b = madd(b, v128.load_ext<i8>(w, 40), pair);
      pair = v128.load32_splat(x, 12);
      a = madd(a, v128.load_ext<i8>(w, 48), pair);
      b = madd(b, v128.load_ext<i8>(w, 56), pair);
      x += 16;
      w += 64;
    }
    const low = v128.load_ext<u16>(m), high = v128.load_ext<u16>(m, 8);
    sum01 = addLow(sum01, a, low);
    sum23 = addHigh(sum23, a, low);
    sum45 = addLow(sum45, b, high);
    sum67 = addHigh(sum67, b, high);
    m += 16;
  }
  putEight(out, sum01, sum23, sum45, sum67, shift, accumulate);
}

/** i64 [4 vectors][8 rows] of `eightByFour`: in memory, so that the inner loop has the registers. */
let sums: usize = 0;
const SUMS: usize = 4 * 8 * 8;

/** A tile of 8-bit weights × four vectors: each weight is widened once for four products. */
function eightByFour(
  t: Tensor,
  vectors: Vectors,
  first: u32,
  w: usize,
  m: usize,
  out: usize,
  outStride: usize,
  accumulate: bool,
): void {
  if (!SIMD) return;
  if (sums == 0) sums = reserve(SUMS);
  const total = sums;
  const zero = i64x2.splat(0);
  for (let at = total; at < total + SUMS; at += 64) {
    v128.store(at, zero);
    v128.store(at, zero, 16);
    v128.store(at, zero, 32);
    v128.store(at, zero, 48);
  }
  let x = vectors.packed + <usize>first * vectors.stride;
  const end = x + (<usize>t.columns << 3);
  while (x < end) {
    let pa = i32x4.splat(0), pb = pa, qa = pa, qb = pa, ra = pa, rb = pa, sa = pa, sb = pa;
    const block = x + 256;
    while (x < block) {
      const wa = v128.load_ext<i8>(w), wb = v128.load_ext<i8>(w, 8);
      const p = v128.load32_splat(x), q = v128.load32_splat(x, 4);
      const r = v128.load32_splat(x, 8), s = v128.load32_splat(x, 12);
      pa = madd(pa, wa, p);
      pb = madd(pb, wb, p);
      qa = madd(qa, wa, q);
      qb = madd(qb, wb, q);
      ra = madd(ra, wa, r);
      rb = madd(rb, wb, r);
      sa = madd(sa, wa, s);
      sb = madd(sb, wb, s);
      x += 16;
      w += 16;
    }
    const low = v128.load_ext<u16>(m), high = v128.load_ext<u16>(m, 8);
    addBlock(total, pa, pb, low, high);
    addBlock(total + 64, qa, qb, low, high);
    addBlock(total + 128, ra, rb, low, high);
    addBlock(total + 192, sa, sb, low, high);
    m += 16;
  }
  for (let v: u32 = 0; v < 4; v++) {
    const from = total + (<usize>v << 6);
    const shift = shiftOf(t, vectors, first + v);
    putEight(out, v128.load(from), v128.load(from, 16), v128.load(from, 32), v128.load(from, 48), shift, accumulate);
    out += outStride;
  }
}

/** Interleaves the vectors by fours for `eightByFour`: i16 [4][columns] becomes [columns / 2][4][2]. */
export function pack(x: Vectors, columns: u32): void {
  if (!SIMD) return;
  const stride = x.stride;
  for (let v: u32 = 0; v + 4 <= x.count; v += 4) {
    let from = x.data + <usize>v * stride;
    let to = x.packed + <usize>v * stride;
    for (const end = from + (<usize>columns << 1); from < end; from += 16) {
      const a = v128.load(from), b = v128.load(from + stride);
      const c = v128.load(from + 2 * stride), d = v128.load(from + 3 * stride);
      const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
      const AB = v128.shuffle<i32>(a, b, 2, 6, 3, 7), CD = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
      v128.store(to, v128.shuffle<i64>(ab, cd, 1, 3), 16);
      v128.store(to, v128.shuffle<i64>(AB, CD, 0, 2), 32);
      v128.store(to, v128.shuffle<i64>(AB, CD, 1, 3), 48);
      to += 64;
    }
  }
}

/** Adds the block sums of eight rows times their mantissas to i64 [8]. */
// @ts-ignore: decorator
@inline
function addBlock(total: usize, a: v128, b: v128, low: v128, high: v128): void {
  v128.store(total, addLow(v128.load(total), a, low));
  v128.store(total, addHigh(v128.load(total, 16), a, low), 16);
  v128.store(total, addLow(v128.load(total, 32), b, high), 32);
  v128.store(total, addHigh(v128.load(total, 48), b, high), 48);
}

/** Stores eight sums as `put` does. Where no result is near the limits, lanes take the place of branches. */
function putEight(out: usize, a: v128, b: v128, c: v128, d: v128, shift: i32, accumulate: bool): void {
  if (!SIMD) return;
  if (<u32>shift <= 62) {
    const near = i64x2.splat(NEAR);
    let p = i64x2.add(shiftLanes(a, shift), near), q = i64x2.add(shiftLanes(b, shift), near);
    let r = i64x2.add(shiftLanes(c, shift), near), s = i64x2.add(shiftLanes(d, shift), near);
    if (accumulate) {
      const low = v128.load(out), high = v128.load(out, 16);
      p = i64x2.add(p, i64x2.extend_low_i32x4_s(low));
      q = i64x2.add(q, i64x2.extend_high_i32x4_s(low));
      r = i64x2.add(r, i64x2.extend_low_i32x4_s(high));
      s = i64x2.add(s, i64x2.extend_high_i32x4_s(high));
    }
    const far = v128.and(v128.or(v128.or(p, q), v128.or(r, s)), i64x2.splat(-2 * NEAR));
    if (!v128.any_true(far)) {
      v128.store(out, i32x4.sub(narrow(p, q), i32x4.splat(<i32>NEAR)));
      v128.store(out, i32x4.sub(narrow(r, s), i32x4.splat(<i32>NEAR)), 16);
      return;
    }
  }
  putPair(out, a, shift, accumulate);
  putPair(out + 8, b, shift, accumulate);
  putPair(out + 16, c, shift, accumulate);
  putPair(out + 24, d, shift, accumulate);
}
/** Magnitudes that need no saturation, with room for one addition. */
const NEAR: i64 = 1 << 30;

/** A tile of 4-bit weights × one vector: slope · (weights · x) + offset · (sum of x), block by block. */
function eightNibbles(
  w: usize,
  m: usize,
  x: usize,
  sums: usize,
  columns: u32,
  out: usize,
  shift: i32,
  accumulate: bool,
): void {
  if (!SIMD) return;
  let sum01 = i64x2.splat(0), sum23 = sum01, sum45 = sum01, sum67 = sum01;
  const mask = i16x8.splat(15);
  const end = x + (<usize>columns << 1);
  while (x < end) {
    let a = i32x4.splat(0), b = a;
    const block = x + 64;
    while (x < block) {
      let packed = v128.load(w);
      let pair = v128.load32_splat(x);
      a = madd(a, v128.and(packed, mask), pair);
      b = madd(b, v128.and(i16x8.shr_u(packed, 4), mask), pair);
      pair = v128.load32_splat(x, 4);
      a = madd(a, v128.and(i16x8.shr_u(packed, 8), mask), pair);
      b = madd(b, i16x8.shr_u(packed, 12), pair);
      packed = v128.load(w, 16);
      pair = v128.load32_splat(x, 8);
      a = madd(a, v128.and(packed, mask), pair);
      b = madd(b, v128.and(i16x8.shr_u(packed, 4), mask), pair);
      pair = v128.load32_splat(x, 12);
      a = madd(a, v128.and(i16x8.shr_u(packed, 8), mask), pair);
      b = madd(b, i16x8.shr_u(packed, 12), pair);
      x += 16;
      w += 32;
    }
    const total = v128.load32_splat(sums);
    let low = v128.load_ext<i16>(m), high = v128.load_ext<i16>(m, 8);
    sum01 = addLow(sum01, a, low);
    sum23 = addHigh(sum23, a, low);
    sum45 = addLow(sum45, b, high);
    sum67 = addHigh(sum67, b, high);
    low = v128.load_ext<i16>(m, 16);
    high = v128.load_ext<i16>(m, 24);
    sum01 = addLow(sum01, total, low);
    sum23 = addHigh(sum23, total, low);
    sum45 = addLow(sum45, total, high);
    sum67 = addHigh(sum67, total, high);
    m += 32;
    sums += 4;
  }
  putEight(out, sum01, sum23, sum45, sum67, shift, accumulate);
}
