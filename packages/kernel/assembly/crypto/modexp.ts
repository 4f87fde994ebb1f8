import { reserve } from "../memory/heap";
import {
  addProduct,
  inverseModPowerOfTwo,
  inverseOfLimb,
  limb,
  montgomeryMultiply,
  multiplyLow,
  remainder,
  setLimb,
  shiftRight,
  significantLimbs,
  subtract,
  trailingZeros,
  truncate,
} from "./multiprecision";

/** Longest base and modulus in bytes. Longer ones cost at least 3 Ggas under any fork's rule. */
export const MODEXP_MAX_BYTES: u32 = 1 << 20;

// The exponent is taken in windows of four bits unless the table would be large or would not pay for itself.
const WIDE_WINDOW_MAX_LIMBS: u32 = 1024;
const WIDE_WINDOW_MIN_EXPONENT: u32 = 5;

/** Where the last `modexp` left its output. */
export let MODEXP_OUTPUT: usize = 0;

let region: usize = 0;
let regionSize: usize = 0;

// Ring in which `power` multiplies: modulo the odd `modulus` in Montgomery form, or modulo 2^(32 limbs).
let montgomery: bool = false;
let modulus: usize = 0;
let limbs: u32 = 0;
let inverse: u32 = 0;
let product: usize = 0;

/**
 * base ^ exponent mod modulus over big-endian operands, `modulusLen` bytes at MODEXP_OUTPUT; zero when the modulus is zero.
 * The odd part of the modulus is done in Montgomery form, its power of two with truncated products, and the Chinese
 * remainder theorem joins the two.
 *
 * @param input the operands one after another; reads as zero from `len` on
 * @param baseLen bytes, at most MODEXP_MAX_BYTES, as `modulusLen`
 */
export function modexp(input: usize, len: u32, baseLen: u32, exponentLen: u32, modulusLen: u32): void {
  const size = (max<u32>(baseLen, modulusLen) >> 2) + 3;
  const number = size << 2;
  const wide = size <= WIDE_WINDOW_MAX_LIMBS && exponentLen >= WIDE_WINDOW_MIN_EXPONENT;
  const windowBits: u32 = wide ? 4 : 1;
  const m = allocate(number * (11 + (1 << windowBits)));
  const base = m + number;
  const result = base + number;
  const table = result + number;

  const exponentAt = baseLen as u64;
  const modulusAt = exponentAt + exponentLen;
  loadNumber(m, size, input, len, modulusAt, modulusLen);
  loadNumber(base, size, input, len, 0, baseLen);
  memory.fill(result, 0, number);
  const n = significantLimbs(m, size);
  if (n != 0) {
    remainder(base, significantLimbs(base, size), m, n);
    const available = exponentAt < len ? min<u32>(exponentLen, len - baseLen) : 0;
    const exponent = input + (exponentAt as usize);
    powerModulo(result, base, m, n, exponent, available, exponentLen, windowBits, table, number);
  }
  MODEXP_OUTPUT = table;
  storeNumber(table, modulusLen, result);
}

// `table` is followed by the other numbers in use, `number` bytes each.
function powerModulo(
  result: usize, base: usize, m: usize, n: u32,
  exponent: usize, available: u32, exponentLen: u32, windowBits: u32,
  table: usize, number: u32,
): void {
  const work = table + (number << windowBits);
  const odd = work + number * 4;
  const oddBase = odd + number;
  const even = oddBase + number;
  const twos = trailingZeros(m);
  shiftRight(odd, m, n, twos);
  const oddLimbs = significantLimbs(odd, n);
  memory.copy(oddBase, base, number);
  remainder(oddBase, significantLimbs(oddBase, n), odd, oddLimbs);
  enterOddRing(odd, oddLimbs, work);
  toMontgomery(oddBase, work + number);
  power(result, oddBase, exponent, available, exponentLen, windowBits, table, number);
  fromMontgomery(result, work + number);
  if (twos == 0) return;

  const evenLimbs = (twos + 31) >> 5;
  enterEvenRing(evenLimbs, work);
  power(even, base, exponent, available, exponentLen, windowBits, table, number);
  // result + odd · ((even − result) · odd⁻¹ mod 2^twos)
  const oddInverse = base;
  inverseModPowerOfTwo(oddInverse, odd, evenLimbs, work);
  subtract(even, even, result, evenLimbs);
  multiplyLow(work, even, oddInverse, evenLimbs);
  truncate(work, evenLimbs, twos);
  addProduct(result, n, odd, oddLimbs, work, evenLimbs);
}

function enterOddRing(odd: usize, n: u32, work: usize): void {
  montgomery = true;
  modulus = odd;
  limbs = n;
  inverse = 0 - inverseOfLimb(limb(odd, 0) as u32);
  product = work;
}

function enterEvenRing(n: u32, work: usize): void {
  montgomery = false;
  limbs = n;
  product = work;
}

function multiply(out: usize, a: usize, b: usize): void {
  if (montgomery) {
    montgomeryMultiply(out, a, b, modulus, limbs, inverse, product);
    return;
  }
  multiplyLow(product, a, b, limbs);
  memory.copy(out, product, (limbs as usize) << 2);
}

// x · 2^(32 limbs) mod modulus, as the product of x and 2^(64 limbs); `square` holds 2 limbs + 2.
function toMontgomery(x: usize, square: usize): void {
  memory.fill(square, 0, (2 * limbs + 2) << 2);
  setLimb(square, 2 * limbs, 1);
  remainder(square, 2 * limbs + 1, modulus, limbs);
  multiply(x, x, square);
}

function fromMontgomery(x: usize, one: usize): void {
  setOne(one);
  multiply(x, x, one);
}

function setOne(x: usize): void {
  memory.fill(x, 0, (limbs as usize) << 2);
  setLimb(x, 0, 1);
}

// out = base ^ exponent in the current ring. Bytes of the exponent from `available` on are zero.
function power(
  out: usize, base: usize, exponent: usize, available: u32, exponentLen: u32, windowBits: u32, table: usize, number: u32,
): void {
  const bytes = (limbs as usize) << 2;
  storeRingOne(table);
  memory.copy(table + number, base, bytes);
  for (let i: u32 = 2; i < (1 as u32) << windowBits; i++) multiply(table + number * i, table + number * (i - 1), base);

  memory.copy(out, table, bytes);
  const mask = ((1 as u32) << windowBits) - 1;
  let started = false;
  for (let i: u32 = 0; i < exponentLen; i++) {
    const byte: u32 = i < available ? load<u8>(exponent + i) : 0;
    if (!started && byte == 0) continue;
    for (let shift: i32 = 8 - windowBits; shift >= 0; shift -= windowBits) {
      if (started) for (let bit: u32 = 0; bit < windowBits; bit++) multiply(out, out, out);
      const digit = (byte >> shift) & mask;
      if (digit == 0) continue;
      multiply(out, out, table + number * digit);
      started = true;
    }
  }
}

// In Montgomery form one is 2^(32 limbs) mod modulus; `table` has room for limbs + 2.
function storeRingOne(table: usize): void {
  if (!montgomery) {
    setOne(table);
    return;
  }
  memory.fill(table, 0, (limbs + 2) << 2);
  setLimb(table, limbs, 1);
  remainder(table, limbs + 1, modulus, limbs);
}

function loadNumber(x: usize, size: u32, input: usize, len: u32, offset: u64, bytes: u32): void {
  memory.fill(x, 0, size << 2);
  const end = offset + bytes;
  for (let i: u32 = 0; i < bytes; i++) {
    const position = end - 1 - i;
    if (position < len) store<u8>(x + i, load<u8>(input + (position as usize)));
  }
}

function storeNumber(out: usize, bytes: u32, x: usize): void {
  for (let i: u32 = 0; i < bytes; i++) store<u8>(out + i, load<u8>(x + bytes - 1 - i));
}

function allocate(bytes: usize): usize {
  if (bytes > regionSize) {
    regionSize = max<usize>(bytes, regionSize << 1);
    region = reserve(regionSize);
  }
  return region;
}
