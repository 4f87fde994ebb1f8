/** Products, powers, shifts and what else computes a word from words. */
import { MAX_LIMB, SIGN_BIT, type Value } from "../program/value.ts";
import * as w from "../wasm/instructions.ts";
import { ownFunction } from "../wasm/module.ts";
import type { Emit, FrameState } from "./frame.ts";
import { CHARGED, kernelCall } from "./kernel-call.ts";
import * as arithmetic from "./limbs.ts";
import { isZero, type Limbs, ZERO } from "./limbs.ts";
import { multiplyLimbs } from "./multiply.ts";

/** Computes limbs from those of the operands. */
export function limbwise(compute: (frame: FrameState, value: Value, a: Limbs, b: Limbs) => Limbs): Emit {
  return (frame, value) => {
    const [a, b] = value.operands.map((operand) => frame.limbs(operand));
    frame.define(value, compute(frame, value, a!, b ?? ZERO));
  };
}

/** The exponent of a power of two below 2^255. */
export function exponentOf(value: Value): number | undefined {
  const { constant } = value;
  if (constant === undefined || constant <= 0n || constant >= SIGN_BIT || (constant & (constant - 1n)) !== 0n)
    return undefined;
  return constant.toString(2).length - 1;
}

export function multiply(frame: FrameState, value: Value, a: Limbs, b: Limbs): Limbs {
  const { body } = frame;
  const [left, right] = value.operands as [Value, Value];
  const shifted = exponentOf(left) ?? exponentOf(right);
  if (value.max <= MAX_LIMB) {
    body.push(a[0]!);
    body.push(b[0]!);
    body.op(w.I64_MUL);
    return [body.keep(), 0n, 0n, 0n];
  }
  if (shifted !== undefined) return arithmetic.shiftLeftBy(body, exponentOf(left) === undefined ? a : b, shifted);
  if (left.max <= MAX_LIMB && right.max <= MAX_LIMB) return [...multiplyLimbs(body, a[0]!, b[0]!), 0n, 0n];
  return multiplyWords(frame, a, b);
}

/** The product of any words. */
function multiplyWords(frame: FrameState, a: Limbs, b: Limbs): Limbs {
  const { body } = frame;
  for (const limb of [...a, ...b]) body.push(limb);
  frame.usesMultiplication = true;
  body.callIndex(ownFunction(1));
  const limbs = [0, 0, 0, 0].map(() => body.locals.take(w.I64));
  for (const local of limbs.toReversed()) body.set(local);
  return limbs;
}

/** Exponents up to this are multiplied out. */
const MAX_MULTIPLIED_EXPONENT = 0xffffn;

export function exponentiate(frame: FrameState, value: Value): void {
  const { body } = frame;
  const [base, { constant: exponent }] = value.operands as [Value, Value];
  if (exponent === undefined || exponent > MAX_MULTIPLIED_EXPONENT) {
    kernelCall("power", { ...CHARGED, result: true })(frame, value);
    return;
  }
  const bytes = exponent === 0n ? 0n : exponent > 0xffn ? 2n : 1n;
  if (bytes > 0n) {
    body.get(frame.gas);
    body.i64(bytes * frame.program.exponentByteGas);
    body.op(w.I64_SUB);
    body.tee(frame.gas);
    body.i64(0n);
    body.op(w.I64_LT_S);
    body.brIf(frame.outOfGas);
  }
  if (value.constant !== undefined || value.lastUse < 0) return;
  const limbs = frame.limbs(base);
  let power = limbs;
  // From the bit below the highest down.
  for (const bit of exponent.toString(2).slice(1)) {
    power = multiplyWords(frame, power, power);
    if (bit === "1") power = multiplyWords(frame, power, limbs);
  }
  frame.define(value, power);
}

export function signExtend(frame: FrameState, value: Value): void {
  const size = value.operands[0]!.constant;
  if (size === undefined) kernelCall("signExtendWord", { result: true })(frame, value);
  else {
    const limbs = frame.limbs(value.operands[1]!);
    frame.define(value, size > 30n ? limbs : signExtendFrom(frame, limbs, Number(size) * 8 + 7));
  }
}

/** Repeats bit `bit` in all higher ones. */
function signExtendFrom({ body }: FrameState, limbs: Limbs, bit: number): Limbs {
  const top = bit >> 6;
  const unused = BigInt(63 - (bit & 63));
  body.push(limbs[top]!);
  body.i64(unused);
  body.op(w.I64_SHL);
  body.i64(unused);
  body.op(w.I64_SHR_S);
  const extended = body.keep();
  const sign = top < 3 ? arithmetic.signOf(body, [0n, 0n, 0n, extended]) : 0n;
  return limbs.map((limb, k) => (k < top ? limb : k === top ? extended : sign));
}

export function byte({ body }: FrameState, value: Value, index: Limbs, limbs: Limbs): Limbs {
  const known = value.operands[0]!.constant;
  if (known !== undefined) {
    if (known > 31n) return ZERO;
    const at = 31 - Number(known);
    body.push(limbs[at >> 3]!);
    body.i64(BigInt((at & 7) * 8));
    body.op(w.I64_SHR_U);
    body.i64(0xffn);
    body.op(w.I64_AND);
    return [body.keep(), 0n, 0n, 0n];
  }
  body.i64(31n);
  body.push(index[0]!);
  body.op(w.I64_SUB);
  body.i64(3n);
  body.op(w.I64_SHL);
  body.i64(0xffn);
  body.op(w.I64_AND);
  const [low] = arithmetic.shift(body, [body.keep(), 0n, 0n, 0n], limbs, "right");
  body.push(low!);
  body.i64(0xffn);
  body.op(w.I64_AND);
  body.i64(0n);
  arithmetic.pushUnion(body, index.slice(1));
  body.push(index[0]!);
  body.i64(5n);
  body.op(w.I64_SHR_U, w.I64_OR, w.I64_EQZ, w.SELECT);
  return [body.keep(), 0n, 0n, 0n];
}

export function shift(kind: arithmetic.Shift): Emit {
  return limbwise(({ body }, value, by, limbs) => {
    const known = value.operands[0]!.constant;
    if (known === undefined) return arithmetic.shift(body, by, limbs, kind);
    if (kind === "left") return known < 256n ? arithmetic.shiftLeftBy(body, limbs, Number(known)) : ZERO;
    const fill = kind === "arithmetic" ? arithmetic.signOf(body, limbs) : 0n;
    return known < 256n ? arithmetic.shiftRightBy(body, limbs, Number(known), fill) : [fill, fill, fill, fill];
  });
}

/** EIP-7939. */
export function leadingZeros({ body }: FrameState, _: Value, limbs: Limbs): Limbs {
  // From the highest limb down: a limb counts only while those above it are zero.
  body.i64(256n);
  let count = body.keep();
  for (const [k, limb] of limbs.entries()) {
    if (isZero(limb)) continue;
    body.push(limb);
    body.op(w.I64_CLZ);
    body.i64(BigInt(64 * (3 - k)));
    body.op(w.I64_ADD);
    body.get(count);
    body.push(limb);
    body.i64(0n);
    body.op(w.I64_NE, w.SELECT);
    count = body.keep();
  }
  return [count, 0n, 0n, 0n];
}
