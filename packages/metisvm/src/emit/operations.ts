/** What each instruction becomes. */
import { limbCount, limbsOf, MAX_LIMB, MAX_WORD, SIGN_BIT, type Value } from "../program/value.ts";
import type { Limb } from "../wasm/body.ts";
import * as w from "../wasm/instructions.ts";
import { ownFunction } from "../wasm/module.ts";
import type { FrameState } from "./frame.ts";
import * as arithmetic from "./limbs.ts";
import { isZero, type Limbs, ZERO } from "./limbs.ts";
import { loadBigEndian, memoryAt, storeBigEndian } from "./memory.ts";
import { multiplyLimbs } from "./multiply.ts";

type Emit = (frame: FrameState, value: Value) => void;

/** Computes limbs from those of the operands. */
function limbwise(compute: (frame: FrameState, value: Value, a: Limbs, b: Limbs) => Limbs): Emit {
  return (frame, value) => {
    const [a, b] = value.operands.map((operand) => frame.limbs(operand));
    frame.define(value, compute(frame, value, a!, b ?? ZERO));
  };
}

/** Pushes an i32 that is the result. */
function truth(push: (frame: FrameState, a: Limbs, b: Limbs) => void): Emit {
  return (frame, value) => {
    const [a, b] = value.operands.map((operand) => frame.limbs(operand));
    push(frame, a!, b ?? ZERO);
    frame.defineTruth(value);
  };
}

interface KernelCall {
  /** The function returns false when the frame halts. */
  readonly halts?: boolean;
  /** It looks at gas or takes some; it may move or enlarge memory. */
  readonly gas?: boolean;
  readonly memory?: boolean;
  readonly result?: boolean;
  /** Arguments after the stack pointer. */
  readonly argument?: number;
}

/** Leaves the instruction to the kernel: operands and result lie where the interpreter has them. */
function kernelCall(name: string, call: KernelCall): Emit {
  return (frame, value) => {
    const { body } = frame;
    const top = frame.storeOperands(value.operands, value.position);
    if (call.gas) frame.handOverGas();
    frame.pushPlace(top);
    if (call.argument !== undefined) body.i32(call.argument);
    body.call(name);
    if (call.halts) frame.checkHalt();
    if (call.gas) frame.reloadGas();
    if (call.memory) frame.reloadMemory();
    if (call.result) takeResult(frame, value);
  };
}

function takeResult(frame: FrameState, value: Value): void {
  frame.resultAt(value.position, value);
  if (value.lastUse >= 0) frame.define(value, frame.loadWord(value.position, limbCount(value.max)));
}

const CHARGED = { halts: true, gas: true } as const;
const COPY = { ...CHARGED, memory: true } as const;

/** Functions of the kernel that take addresses of the result and the operands. */
function byAddress(name: string): Emit {
  return (frame, value) => {
    const { operands, position } = value;
    const top = frame.storeOperands(operands, position);
    frame.pushPlace(position);
    operands.forEach((_, i) => {
      frame.pushPlace(top - i);
    });
    frame.body.call(name);
    takeResult(frame, value);
  };
}

/** Words that the message or the block gives. */
function environment(op: number): Emit {
  return (frame, value) => {
    frame.vacate(value.position);
    frame.body.i32(op);
    frame.pushPlace(value.position);
    frame.body.call("readEnvironment");
    takeResult(frame, value);
  };
}

function fromGlobal(name: string): Emit {
  return (frame, value) => {
    frame.body.getGlobal(name);
    frame.body.op(w.I64_EXTEND_I32_U);
    frame.define(value, [frame.body.keep(), 0n, 0n, 0n]);
  };
}

const EMITTERS: Readonly<Record<string, Emit>> = {
  ADD: limbwise(({ body }, value, a, b) => arithmetic.add(body, a, b, limbCount(value.max))),
  SUB: limbwise(({ body }, _, a, b) => arithmetic.subtract(body, a, b)),
  MUL: limbwise(multiply),
  DIV: divide("divide"),
  MOD: divide("modulo"),
  SDIV: divide("divideSigned"),
  SMOD: divide("moduloSigned"),
  ADDMOD: byAddress("addModulo"),
  MULMOD: byAddress("multiplyModulo"),
  EXP: exponentiate,
  SIGNEXTEND: signExtend,

  LT: truth(({ body }, a, b) => arithmetic.pushLess(body, a, b)),
  GT: truth(({ body }, a, b) => arithmetic.pushLess(body, b, a)),
  SLT: truth(({ body }, a, b) => pushLessSigned(body, a, b)),
  SGT: truth(({ body }, a, b) => pushLessSigned(body, b, a)),
  EQ: truth(({ body }, a, b) => arithmetic.pushEqual(body, a, b)),
  ISZERO: (frame, value) => {
    pushIsZero(frame, value.operands[0]!);
    frame.defineTruth(value);
  },
  AND: limbwise(({ body }, _, a, b) => arithmetic.bitwise(body, a, b, w.I64_AND, foldAnd)),
  OR: limbwise(({ body }, _, a, b) => arithmetic.bitwise(body, a, b, w.I64_OR, foldOr)),
  XOR: limbwise(({ body }, _, a, b) => arithmetic.bitwise(body, a, b, w.I64_XOR, foldXor)),
  NOT: limbwise(({ body }, _, a) =>
    arithmetic.bitwise(body, a, limbsOf(MAX_WORD), w.I64_XOR, (x) =>
      typeof x === "bigint" && x !== MAX_LIMB ? x ^ MAX_LIMB : undefined,
    ),
  ),
  BYTE: limbwise(byte),
  SHL: shift("left"),
  SHR: shift("right"),
  SAR: shift("arithmetic"),
  CLZ: limbwise(leadingZeros),

  KECCAK256: kernelCall("hashMemory", { ...COPY, result: true }),
  CALLVALUE: callValue,
  CALLDATALOAD: loadInput,
  CALLDATASIZE: fromGlobal("INPUT_LENGTH"),
  CALLDATACOPY: kernelCall("copyInput", COPY),
  CODESIZE: (frame, value) => frame.define(value, [BigInt(frame.program.code.length), 0n, 0n, 0n]),
  CODECOPY: kernelCall("copyCode", COPY),
  RETURNDATASIZE: fromGlobal("RETURN_DATA_LENGTH"),
  RETURNDATACOPY: kernelCall("copyReturnData", COPY),
  BALANCE: kernelCall("balance", { ...CHARGED, result: true }),
  EXTCODESIZE: kernelCall("externalCodeSize", { ...CHARGED, result: true }),
  EXTCODEHASH: kernelCall("externalCodeHash", { ...CHARGED, result: true }),
  EXTCODECOPY: kernelCall("externalCodeCopy", COPY),
  BLOCKHASH: kernelCall("blockHash", { result: true }),
  BLOBHASH: kernelCall("blobHash", { result: true }),

  MLOAD: (frame, value) => frame.define(value, loadBigEndian(frame, memoryAt(frame, value, 32))),
  MSTORE: (frame, value) => {
    const address = memoryAt(frame, value, 32);
    storeBigEndian(frame, address, frame.limbs(value.operands[1]!));
  },
  MSTORE8: (frame, value) => {
    const { local, offset } = memoryAt(frame, value, 1);
    const [low] = frame.limbs(value.operands[1]!);
    frame.body.get(local);
    frame.body.push(low!);
    frame.body.op(w.I32_WRAP_I64);
    frame.body.store8(offset);
  },
  MSIZE: (frame, value) => {
    frame.body.get(frame.memorySize);
    frame.define(value, [frame.body.keep(), 0n, 0n, 0n]);
  },
  MCOPY: kernelCall("copyWithinMemory", COPY),
  SLOAD: kernelCall("readStorage", { ...CHARGED, result: true }),
  SSTORE: kernelCall("storeStorage", CHARGED),
  TLOAD: kernelCall("loadTransient", { result: true }),
  TSTORE: kernelCall("storeTransient", { halts: true }),
  GAS: (frame, value) => {
    frame.body.get(frame.gas);
    frame.define(value, [frame.body.keep(), 0n, 0n, 0n]);
  },
  ...Object.fromEntries([0, 1, 2, 3, 4].map((n) => [`LOG${n}`, kernelCall("log", { ...COPY, argument: n })])),
};

/** Instructions that only read the message or the block, by code. */
const ENVIRONMENT: Readonly<Record<string, number>> = {
  ADDRESS: 0x30,
  ORIGIN: 0x32,
  CALLER: 0x33,
  GASPRICE: 0x3a,
  COINBASE: 0x41,
  TIMESTAMP: 0x42,
  NUMBER: 0x43,
  PREVRANDAO: 0x44,
  GASLIMIT: 0x45,
  CHAINID: 0x46,
  SELFBALANCE: 0x47,
  BASEFEE: 0x48,
  BLOBBASEFEE: 0x4a,
};

/** Generates one value. */
export function emitOperation(frame: FrameState, value: Value): void {
  const { operation } = value;
  const emit = EMITTERS[operation] ?? environmentEmitter(operation);
  emit(frame, value);
}

function environmentEmitter(operation: string): Emit {
  const op = ENVIRONMENT[operation];
  if (op === undefined) throw new Error(`no code for ${operation}`);
  return environment(op);
}

const foldAnd = (x: Limb, y: Limb): Limb | undefined =>
  isZero(x) ? 0n : x === MAX_LIMB ? y : both(x, y, (p, q) => p & q);
const foldOr = (x: Limb, y: Limb): Limb | undefined => (isZero(x) ? y : both(x, y, (p, q) => p | q));
const foldXor = (x: Limb, y: Limb): Limb | undefined => (isZero(x) ? y : both(x, y, (p, q) => p ^ q));

function both(x: Limb, y: Limb, compute: (p: bigint, q: bigint) => bigint): Limb | undefined {
  return typeof x === "bigint" && typeof y === "bigint" ? compute(x, y) : undefined;
}

/** The exponent of a power of two below 2^255. */
function exponentOf(value: Value): number | undefined {
  const { constant } = value;
  if (constant === undefined || constant <= 0n || constant >= SIGN_BIT || (constant & (constant - 1n)) !== 0n)
    return undefined;
  return constant.toString(2).length - 1;
}

function multiply(frame: FrameState, value: Value, a: Limbs, b: Limbs): Limbs {
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

function exponentiate(frame: FrameState, value: Value): void {
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

type DivisionName = "divide" | "modulo" | "divideSigned" | "moduloSigned";

function divide(name: DivisionName): Emit {
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

function signExtend(frame: FrameState, value: Value): void {
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

function pushLessSigned(body: FrameState["body"], a: Limbs, b: Limbs): void {
  if (b.every(isZero)) {
    body.push(a[3]!);
    body.i64(0n);
    body.op(w.I64_LT_S);
  } else arithmetic.pushLess(body, a, b, !(isZero(a[3]!) && isZero(b[3]!)));
}

/** Pushes the i32 that tells whether a word is zero. */
export function pushIsZero(frame: FrameState, operand: Value): void {
  const { body } = frame;
  if (operand.constant === undefined && operand.truth !== undefined) {
    body.get(operand.truth);
    body.op(w.I32_EQZ);
  } else {
    arithmetic.pushUnion(body, frame.limbs(operand));
    body.op(w.I64_EQZ);
  }
}

function byte({ body }: FrameState, value: Value, index: Limbs, limbs: Limbs): Limbs {
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

function shift(kind: arithmetic.Shift): Emit {
  return limbwise(({ body }, value, by, limbs) => {
    const known = value.operands[0]!.constant;
    if (known === undefined) return arithmetic.shift(body, by, limbs, kind);
    if (kind === "left") return known < 256n ? arithmetic.shiftLeftBy(body, limbs, Number(known)) : ZERO;
    const fill = kind === "arithmetic" ? arithmetic.signOf(body, limbs) : 0n;
    return known < 256n ? arithmetic.shiftRightBy(body, limbs, Number(known), fill) : [fill, fill, fill, fill];
  });
}

/** EIP-7939. */
function leadingZeros({ body }: FrameState, _: Value, limbs: Limbs): Limbs {
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

function callValue(frame: FrameState, value: Value): void {
  const { body } = frame;
  const limbs = [0, 8, 16, 24].map((offset) => {
    body.getGlobal("FRAME");
    body.load64(offset);
    return body.keep();
  });
  frame.define(value, limbs);
}

/** Words that lie within the input are read here; those that go beyond its end by the kernel. */
function loadInput(frame: FrameState, value: Value): void {
  const { body } = frame;
  const offset = frame.limbs(value.operands[0]!);
  const { position } = value;
  frame.vacate(position);
  const result = [0, 0, 0, 0].map(() => body.locals.take(w.I64));
  arithmetic.pushUnion(body, offset.slice(1));
  body.push(offset[0]!);
  body.i64(32n);
  body.op(w.I64_SHR_U, w.I64_OR, w.I64_EQZ);
  body.push(offset[0]!);
  body.i64(32n);
  body.op(w.I64_ADD);
  body.getGlobal("INPUT_LENGTH");
  body.op(w.I64_EXTEND_I32_U, w.I64_LE_U, w.I32_AND);
  const within = (): void => {
    body.getGlobal("INPUT");
    body.push(offset[0]!);
    body.op(w.I32_WRAP_I64, w.I32_ADD);
    const limbs = loadBigEndian(frame, { local: body.keep32(), offset: 0 });
    limbs.forEach((limb, k) => {
      body.push(limb);
      body.set(result[k]!);
    });
  };
  const beyond = (): void => {
    frame.writeLimbs(position, offset);
    frame.pushPlace(position);
    body.call("readInput");
    frame.readLimbs(position, result);
  };
  body.if(within, beyond);
  frame.forget(position);
  frame.define(value, result);
}
