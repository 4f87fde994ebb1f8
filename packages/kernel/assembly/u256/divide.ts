/**
 * Division of multi-limb numbers: schoolbook with 64-bit limbs, where each quotient limb comes from multiplications by
 * a reciprocal (Möller and Granlund, "Improved division by invariant integers", 2011) because wasm divides no 128 bits.
 */
import { reserve } from "../memory/heap";
import { isNegative, less, negate } from "./add";
import { multiplyHigh } from "./multiply";
import { copy32, fits64, isZero32, set64, zero32 } from "./word";

const NUMERATOR: usize = 0; // nine limbs: up to 512 bits and the limb that normalization shifts out
const DIVISOR: usize = 80;
const QUOTIENT: usize = 112; // eight limbs
const REMAINDER: usize = 176;
const LEFT: usize = 208;
const RIGHT: usize = 240;
const SCRATCH_SIZE: usize = 272;

let scratchPointer: usize = 0;

// @ts-ignore: decorator
@inline
function scratch(): usize {
  if (scratchPointer == 0) scratchPointer = reserve(SCRATCH_SIZE);
  return scratchPointer;
}

/** a / b, 0 for b = 0; `result` may be an operand. */
export function divide(result: usize, a: usize, b: usize): void {
  if (fits64(a) && fits64(b)) {
    const divisor = load<u64>(b);
    set64(result, divisor == 0 ? 0 : load<u64>(a) / divisor);
    return;
  }
  if (isZero32(b) || less(a, b)) {
    zero32(result);
    return;
  }
  const space = scratch();
  divideLimbs(a, 4, b, space + REMAINDER);
  copy32(result, space + QUOTIENT);
}

/** a mod b, 0 for b = 0; `result` may be an operand. */
export function modulo(result: usize, a: usize, b: usize): void {
  if (fits64(a) && fits64(b)) {
    const divisor = load<u64>(b);
    set64(result, divisor == 0 ? 0 : load<u64>(a) % divisor);
  } else if (isZero32(b)) {
    zero32(result);
  } else if (less(a, b)) {
    copy32(result, a);
  } else {
    divideLimbs(a, 4, b, result);
  }
}

/** Quotient of two's complement numbers, rounded to zero; -2^255 / -1 wraps to -2^255. */
export function divideSigned(result: usize, a: usize, b: usize): void {
  const negative = isNegative(a) != isNegative(b);
  const space = scratch();
  absolute(space + LEFT, a);
  absolute(space + RIGHT, b);
  divide(result, space + LEFT, space + RIGHT);
  if (negative) negate(result, result);
}

/** Remainder of two's complement numbers, with the sign of `a`. */
export function moduloSigned(result: usize, a: usize, b: usize): void {
  const negative = isNegative(a);
  const space = scratch();
  absolute(space + LEFT, a);
  absolute(space + RIGHT, b);
  modulo(result, space + LEFT, space + RIGHT);
  if (negative) negate(result, result);
}

function absolute(result: usize, a: usize): void {
  if (isNegative(a)) negate(result, a);
  else copy32(result, a);
}

/**
 * `limbs` (1 to 8) limbs at `numerator` divided by a nonzero word: the remainder goes to the word `remainder`, the
 * quotient stays in the scratch area. The remainder may be any operand.
 */
export function divideLimbs(numerator: usize, limbs: u32, divisor: usize, remainder: usize): void {
  const space = scratch();
  let size: u32 = 4;
  while (load<u64>(divisor + ((<usize>size - 1) << 3)) == 0) size--;
  while (limbs > size && load<u64>(numerator + ((<usize>limbs - 1) << 3)) == 0) limbs--;
  const shift = clz<u64>(load<u64>(divisor + ((<usize>size - 1) << 3)));
  zero32(space + QUOTIENT);
  store<u64>(space + NUMERATOR + (<usize>limbs << 3), shiftLimbsLeft(space + NUMERATOR, numerator, limbs, shift));
  shiftLimbsLeft(space + DIVISOR, divisor, size, shift);
  zero32(remainder);
  if (size == 1) {
    divideByLimb(space, limbs);
    store<u64>(remainder, load<u64>(space + NUMERATOR) >> shift);
  } else {
    divideByMany(space, limbs, size);
    shiftLimbsRight(remainder, space + NUMERATOR, size, shift);
  }
}

/** result = source << shift over `limbs` limbs, 0 <= shift < 64; returns the bits shifted out. */
function shiftLimbsLeft(result: usize, source: usize, limbs: u32, shift: u64): u64 {
  let carried: u64 = 0;
  for (let i: usize = 0; i < <usize>limbs << 3; i += 8) {
    const limb = load<u64>(source + i);
    store<u64>(result + i, (limb << shift) | carried);
    // Two shifts: one by 64 - 0 = 64 would be a shift by 0.
    carried = (limb >> 1) >> (63 - shift);
  }
  return carried;
}

function shiftLimbsRight(result: usize, source: usize, limbs: u32, shift: u64): void {
  let carried: u64 = 0;
  for (let i: isize = (<isize>limbs - 1) << 3; i >= 0; i -= 8) {
    const limb = load<u64>(source + i);
    store<u64>(result + i, (limb >> shift) | carried);
    carried = (limb << 1) << (63 - shift);
  }
}

/** floor((2^128 - 1) / d) - 2^64 for d >= 2^63, by two rounds of 64 by 32 bit division. */
function reciprocal(d: u64): u64 {
  const dHigh = d >> 32;
  const dLow = d & 0xffffffff;
  const high = ~d;
  let q1 = high / dHigh;
  let rest = high - q1 * dHigh;
  while (q1 > 0xffffffff || q1 * dLow > ((rest << 32) | 0xffffffff)) {
    q1--;
    rest += dHigh;
    if (rest > 0xffffffff) break;
  }
  const middle = ((high << 32) | 0xffffffff) - q1 * d;
  let q0 = middle / dHigh;
  rest = middle - q0 * dHigh;
  while (q0 > 0xffffffff || q0 * dLow > ((rest << 32) | 0xffffffff)) {
    q0--;
    rest += dHigh;
    if (rest > 0xffffffff) break;
  }
  return (q1 << 32) + q0;
}

/** Normalized numerator of `limbs` + 1 limbs by the one-limb divisor; the remainder replaces the lowest limb. */
function divideByLimb(space: usize, limbs: u32): void {
  const d = load<u64>(space + DIVISOR);
  const v = reciprocal(d);
  let rest = load<u64>(space + NUMERATOR + (<usize>limbs << 3));
  for (let i: isize = (<isize>limbs - 1) << 3; i >= 0; i -= 8) {
    const next = load<u64>(space + NUMERATOR + i);
    // Algorithm 4 of the paper.
    const low = v * rest + next;
    let quotient = multiplyHigh(v, rest) + rest + u64(low < next) + 1;
    rest = next - quotient * d;
    if (rest > low) {
      quotient--;
      rest += d;
    }
    if (rest >= d) {
      quotient++;
      rest -= d;
    }
    store<u64>(space + QUOTIENT + i, quotient);
  }
  store<u64>(space + NUMERATOR, rest);
}

let cachedD1: u64 = 0;
let cachedD0: u64 = 0;
let cachedReciprocal: u64 = 0;

/** `computeReciprocalOfTwo`, remembering the last one: code divides by one modulus over and over. */
function reciprocalOfTwo(d1: u64, d0: u64): u64 {
  if (d1 != cachedD1 || d0 != cachedD0) {
    cachedReciprocal = computeReciprocalOfTwo(d1, d0);
    cachedD1 = d1;
    cachedD0 = d0;
  }
  return cachedReciprocal;
}

/** Reciprocal of the two top limbs of a normalized divisor (algorithm 6 of the paper). */
function computeReciprocalOfTwo(d1: u64, d0: u64): u64 {
  let v = reciprocal(d1);
  let p = d1 * v + d0;
  if (p < d0) {
    v--;
    if (p >= d1) {
      v--;
      p -= d1;
    }
    p -= d1;
  }
  const high = multiplyHigh(v, d0);
  const low = v * d0;
  p += high;
  if (p < high) {
    v--;
    if (p > d1 || (p == d1 && low >= d0)) v--;
  }
  return v;
}

/** Normalized numerator of `limbs` + 1 limbs by `size` >= 2 limbs; the remainder replaces the lowest `size` limbs. */
function divideByMany(space: usize, limbs: u32, size: u32): void {
  const divisor = space + DIVISOR;
  const top = (<usize>size - 2) << 3;
  const d1 = load<u64>(divisor + top, 8);
  const d0 = load<u64>(divisor + top);
  const v = reciprocalOfTwo(d1, d0);
  for (let i: isize = <isize>(limbs - size) << 3; i >= 0; i -= 8) {
    const window = space + NUMERATOR + i;
    const u2 = load<u64>(window + top, 16);
    const u1 = load<u64>(window + top, 8);
    let quotient: u64 = -1;
    let negative: bool;
    if (u2 == 0 && u1 < d1) {
      // The highest quotient limb of a product of two residues always ends up here.
      quotient = 0;
      negative = false;
    } else if (u2 == d1 && u1 == d0) {
      negative = u2 < subtractMultiple(window, divisor, size, quotient);
    } else {
      // Three limbs by two, algorithm 5 of the paper.
      const u0 = load<u64>(window + top);
      const q0 = v * u2 + u1;
      quotient = multiplyHigh(v, u2) + u2 + u64(q0 < u1);
      let r1 = u1 - quotient * d1 - multiplyHigh(quotient, d0) - d1;
      const product = quotient * d0;
      let r0 = u0 - product;
      r1 -= u64(u0 < product) + u64(r0 < d0);
      r0 -= d0;
      quotient++;
      if (r1 >= q0) {
        quotient--;
        r0 += d0;
        r1 += d1 + u64(r0 < d0);
      }
      if (r1 > d1 || (r1 == d1 && r0 >= d0)) {
        quotient++;
        r1 -= d1 + u64(r0 < d0);
        r0 -= d0;
      }
      let carry: u64 = 0;
      if (size > 2) carry = subtractLimb(window, load<u64>(divisor), quotient, 0);
      if (size > 3) carry = subtractLimb(window + 8, load<u64>(divisor, 8), quotient, carry);
      const borrow = u64(r0 < carry);
      store<u64>(window + top, r0 - carry);
      store<u64>(window + top, r1 - borrow, 8);
      negative = r1 < borrow;
    }
    if (negative) {
      quotient--;
      addLimbs(window, divisor, size);
    }
    store<u64>(space + QUOTIENT + i, quotient);
  }
}

/** target -= source × factor over `limbs` limbs; returns what is still to be subtracted from the next limb. */
function subtractMultiple(target: usize, source: usize, limbs: u32, factor: u64): u64 {
  let carry: u64 = 0;
  for (let i: usize = 0; i < <usize>limbs << 3; i += 8) {
    carry = subtractLimb(target + i, load<u64>(source + i), factor, carry);
  }
  return carry;
}

/** Subtracts x × y + carry from a limb and returns the new carry. */
// @ts-ignore: decorator
@inline
function subtractLimb(limb: usize, x: u64, y: u64, carry: u64): u64 {
  const low = x * y;
  const minuend = load<u64>(limb);
  const partial = minuend - low;
  store<u64>(limb, partial - carry);
  return multiplyHigh(x, y) + u64(minuend < low) + u64(partial < carry);
}

function addLimbs(target: usize, source: usize, limbs: u32): void {
  let carry: u64 = 0;
  for (let i: usize = 0; i < <usize>limbs << 3; i += 8) {
    const limb = load<u64>(source + i);
    const partial = load<u64>(target + i) + limb;
    const sum = partial + carry;
    carry = u64(partial < limb) | u64(sum < partial);
    store<u64>(target + i, sum);
  }
}
