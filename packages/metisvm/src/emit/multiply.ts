/** Products of words from 64-bit limbs; WebAssembly multiplies 64 by 64 bits to 64 only. */
import { Body, type Limb } from "../wasm/body.ts";
import * as w from "../wasm/instructions.ts";
import type { ModuleFunction } from "../wasm/module.ts";

const LOW_HALF = 0xffff_ffffn;

type Halves = readonly [low: number, high: number];

function halves(body: Body, limb: Limb): Halves {
  body.push(limb);
  body.i64(LOW_HALF);
  body.op(w.I64_AND);
  const low = body.keep();
  body.push(limb);
  body.i64(32n);
  body.op(w.I64_SHR_U);
  return [low, body.keep()];
}

/** The high 64 bits of a product of limbs in halves. */
function highProduct(body: Body, x: Halves, y: Halves): number {
  const product = (a: number, b: number): void => {
    body.get(a);
    body.get(b);
    body.op(w.I64_MUL);
  };
  const addHigh = (local: number): void => {
    body.get(local);
    body.i64(32n);
    body.op(w.I64_SHR_U, w.I64_ADD);
  };
  product(x[1], y[0]);
  product(x[0], y[0]);
  body.i64(32n);
  body.op(w.I64_SHR_U, w.I64_ADD);
  const middle = body.keep();
  product(x[0], y[1]);
  body.get(middle);
  body.i64(LOW_HALF);
  body.op(w.I64_AND, w.I64_ADD);
  const cross = body.keep();
  product(x[1], y[1]);
  addHigh(middle);
  addHigh(cross);
  return body.keep();
}

function lowProduct(body: Body, x: Limb, y: Limb): number {
  body.push(x);
  body.push(y);
  body.op(w.I64_MUL);
  return body.keep();
}

/** 64 by 64 to 128 bits. */
export function multiplyLimbs(body: Body, x: Limb, y: Limb): [low: number, high: number] {
  const high = highProduct(body, halves(body, x), halves(body, y));
  return [lowProduct(body, x, y), high];
}

/** Function of eight limbs that returns the four of the product: the multiplication of words that are not known to be small. */
export function multiplyFunction(): ModuleFunction {
  const parameters = new Array<w.ValueType>(8).fill(w.I64);
  const body = new Body(parameters);
  narrowProduct(body);
  wideProduct(body);
  body.op(w.END);
  const results = new Array<w.ValueType>(4).fill(w.I64);
  return { type: { parameters, results }, locals: body.locals, code: body.bytes.written.slice() };
}

/** Returns at once when both words are 64-bit numbers with sign. */
function narrowProduct(body: Body): void {
  const signs = [0, 4].map((limb) => {
    body.get(limb);
    body.i64(63n);
    body.op(w.I64_SHR_S);
    return body.keep();
  });
  [1, 2, 3, 5, 6, 7].forEach((limb, i) => {
    body.get(limb);
    body.get(signs[limb < 4 ? 0 : 1]!);
    body.op(w.I64_XOR);
    if (i > 0) body.op(w.I64_OR);
  });
  body.op(w.I64_EQZ);
  body.if(() => {
    const [low, high] = multiplyLimbs(body, 0, 4);
    // The unsigned product of the low limbs counts a negative one 2^64 too high.
    body.get(high);
    body.get(signs[0]!);
    body.get(4);
    body.op(w.I64_AND, w.I64_SUB);
    body.get(signs[1]!);
    body.get(0);
    body.op(w.I64_AND, w.I64_SUB);
    const top = body.keep();
    body.get(low);
    body.get(top);
    for (let i = 0; i < 2; i++) {
      body.get(top);
      body.i64(63n);
      body.op(w.I64_SHR_S);
    }
    body.return();
  });
}

/** Schoolbook by columns, modulo 2^256. */
function wideProduct(body: Body): void {
  const a = [0, 1, 2].map((k) => halves(body, k));
  const b = [0, 1, 2].map((k) => halves(body, 4 + k));
  const low = (i: number, j: number): number => lowProduct(body, i, 4 + j);
  const high = (i: number, j: number): number => highProduct(body, a[i]!, b[j]!);
  const limb0 = low(0, 0);
  const [limb1, carry1] = sum(body, [high(0, 0), low(0, 1), low(1, 0)]);
  const [limb2, carry2] = sum(body, [carry1, high(0, 1), high(1, 0), low(0, 2), low(1, 1), low(2, 0)]);
  const top = [high(0, 2), high(1, 1), high(2, 0), low(0, 3), low(1, 2), low(2, 1), low(3, 0)];
  body.get(limb0);
  body.get(limb1);
  body.get(limb2);
  body.get(carry2);
  for (const term of top) {
    body.get(term);
    body.op(w.I64_ADD);
  }
}

/** Sum of limbs and how often it overflowed. */
function sum(body: Body, [first, ...rest]: readonly number[]): [total: number, carry: number] {
  let total = first!;
  body.i64(0n);
  let carry = body.keep();
  for (const term of rest) {
    body.get(total);
    body.get(term);
    body.op(w.I64_ADD);
    const next = body.keep();
    body.get(carry);
    body.get(next);
    body.get(term);
    body.op(w.I64_LT_U, w.I64_EXTEND_I32_U, w.I64_ADD);
    carry = body.keep();
    total = next;
  }
  return [total, carry];
}
