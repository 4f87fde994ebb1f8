/**
 * Natural numbers of `n` 32-bit limbs, least significant first: a limb product and two carries fit in one u64. Pointers may
 * be equal only where a function says so.
 */

const LOW: u64 = 0xffffffff;

// @ts-ignore: decorator
@inline
export function limb(x: usize, i: u32): u64 {
  return load<u32>(x + ((i as usize) << 2)) as u64;
}

// @ts-ignore: decorator
@inline
export function setLimb(x: usize, i: u32, value: u64): void {
  store<u32>(x + ((i as usize) << 2), value as u32);
}

/** Number of limbs of `x` without leading zeros. */
export function significantLimbs(x: usize, n: u32): u32 {
  while (n != 0 && limb(x, n - 1) == 0) n--;
  return n;
}

/** Number of trailing zero bits of a nonzero `x`. */
export function trailingZeros(x: usize): u32 {
  let i: u32 = 0;
  while (limb(x, i) == 0) i++;
  return (i << 5) + ctz<u32>(limb(x, i) as u32);
}

/** out = x >> bits, `n` limbs; in place when out = x. */
export function shiftRight(out: usize, x: usize, n: u32, bits: u32): void {
  const whole = bits >> 5;
  const part = (bits & 31) as u64;
  for (let i: u32 = 0; i < n; i++) {
    const low = i + whole < n ? limb(x, i + whole) : 0;
    const high = i + whole + 1 < n ? limb(x, i + whole + 1) : 0;
    setLimb(out, i, ((high << 32) | low) >> part);
  }
}

/** x = x << bits with bits < 32; the overflow goes to limb `n`. */
function shiftLeft(x: usize, n: u32, bits: u64): void {
  let carry: u64 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const t = (limb(x, i) << bits) | carry;
    setLimb(x, i, t);
    carry = t >> 32;
  }
  setLimb(x, n, carry);
}

/** Clears every bit of the `n`-limb `x` from `bits` on. */
export function truncate(x: usize, n: u32, bits: u32): void {
  const i = bits >> 5;
  if (i >= n) return;
  setLimb(x, i, limb(x, i) & ((1 << ((bits & 31) as u64)) - 1));
  memory.fill(x + (((i + 1) as usize) << 2), 0, (n - i - 1) << 2);
}

/** out = a − b mod 2^(32 n); any may be equal. */
export function subtract(out: usize, a: usize, b: usize, n: u32): void {
  let borrow: u64 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const t = limb(a, i) - limb(b, i) - borrow;
    setLimb(out, i, t);
    borrow = t >> 63;
  }
}

/** x += a · b mod 2^(32 n) with `a` of `aLimbs` and `b` of `bLimbs` limbs. */
export function addProduct(x: usize, n: u32, a: usize, aLimbs: u32, b: usize, bLimbs: u32): void {
  for (let i: u32 = 0; i < aLimbs && i < n; i++) {
    const factor = limb(a, i);
    let carry: u64 = 0;
    let j: u32 = 0;
    for (; j < bLimbs && i + j < n; j++) {
      const t = limb(x, i + j) + factor * limb(b, j) + carry;
      setLimb(x, i + j, t);
      carry = t >> 32;
    }
    for (; carry != 0 && i + j < n; j++) {
      const t = limb(x, i + j) + carry;
      setLimb(x, i + j, t);
      carry = t >> 32;
    }
  }
}

/** out = a · b mod 2^(32 n); out differs from a and b. */
export function multiplyLow(out: usize, a: usize, b: usize, n: u32): void {
  memory.fill(out, 0, (n as usize) << 2);
  addProduct(out, n, a, n, b, n);
}

/** Inverse of the odd `x` modulo 2^32. */
export function inverseOfLimb(x: u32): u32 {
  let y = x;
  for (let i = 0; i < 4; i++) y *= 2 - x * y;
  return y;
}

/**
 * out = x⁻¹ mod 2^(32 n) for odd `x`, by Newton's iteration y ← y (2 − x y), which doubles the number of correct limbs.
 *
 * @param work 2 n limbs
 */
export function inverseModPowerOfTwo(out: usize, x: usize, n: u32, work: usize): void {
  const product = work;
  const next = work + ((n as usize) << 2);
  memory.fill(out, 0, (n as usize) << 2);
  setLimb(out, 0, inverseOfLimb(limb(x, 0) as u32) as u64);
  for (let correct: u32 = 1; correct < n; ) {
    correct = min<u32>(correct << 1, n);
    multiplyLow(product, x, out, correct);
    negatePlusTwo(product, correct);
    multiplyLow(next, out, product, correct);
    memory.copy(out, next, (correct as usize) << 2);
  }
}

function negatePlusTwo(x: usize, n: u32): void {
  let carry: u64 = 3;
  for (let i: u32 = 0; i < n; i++) {
    const t = (limb(x, i) ^ LOW) + carry;
    setLimb(x, i, t);
    carry = t >> 32;
  }
}

/**
 * Remainder of `x` modulo `m` (Knuth, TAOCP 2, algorithm D): the low `n` limbs of `x` become x mod m, the others zero.
 *
 * @param x `xLimbs` limbs and one more, which is overwritten
 * @param m `n` limbs, the highest of them nonzero; restored on return
 * @param n n ≥ 1; limb n of `m` must be writable
 */
export function remainder(x: usize, xLimbs: u32, m: usize, n: u32): void {
  if (xLimbs < n) return;
  const shift = clz<u32>(limb(m, n - 1) as u32) as u64;
  shiftLeft(x, xLimbs, shift);
  shiftLeft(m, n, shift);
  const top = limb(m, n - 1);
  const second = n > 1 ? limb(m, n - 2) : 0;
  for (let j: i32 = xLimbs - n; j >= 0; j--) {
    const window = x + ((j as usize) << 2);
    const head = (limb(window, n) << 32) | limb(window, n - 1);
    let quotient: u64 = head / top;
    let rest: u64 = head % top;
    const third = n > 1 ? limb(window, n - 2) : 0;
    while (quotient > LOW || (rest <= LOW && quotient * second > ((rest << 32) | third))) {
      quotient--;
      rest += top;
      if (rest > LOW) break;
    }
    if (subtractMultiple(window, m, n, quotient)) addBack(window, m, n);
  }
  shiftRight(x, x, n, shift as u32);
  shiftRight(m, m, n, shift as u32);
}

// window −= quotient · m over n + 1 limbs; true when it went below zero.
function subtractMultiple(window: usize, m: usize, n: u32, quotient: u64): bool {
  let carry: u64 = 0;
  let borrow: u64 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const product = quotient * limb(m, i) + carry;
    carry = product >> 32;
    const t = limb(window, i) - (product & LOW) - borrow;
    setLimb(window, i, t);
    borrow = t >> 63;
  }
  const t = limb(window, n) - carry - borrow;
  setLimb(window, n, t);
  return t >> 63 != 0;
}

function addBack(window: usize, m: usize, n: u32): void {
  let carry: u64 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const t = limb(window, i) + limb(m, i) + carry;
    setLimb(window, i, t);
    carry = t >> 32;
  }
  setLimb(window, n, limb(window, n) + carry);
}

/**
 * out = a · b · 2^(−32 n) mod m (Montgomery). Multiplication and reduction share one pass over the accumulator.
 *
 * @param a less than m, as is b; out may equal either
 * @param m odd, n limbs
 * @param inverse −m⁻¹ mod 2^32
 * @param work n + 1 limbs
 */
export function montgomeryMultiply(out: usize, a: usize, b: usize, m: usize, n: u32, inverse: u32, work: usize): void {
  const last = ((n - 1) as usize) << 2;
  memory.fill(work, 0, last + 8);
  const m0 = load<u32>(m) as u64;
  for (let i: usize = 0; i <= last; i += 4) {
    const factor = load<u32>(a + i) as u64;
    let t = (load<u32>(work) as u64) + factor * (load<u32>(b) as u64);
    const u = ((t as u32) * inverse) as u64;
    let carry = t >> 32;
    let reduction = ((t & LOW) + u * m0) >> 32;
    for (let j: usize = 0; j < last; j += 4) {
      t = (load<u32>(work + j, 4) as u64) + factor * (load<u32>(b + j, 4) as u64) + carry;
      carry = t >> 32;
      const s = (t & LOW) + u * (load<u32>(m + j, 4) as u64) + reduction;
      store<u32>(work + j, s as u32);
      reduction = s >> 32;
    }
    t = (load<u32>(work + last, 4) as u64) + carry + reduction;
    store<u32>(work + last, t as u32);
    store<u32>(work + last, (t >> 32) as u32, 4);
  }
  if (load<u32>(work + last, 4) != 0 || !lessThan(work, m, n)) subtract(out, work, m, n);
  else memory.copy(out, work, last + 4);
}

function lessThan(a: usize, b: usize, n: u32): bool {
  for (let i = n; i-- > 0; ) {
    const x = limb(a, i);
    const y = limb(b, i);
    if (x != y) return x < y;
  }
  return false;
}
