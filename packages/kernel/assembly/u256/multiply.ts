/** Products of words. Wasm has no 64 × 64 → 128 bit multiplication, so the high half is put together from 32-bit parts. */
import { set64, zero32 } from "./word";

/** High 64 bits of a × b. */
// @ts-ignore: decorator
@inline
export function multiplyHigh(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const cross = aLow * bHigh;
  // Cannot overflow: (2^32-1)^2 + 2 (2^32-1) = 2^64-1.
  const middle = ((aLow * bLow) >> 32) + (cross & 0xffffffff) + aHigh * bLow;
  return aHigh * bHigh + (cross >> 32) + (middle >> 32);
}

/** a × b mod 2^256; `result` may be an operand. */
export function multiply(result: usize, a: usize, b: usize): void {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const a3 = load<u64>(a, 24);
  const b0 = load<u64>(b);
  const b1 = load<u64>(b, 8);
  const b2 = load<u64>(b, 16);
  const b3 = load<u64>(b, 24);
  // Most products have a small factor: a price, a scale, an index.
  if ((b1 | b2 | b3) == 0) {
    multiplyByLimb(result, a0, a1, a2, a3, b0);
    return;
  }
  if ((a1 | a2 | a3) == 0) {
    multiplyByLimb(result, b0, b1, b2, b3, a0);
    return;
  }
  const r0 = a0 * b0;
  let carry = multiplyHigh(a0, b0);
  // Row a0.
  let low = a0 * b1;
  let r1 = low + carry;
  carry = multiplyHigh(a0, b1) + u64(r1 < low);
  low = a0 * b2;
  let r2 = low + carry;
  let r3 = a0 * b3 + multiplyHigh(a0, b2) + u64(r2 < low);
  // Row a1.
  low = a1 * b0;
  r1 += low;
  carry = multiplyHigh(a1, b0) + u64(r1 < low);
  low = a1 * b1;
  r2 += low;
  r3 += a1 * b2 + multiplyHigh(a1, b1) + u64(r2 < low);
  r2 += carry;
  r3 += u64(r2 < carry);
  // Rows a2 and a3.
  low = a2 * b0;
  r2 += low;
  r3 += a2 * b1 + multiplyHigh(a2, b0) + u64(r2 < low) + a3 * b0;
  store<u64>(result, r0);
  store<u64>(result, r1, 8);
  store<u64>(result, r2, 16);
  store<u64>(result, r3, 24);
}

// @ts-ignore: decorator
@inline
function multiplyByLimb(result: usize, a0: u64, a1: u64, a2: u64, a3: u64, b: u64): void {
  const r0 = a0 * b;
  let carry = multiplyHigh(a0, b);
  if ((a1 | a2 | a3) == 0) {
    set64(result, r0);
    store<u64>(result, carry, 8);
    return;
  }
  let low = a1 * b;
  const r1 = low + carry;
  carry = multiplyHigh(a1, b) + u64(r1 < low);
  low = a2 * b;
  const r2 = low + carry;
  const r3 = a3 * b + multiplyHigh(a2, b) + u64(r2 < low);
  store<u64>(result, r0);
  store<u64>(result, r1, 8);
  store<u64>(result, r2, 16);
  store<u64>(result, r3, 24);
}

/** a² mod 2^256; `result` may be the operand. */
export function square(result: usize, a: usize): void {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const a3 = load<u64>(a, 24);
  // The products of different limbs count twice: sum them, double, add the squares of limbs 0 and 1.
  const m1 = a0 * a1;
  const h1 = multiplyHigh(a0, a1);
  const low = a0 * a2;
  const m2 = low + h1;
  const m3 = a0 * a3 + a1 * a2 + multiplyHigh(a0, a2) + u64(m2 < low);
  const h0 = multiplyHigh(a0, a0);
  const r1 = (m1 << 1) + h0;
  const q1 = a1 * a1;
  const doubled = (m2 << 1) | (m1 >> 63);
  const partial = doubled + q1;
  const r2 = partial + u64(r1 < h0);
  const carries = u64(partial < q1) + u64(r2 < partial);
  store<u64>(result, a0 * a0);
  store<u64>(result, r1, 8);
  store<u64>(result, r2, 16);
  store<u64>(result, ((m3 << 1) | (m2 >> 63)) + multiplyHigh(a1, a1) + carries, 24);
}

/** Full 512-bit product into eight limbs at `result`, which overlaps neither operand. */
export function multiplyWide(result: usize, a: usize, b: usize): void {
  const b0 = load<u64>(b);
  const b1 = load<u64>(b, 8);
  const b2 = load<u64>(b, 16);
  const b3 = load<u64>(b, 24);
  zero32(result);
  for (let i: usize = 0; i < 32; i += 8) {
    const x = load<u64>(a + i);
    const row = result + i;
    let carry = multiplyAddLimb(row, x, b0, 0);
    carry = multiplyAddLimb(row + 8, x, b1, carry);
    carry = multiplyAddLimb(row + 16, x, b2, carry);
    store<u64>(row, multiplyAddLimb(row + 24, x, b3, carry), 32);
  }
}

/** Adds x × y + carry to a limb and returns the new carry; (2^64-1)^2 + 2 (2^64-1) still fits 128 bits. */
// @ts-ignore: decorator
@inline
function multiplyAddLimb(limb: usize, x: u64, y: u64, carry: u64): u64 {
  const low = x * y;
  const partial = load<u64>(limb) + low;
  const sum = partial + carry;
  store<u64>(limb, sum);
  // The carry in comes last into both sums: it is what the next limb waits for.
  return multiplyHigh(x, y) + u64(partial < low) + u64(sum < carry);
}
