/** Multiplication and division of the M extension: a division by zero and an overflow have results, nothing traps. */

/** Upper half of the 128-bit product. */
// @ts-ignore: decorator
@inline
export function highUnsigned(a: u64, b: u64): u64 {
  const a0 = a & 0xffffffff, a1 = a >>> 32, b0 = b & 0xffffffff, b1 = b >>> 32;
  const low = a1 * b0 + (a0 * b0 >>> 32);
  return a1 * b1 + (low >>> 32) + (a0 * b1 + (low & 0xffffffff) >>> 32);
}

export function highSigned(a: u64, b: u64): u64 {
  return highUnsigned(a, b) - (<i64>a < 0 ? b : 0) - (<i64>b < 0 ? a : 0);
}

/** `a` signed, `b` unsigned. */
export function highMixed(a: u64, b: u64): u64 {
  return highUnsigned(a, b) - (<i64>a < 0 ? b : 0);
}

export function divideSigned(a: u64, b: u64): u64 {
  if (b == 0) return -1;
  return <i64>b == -1 ? 0 - a : <u64>(<i64>a / <i64>b);
}

export function divideUnsigned(a: u64, b: u64): u64 {
  return b == 0 ? -1 : a / b;
}

export function remainderSigned(a: u64, b: u64): u64 {
  if (b == 0) return a;
  return <i64>b == -1 ? 0 : <u64>(<i64>a % <i64>b);
}

export function remainderUnsigned(a: u64, b: u64): u64 {
  return b == 0 ? a : a % b;
}

export function divideSignedWord(a: i32, b: i32): i32 {
  if (b == 0) return -1;
  return b == -1 ? 0 - a : a / b;
}

export function divideUnsignedWord(a: u32, b: u32): i32 {
  return b == 0 ? -1 : <i32>(a / b);
}

export function remainderSignedWord(a: i32, b: i32): i32 {
  if (b == 0) return a;
  return b == -1 ? 0 : a % b;
}

export function remainderUnsignedWord(a: u32, b: u32): i32 {
  return <i32>(b == 0 ? a : a % b);
}
