/** Access to the frame's memory: bounds, expansion, words in big-endian order. */
import type { Value } from "../program/value.ts";
import * as w from "../wasm/instructions.ts";
import type { FrameState } from "./frame.ts";
import { type Limbs, pushUnion } from "./limbs.ts";

/** Where a range of memory begins: the address in a local, and a constant to add. */
export interface Address {
  readonly local: number;
  readonly offset: number;
}

const MAX_OFFSET = 0xffff_ffffn;
const REVERSED = [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

/** Makes memory reach `size` bytes from the offset that the first operand gives. */
export function memoryAt(frame: FrameState, value: Value, size: number): Address {
  const offset = value.operands[0]!;
  return offset.constant === undefined
    ? variableAddress(frame, frame.limbs(offset, value.operandMax), value.operandMax, size)
    : constantAddress(frame, offset.constant, size);
}

function constantAddress(frame: FrameState, offset: bigint, size: number): Address {
  const { body } = frame;
  if (offset > MAX_OFFSET) {
    body.i32(1);
    body.brIf(frame.outOfGas);
    return { local: frame.memory, offset: 0 };
  }
  const end = offset + BigInt(size);
  if (end > frame.knownMemory) {
    reach(frame, () => body.i64(end));
    frame.knownMemory = (end + 31n) & ~31n;
  }
  return { local: frame.memory, offset: Number(offset) };
}

function variableAddress(frame: FrameState, limbs: Limbs, max: bigint, size: number): Address {
  const { body } = frame;
  if (max > MAX_OFFSET) {
    pushUnion(body, limbs.slice(1));
    body.push(limbs[0]!);
    body.i64(32n);
    body.op(w.I64_SHR_U, w.I64_OR, w.I64_EQZ, w.I32_EQZ);
    body.brIf(frame.outOfGas);
  }
  reach(frame, () => {
    body.push(limbs[0]!);
    body.i64(BigInt(size));
    body.op(w.I64_ADD);
  });
  body.push(limbs[0]!);
  body.op(w.I32_WRAP_I64);
  body.get(frame.memory);
  body.op(w.I32_ADD);
  return { local: body.keep32(), offset: 0 };
}

/** Expands memory where it does not reach the end that is pushed. */
function reach(frame: FrameState, pushEnd: () => void): void {
  const { body } = frame;
  pushEnd();
  const end = body.keep();
  body.get(end);
  body.get(frame.memorySize);
  body.op(w.I64_GT_U);
  body.if(() => {
    frame.handOverGas();
    body.get(end);
    body.call("reachMemory");
    frame.checkHalt();
    frame.reloadGas();
    frame.reloadMemory();
  });
}

/** The 32 bytes at an address as a word. */
export function loadBigEndian({ body }: FrameState, { local, offset }: Address): Limbs {
  const half = (at: number): [number, number] => {
    const bytes = body.locals.take(w.V128);
    body.get(local);
    body.simdMemory(w.V128_LOAD, at);
    body.set(bytes);
    reverse(body, bytes);
    body.set(bytes);
    const lanes = [0, 1].map((lane) => {
      body.get(bytes);
      body.simd(w.I64X2_EXTRACT_LANE);
      body.op(lane);
      return body.keep();
    });
    return [lanes[0]!, lanes[1]!];
  };
  return [...half(offset + 16), ...half(offset)];
}

type Body = FrameState["body"];

function reverse(body: Body, bytes: number): void {
  body.get(bytes);
  body.get(bytes);
  body.simd(w.I8X16_SHUFFLE);
  body.bytes.raw(REVERSED);
}

export function storeBigEndian(frame: FrameState, address: Address, limbs: Limbs): void {
  storeHalf(frame, address, limbs.slice(0, 2), 16);
  storeHalf(frame, address, limbs.slice(2), 0);
}

function storeHalf({ body }: FrameState, { local, offset }: Address, [low, high]: Limbs, at: number): void {
  if (typeof low === "bigint" && typeof high === "bigint") {
    body.get(local);
    pushConstantBytes(body, (high << 64n) | low);
  } else {
    const bytes = body.locals.take(w.V128);
    body.push(low!);
    body.simd(w.I64X2_SPLAT);
    body.push(high!);
    body.simd(w.I64X2_REPLACE_LANE);
    body.op(1);
    body.set(bytes);
    body.get(local);
    reverse(body, bytes);
  }
  body.simdMemory(w.V128_STORE, offset + at);
}

/** Pushes 16 bytes that hold the number in big-endian order. */
function pushConstantBytes(body: Body, value: bigint): void {
  body.simd(w.V128_CONST);
  for (let i = 15; i >= 0; i--) body.op(Number((value >> BigInt(8 * i)) & 0xffn));
}
