/** DIV, SDIV, MOD and SMOD: by shifts, by one limb where the operands fit it, else by the kernel. */
import { limbsOf, MAX_LIMB, type Value } from "../program/value.ts";
import * as w from "../wasm/instructions.ts";
import { exponentOf } from "./arithmetic.ts";
import { foldAnd } from "./folding.ts";
import type { Emit, FrameState } from "./frame.ts";
import * as arithmetic from "./limbs.ts";
import { isZero, type Limbs } from "./limbs.ts";

type DivisionName = "divide" | "modulo" | "divideSigned" | "moduloSigned";

export function divide(name: DivisionName): Emit {
  const signed = name.endsWith("Signed");
  return (frame, value) => {
    const [a, b] = value.operands as [Value, Value];
    const exponent = exponentOf(b);
    const byShift = exponent === undefined ? undefined : divideByPower(frame, name, frame.limbs(a), exponent);
    if (byShift) frame.define(value, byShift);
    else if (isSmall(a, signed) && isSmall(b, signed)) divideSmall(frame, value, name);
    else divideAny(frame, value, name);
  };
}

function isSmall({ max }: Value, signed: boolean): boolean {
  return max <= (signed ? MAX_LIMB >> 1n : MAX_LIMB);
}

function divideByPower({ body }: FrameState, name: DivisionName, a: Limbs, exponent: number): Limbs | undefined {
  const mask = limbsOf((1n << BigInt(exponent)) - 1n);
  const masked = (limbs: Limbs): Limbs => arithmetic.bitwise(body, limbs, mask, w.I64_AND, foldAnd);
  if (name === "divide") return arithmetic.shiftRightBy(body, a, exponent);
  if (name === "modulo") return masked(a);
  if (name === "moduloSigned") return undefined;
  // Rounds towards zero: a negative dividend is raised by what the shift would round down.
  const sign = arithmetic.signOf(body, a);
  if (isZero(sign)) return arithmetic.shiftRightBy(body, a, exponent);
  const raised = arithmetic.add(body, a, masked([sign, sign, sign, sign]), 4);
  return arithmetic.shiftRightBy(body, raised, exponent, arithmetic.signOf(body, raised));
}

const LIMB_DIVISION: Readonly<Record<DivisionName, number>> = {
  divide: w.I64_DIV_U,
  modulo: w.I64_REM_U,
  divideSigned: w.I64_DIV_S,
  moduloSigned: w.I64_REM_S,
};

/** Both operands are known to fit one limb, and not to be negative where that matters. */
function divideSmall(frame: FrameState, value: Value, name: DivisionName): void {
  const { body } = frame;
  const [[a], [b]] = value.operands.map((operand) => frame.limbs(operand)) as [Limbs, Limbs];
  const result = body.locals.take(w.I64);
  const compute = (): void => {
    body.push(a!);
    body.push(b!);
    body.op(LIMB_DIVISION[name]);
    body.set(result);
  };
  if (value.operands[1]!.constant) compute();
  else {
    body.push(b!);
    body.op(w.I64_EQZ);
    const clear = (): void => {
      body.i64(0n);
      body.set(result);
    };
    body.if(clear, compute);
  }
  frame.define(value, [result, 0n, 0n, 0n]);
}

/** One limb is tried when the operands happen to fit; the rest is the kernel's. */
function divideAny(frame: FrameState, value: Value, name: DivisionName): void {
  const { body } = frame;
  const [a, b] = value.operands.map((operand) => frame.limbs(operand)) as [Limbs, Limbs];
  const { position } = value;
  const top = position + 1;
  for (const place of [top, position]) frame.vacate(place);
  const result = [0, 0, 0, 0].map(() => body.locals.take(w.I64));
  if (name.endsWith("Signed")) pushFitsSigned(frame, a, b);
  else {
    arithmetic.pushUnion(body, [...a.slice(1), ...b.slice(1)]);
    body.op(w.I64_EQZ);
    body.push(b[0]!);
    body.i64(0n);
    body.op(w.I64_NE, w.I32_AND);
  }
  const narrow = (): void => {
    body.push(a[0]!);
    body.push(b[0]!);
    body.op(LIMB_DIVISION[name]);
    body.set(result[0]!);
    for (const local of result.slice(1)) {
      if (name.endsWith("Signed")) {
        body.get(result[0]!);
        body.i64(63n);
        body.op(w.I64_SHR_S);
      } else body.i64(0n);
      body.set(local);
    }
  };
  const wide = (): void => {
    frame.writeLimbs(top, a);
    frame.writeLimbs(position, b);
    for (const place of [position, top, position]) frame.pushPlace(place);
    body.call(name);
    frame.readLimbs(position, result);
  };
  body.if(narrow, wide);
  frame.forget(top);
  frame.forget(position);
  frame.define(value, result);
}

/** Pushes whether both words are 64-bit numbers with sign, and the divisor neither 0 nor -1. */
function pushFitsSigned({ body }: FrameState, a: Limbs, b: Limbs): void {
  [a, b].forEach((limbs, which) => {
    body.push(limbs[0]!);
    body.i64(63n);
    body.op(w.I64_SHR_S);
    const sign = body.keep();
    for (const k of [1, 2, 3]) {
      body.push(limbs[k]!);
      body.get(sign);
      body.op(w.I64_XOR);
      if (k > 1 || which > 0) body.op(w.I64_OR);
    }
  });
  body.op(w.I64_EQZ);
  body.push(b[0]!);
  body.i64(1n);
  body.op(w.I64_ADD);
  body.i64(1n);
  body.op(w.I64_GT_U, w.I32_AND);
}
