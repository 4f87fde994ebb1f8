/** Sums, differences and order of words, modulo 2^256. `result` may be any operand. */

// @ts-ignore: decorator
@inline
export function add(result: usize, a: usize, b: usize): void {
  let x = load<u64>(a);
  const sum0 = x + load<u64>(b);
  let carry = u64(sum0 < x);
  x = load<u64>(a, 8);
  let partial = x + load<u64>(b, 8);
  const sum1 = partial + carry;
  carry = u64(partial < x) | u64(sum1 < partial);
  x = load<u64>(a, 16);
  partial = x + load<u64>(b, 16);
  const sum2 = partial + carry;
  carry = u64(partial < x) | u64(sum2 < partial);
  const sum3 = load<u64>(a, 24) + load<u64>(b, 24) + carry;
  store<u64>(result, sum0);
  store<u64>(result, sum1, 8);
  store<u64>(result, sum2, 16);
  store<u64>(result, sum3, 24);
}

/** word += value. */
// @ts-ignore: decorator
@inline
export function addSmall(word: usize, value: u64): void {
  const sum = load<u64>(word) + value;
  store<u64>(word, sum);
  if (sum < value) addCarryFrom(word + 8);
}

/** Adds one to the three upper limbs, at `limb`. */
function addCarryFrom(limb: usize): void {
  for (let i: usize = 0; i < 24; i += 8) {
    const sum = load<u64>(limb + i) + 1;
    store<u64>(limb + i, sum);
    if (sum != 0) return;
  }
}

// @ts-ignore: decorator
@inline
export function sub(result: usize, a: usize, b: usize): void {
  let x = load<u64>(a);
  let y = load<u64>(b);
  const difference0 = x - y;
  let borrow = u64(x < y);
  x = load<u64>(a, 8);
  y = load<u64>(b, 8);
  let partial = x - y;
  const difference1 = partial - borrow;
  borrow = u64(x < y) | u64(partial < borrow);
  x = load<u64>(a, 16);
  y = load<u64>(b, 16);
  partial = x - y;
  const difference2 = partial - borrow;
  borrow = u64(x < y) | u64(partial < borrow);
  const difference3 = load<u64>(a, 24) - load<u64>(b, 24) - borrow;
  store<u64>(result, difference0);
  store<u64>(result, difference1, 8);
  store<u64>(result, difference2, 16);
  store<u64>(result, difference3, 24);
}

/** a + b with the carry out of 2^256 returned (0 or 1). */
export function addCarry(result: usize, a: usize, b: usize): u64 {
  let carry: u64 = 0;
  for (let i: usize = 0; i < 32; i += 8) {
    const x = load<u64>(a + i);
    const partial = x + load<u64>(b + i);
    const sum = partial + carry;
    carry = u64(partial < x) | u64(sum < partial);
    store<u64>(result + i, sum);
  }
  return carry;
}

/** Two's complement. */
export function negate(result: usize, a: usize): void {
  let carry: u64 = 1;
  for (let i: usize = 0; i < 32; i += 8) {
    const limb = ~load<u64>(a + i) + carry;
    carry &= u64(limb == 0);
    store<u64>(result + i, limb);
  }
}

/** a < b, unsigned. */
// @ts-ignore: decorator
@inline
export function less(a: usize, b: usize): bool {
  let x = load<u64>(a, 24);
  let y = load<u64>(b, 24);
  if (x != y) return x < y;
  x = load<u64>(a, 16);
  y = load<u64>(b, 16);
  if (x != y) return x < y;
  x = load<u64>(a, 8);
  y = load<u64>(b, 8);
  if (x != y) return x < y;
  return load<u64>(a) < load<u64>(b);
}

/** a < b as two's complement numbers. */
// @ts-ignore: decorator
@inline
export function lessSigned(a: usize, b: usize): bool {
  const x = <i64>load<u64>(a, 24);
  const y = <i64>load<u64>(b, 24);
  return (x ^ y) < 0 ? x < y : less(a, b);
}

// @ts-ignore: decorator
@inline
export function isNegative(a: usize): bool {
  return <i64>load<u64>(a, 24) < 0;
}
