/** What each instruction becomes. */
import { limbCount, limbsOf, MAX_LIMB, MAX_WORD, type Value } from "../program/value.ts";
import * as w from "../wasm/instructions.ts";
import { byte, exponentiate, leadingZeros, limbwise, multiply, shift, signExtend } from "./arithmetic.ts";
import { divide } from "./division.ts";
import { foldAnd, foldOr, foldXor } from "./folding.ts";
import type { Emit, FrameState } from "./frame.ts";
import { byAddress, CHARGED, COPY, environment, kernelCall } from "./kernel-call.ts";
import * as arithmetic from "./limbs.ts";
import { isZero, type Limbs, ZERO } from "./limbs.ts";
import { loadBigEndian, memoryAt, storeBigEndian } from "./memory.ts";

/** Pushes an i32 that is the result. */
function truth(push: (frame: FrameState, a: Limbs, b: Limbs) => void): Emit {
  return (frame, value) => {
    const [a, b] = value.operands.map((operand) => frame.limbs(operand));
    push(frame, a!, b ?? ZERO);
    frame.defineTruth(value);
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
