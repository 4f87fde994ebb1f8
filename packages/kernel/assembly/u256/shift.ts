/** Shifts, bytes and bit counts of words. `amount` is a word; amounts of 256 and more shift everything out. */
import { fits64, set64, zero32 } from "./word";

// @ts-ignore: decorator
@inline
function isWholeWidth(amount: usize): bool {
  return !fits64(amount) || load<u64>(amount) > 255;
}

/** value = value << amount, in place. */
// @ts-ignore: decorator
@inline
export function shiftLeft(value: usize, amount: usize): void {
  if (isWholeWidth(amount)) zero32(value);
  else shiftLeftBy(value, load<u64>(amount));
}

/** value = value << bits for bits < 256, in place. */
export function shiftLeftBy(value: usize, bits: u64): void {
  let x0 = load<u64>(value);
  let x1 = load<u64>(value, 8);
  let x2 = load<u64>(value, 16);
  let x3 = load<u64>(value, 24);
  if (bits & 128) {
    x3 = x1;
    x2 = x0;
    x1 = 0;
    x0 = 0;
  }
  if (bits & 64) {
    x3 = x2;
    x2 = x1;
    x1 = x0;
    x0 = 0;
  }
  const within = bits & 63;
  if (within != 0) {
    const rest = 64 - within;
    x3 = (x3 << within) | (x2 >> rest);
    x2 = (x2 << within) | (x1 >> rest);
    x1 = (x1 << within) | (x0 >> rest);
    x0 <<= within;
  }
  store<u64>(value, x0);
  store<u64>(value, x1, 8);
  store<u64>(value, x2, 16);
  store<u64>(value, x3, 24);
}

/** value = value >> amount, in place; the vacated bits are `fill` (0 or all ones). */
// @ts-ignore: decorator
@inline
export function shiftRight(value: usize, amount: usize, fill: u64): void {
  if (isWholeWidth(amount)) {
    store<u64>(value, fill);
    store<u64>(value, fill, 8);
    store<u64>(value, fill, 16);
    store<u64>(value, fill, 24);
  } else {
    shiftRightBy(value, load<u64>(amount), fill);
  }
}

/** value = value >> bits for bits < 256, in place; `fill` is shifted in. */
export function shiftRightBy(value: usize, bits: u64, fill: u64): void {
  let x0 = load<u64>(value);
  let x1 = load<u64>(value, 8);
  let x2 = load<u64>(value, 16);
  let x3 = load<u64>(value, 24);
  if (bits & 128) {
    x0 = x2;
    x1 = x3;
    x2 = fill;
    x3 = fill;
  }
  if (bits & 64) {
    x0 = x1;
    x1 = x2;
    x2 = x3;
    x3 = fill;
  }
  const within = bits & 63;
  if (within != 0) {
    const rest = 64 - within;
    x0 = (x0 >> within) | (x1 << rest);
    x1 = (x1 >> within) | (x2 << rest);
    x2 = (x2 >> within) | (x3 << rest);
    x3 = (x3 >> within) | (fill << rest);
  }
  store<u64>(value, x0);
  store<u64>(value, x1, 8);
  store<u64>(value, x2, 16);
  store<u64>(value, x3, 24);
}

/** Extends the sign of the number in bytes 0 … index of `value` (0 = least significant) to the whole word, in place. */
export function signExtend(value: usize, index: usize): void {
  if (!fits64(index) || load<u64>(index) >= 31) return;
  const from = <usize>load<u64>(index);
  const sign = <u8>(<i8>load<u8>(value + from) >> 7);
  memory.fill(value + from + 1, sign, 31 - from);
}

/** Byte `index` of `value` counted from the most significant one; 0 beyond the 32nd. */
// @ts-ignore: decorator
@inline
export function byteAt(value: usize, index: usize): u64 {
  if (!fits64(index)) return 0;
  const position = load<u64>(index);
  return position < 32 ? <u64>load<u8>(value + 31 - <usize>position) : 0;
}

/** Number of significant bits, 0 for 0. */
export function bitLength(word: usize): u32 {
  for (let i: i32 = 3; i >= 0; i--) {
    const limb = load<u64>(word + (<usize>i << 3));
    if (limb != 0) return (<u32>i << 6) + 64 - <u32>clz<u64>(limb);
  }
  return 0;
}

/** 2^bits for bits < 256. */
export function setPowerOfTwo(word: usize, bits: u32): void {
  set64(word, 0);
  store<u64>(word + ((<usize>bits >> 6) << 3), <u64>1 << (bits & 63));
}
