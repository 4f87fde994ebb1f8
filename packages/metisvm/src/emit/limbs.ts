/** Arithmetic on words of four limbs, constants among them folded away. */

import { MAX_LIMB } from "../program/value.ts";
import type { Body, Limb } from "../wasm/body.ts";
import * as w from "../wasm/instructions.ts";

export type Limbs = readonly Limb[];
export const ZERO: Limbs = [0n, 0n, 0n, 0n];

export const isZero = (limb: Limb): boolean => limb === 0n;
const isConstant = (limb: Limb): limb is bigint => typeof limb === "bigint";
const indices = [0, 1, 2, 3] as const;

/** Pushes the union of the limbs: zero when all are. */
export function pushUnion(body: Body, limbs: Limbs): void {
  const some = limbs.filter((limb) => !isZero(limb));
  if (some.length === 0) body.i64(0n);
  some.forEach((limb, i) => {
    body.push(limb);
    if (i > 0) body.op(w.I64_OR);
  });
}

/** Sum of words of which `count` limbs are computed; the rest are known to be zero. */
export function add(body: Body, a: Limbs, b: Limbs, count: number): Limbs {
  const sum: Limb[] = [];
  let carry: Limb = 0n;
  for (let k = 0; k < count; k++) {
    const last = k === count - 1;
    const [limb, out] = addLimbs(body, a[k]!, b[k]!, carry, last);
    sum.push(limb);
    carry = out;
  }
  while (sum.length < 4) sum.push(0n);
  return sum;
}

function addLimbs(body: Body, a: Limb, b: Limb, carry: Limb, last: boolean): [Limb, Limb] {
  const [x, y] = isConstant(a) ? [b, a] : [a, b];
  if (isConstant(x) && isConstant(y) && isConstant(carry)) {
    const total = x + y + carry;
    return [total & MAX_LIMB, total >> 64n];
  }
  const [partial, first] = addTwo(body, x, y, last);
  const [total, second] = addTwo(body, partial, carry, last);
  if (last) return [total, 0n];
  // At most one of the two sums overflows.
  if (isZero(first)) return [total, second];
  if (isZero(second)) return [total, first];
  body.push(first);
  body.push(second);
  body.op(w.I64_OR);
  return [total, body.keep()];
}

/** Sum and carry of two limbs. */
function addTwo(body: Body, x: Limb, y: Limb, last: boolean): [Limb, Limb] {
  if (isZero(y)) return [x, 0n];
  if (isZero(x)) return [y, 0n];
  if (isConstant(x) && isConstant(y)) return [(x + y) & MAX_LIMB, (x + y) >> 64n];
  body.push(x);
  body.push(y);
  body.op(w.I64_ADD);
  const total = body.keep();
  if (last) return [total, 0n];
  body.get(total);
  body.push(isConstant(x) ? y : x);
  body.op(w.I64_LT_U, w.I64_EXTEND_I32_U);
  return [total, body.keep()];
}

export function subtract(body: Body, a: Limbs, b: Limbs): Limbs {
  const difference: Limb[] = [];
  let borrow: Limb = 0n;
  for (const k of indices) {
    const [partial, first] = subtractTwo(body, a[k]!, b[k]!, k === 3);
    const [limb, second] = subtractTwo(body, partial, borrow, k === 3);
    difference.push(limb);
    if (isZero(first)) borrow = second;
    else if (isZero(second)) borrow = first;
    else {
      body.push(first);
      body.push(second);
      body.op(w.I64_OR);
      borrow = body.keep();
    }
  }
  return difference;
}

function subtractTwo(body: Body, x: Limb, y: Limb, last: boolean): [Limb, Limb] {
  if (isZero(y)) return [x, 0n];
  if (isConstant(x) && isConstant(y)) return [(x - y) & MAX_LIMB, x < y ? 1n : 0n];
  body.push(x);
  body.push(y);
  body.op(w.I64_SUB);
  const difference = body.keep();
  if (last) return [difference, 0n];
  body.push(x);
  body.push(y);
  body.op(w.I64_LT_U, w.I64_EXTEND_I32_U);
  return [difference, body.keep()];
}

/** Pushes the i32 a < b. */
export function pushLess(body: Body, a: Limbs, b: Limbs, signed = false): void {
  let high = 3;
  while (high > 0 && isZero(a[high]!) && isZero(b[high]!)) high--;
  const lowOnly = (limbs: Limbs): boolean => limbs.slice(1).every(isZero);
  if (high === 0) {
    body.push(a[0]!);
    body.push(b[0]!);
    body.op(w.I64_LT_U);
  } else if (!signed && lowOnly(b)) {
    pushUnion(body, a.slice(1));
    body.op(w.I64_EQZ);
    body.push(a[0]!);
    body.push(b[0]!);
    body.op(w.I64_LT_U, w.I32_AND);
  } else if (!signed && lowOnly(a)) {
    pushUnion(body, b.slice(1));
    body.i64(0n);
    body.op(w.I64_NE);
    body.push(a[0]!);
    body.push(b[0]!);
    body.op(w.I64_LT_U, w.I32_OR);
  } else pushBorrow(body, a, b, high, signed);
}

/** The borrow of a - b, limb by limb from the lowest. */
function pushBorrow(body: Body, a: Limbs, b: Limbs, high: number, signed: boolean): void {
  body.push(a[0]!);
  body.push(b[0]!);
  body.op(w.I64_LT_U);
  for (let k = 1; k <= high; k++) {
    const borrow = body.keep32();
    body.push(a[k]!);
    body.push(b[k]!);
    body.op(k === high && signed ? w.I64_LT_S : w.I64_LT_U);
    body.push(a[k]!);
    body.push(b[k]!);
    body.op(w.I64_EQ);
    body.get(borrow);
    body.op(w.I32_AND, w.I32_OR);
  }
}

/** Pushes the i32 a == b. */
export function pushEqual(body: Body, a: Limbs, b: Limbs): void {
  const different = indices.filter((k) => !(isConstant(a[k]!) && a[k] === b[k]));
  if (different.length === 0) {
    body.i32(1);
    return;
  }
  different.forEach((k, i) => {
    if (isZero(b[k]!)) body.push(a[k]!);
    else if (isZero(a[k]!)) body.push(b[k]!);
    else {
      body.push(a[k]!);
      body.push(b[k]!);
      body.op(w.I64_XOR);
    }
    if (i > 0) body.op(w.I64_OR);
  });
  body.op(w.I64_EQZ);
}

/** All ones for a negative word, else zero. */
export function signOf(body: Body, a: Limbs): Limb {
  if (isZero(a[3]!)) return 0n;
  body.push(a[3]!);
  body.i64(63n);
  body.op(w.I64_SHR_S);
  return body.keep();
}

/** a >> by, by < 256; the free bits are those of `fill`, which is zero or all ones. */
export function shiftRightBy(body: Body, a: Limbs, by: number, fill: Limb = 0n): Limbs {
  const [limbs, bits] = [by >> 6, by & 63];
  const at = (k: number): Limb => (k < 4 ? a[k]! : fill);
  return indices.map((k) => {
    const [low, high] = [at(k + limbs), at(k + limbs + 1)];
    if (bits === 0 || k + limbs > 3) return low;
    return funnel(body, low, w.I64_SHR_U, bits, high, w.I64_SHL);
  });
}

export function shiftLeftBy(body: Body, a: Limbs, by: number): Limbs {
  const [limbs, bits] = [by >> 6, by & 63];
  const at = (k: number): Limb => (k >= 0 ? a[k]! : 0n);
  return indices.map((k) => {
    const [high, low] = [at(k - limbs), at(k - limbs - 1)];
    return bits === 0 ? high : funnel(body, high, w.I64_SHL, bits, low, w.I64_SHR_U);
  });
}

/** main shifted by `bits` with what the neighbour shifts in from the other side. */
function funnel(body: Body, main: Limb, shift: number, bits: number, neighbour: Limb, opposite: number): Limb {
  const parts: [Limb, number, number][] = [];
  if (!isZero(main)) parts.push([main, shift, bits]);
  if (!isZero(neighbour)) parts.push([neighbour, opposite, 64 - bits]);
  if (parts.length === 0) return 0n;
  parts.forEach(([limb, by, count], i) => {
    body.push(limb);
    body.i64(BigInt(count));
    body.op(by);
    if (i > 0) body.op(w.I64_OR);
  });
  return body.keep();
}

export type Shift = "left" | "right" | "arithmetic";

/** Shift by a number of bits that is not known, 256 and more included. */
export function shift(body: Body, by: Limbs, a: Limbs, kind: Shift): Limbs {
  const left = kind === "left";
  const fill = kind === "arithmetic" ? signOf(body, a) : 0n;
  pushUnion(body, by.slice(1));
  body.push(by[0]!);
  body.i64(8n);
  body.op(w.I64_SHR_U, w.I64_OR, w.I64_EQZ);
  const inRange = body.keep32();
  const [byOne, byTwo] = [64, 128].map((bit) => {
    body.push(by[0]!);
    body.op(w.I32_WRAP_I64);
    body.i32(bit);
    body.op(w.I32_AND);
    return body.keep32();
  });
  body.push(by[0]!);
  body.i64(63n);
  body.op(w.I64_AND);
  const bits = body.keep();
  const at = (limbs: Limbs, k: number): Limb => limbs[k] ?? fill;
  const move = (limbs: Limbs, distance: number, when: number): Limbs =>
    indices.map((k) => select(body, at(limbs, left ? k - distance : k + distance), limbs[k]!, when));
  const moved = move(move(a, 1, byOne!), 2, byTwo!);
  const result = indices.map((k) => partialShift(body, moved[k]!, at(moved, left ? k - 1 : k + 1), bits, left));
  return result.map((limb) => select(body, limb, fill, inRange));
}

/** main shifted by `bits` < 64; the neighbour is shifted in two steps, since a shift by 64 does nothing. */
function partialShift(body: Body, main: Limb, neighbour: Limb, bits: number, left: boolean): Limb {
  if (isZero(main) && isZero(neighbour)) return 0n;
  body.push(main);
  body.get(bits);
  body.op(left ? w.I64_SHL : w.I64_SHR_U);
  if (!isZero(neighbour)) {
    body.push(neighbour);
    body.i64(1n);
    body.op(left ? w.I64_SHR_U : w.I64_SHL);
    body.i64(63n);
    body.get(bits);
    body.op(w.I64_SUB, left ? w.I64_SHR_U : w.I64_SHL, w.I64_OR);
  }
  return body.keep();
}

function select(body: Body, a: Limb, b: Limb, when: number): Limb {
  if (a === b) return a;
  body.push(a);
  body.push(b);
  body.get(when);
  body.op(w.SELECT);
  return body.keep();
}

/** Combines limb by limb, where `fold` may know the result without an instruction. */
export function bitwise(
  body: Body,
  a: Limbs,
  b: Limbs,
  op: number,
  fold: (x: Limb, y: Limb) => Limb | undefined,
): Limbs {
  return indices.map((k) => {
    const known = fold(a[k]!, b[k]!) ?? fold(b[k]!, a[k]!);
    if (known !== undefined) return known;
    body.push(a[k]!);
    body.push(b[k]!);
    body.op(op);
    return body.keep();
  });
}
