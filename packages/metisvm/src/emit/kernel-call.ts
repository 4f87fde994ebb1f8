/** Instructions that the kernel's own functions carry out. */
import { limbCount, type Value } from "../program/value.ts";
import type { Emit, FrameState } from "./frame.ts";

export interface KernelCall {
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
export function kernelCall(name: string, call: KernelCall): Emit {
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

export const CHARGED: KernelCall = { halts: true, gas: true };
export const COPY: KernelCall = { ...CHARGED, memory: true };

/** Functions of the kernel that take addresses of the result and the operands. */
export function byAddress(name: string): Emit {
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
export function environment(op: number): Emit {
  return (frame, value) => {
    frame.vacate(value.position);
    frame.body.i32(op);
    frame.pushPlace(value.position);
    frame.body.call("readEnvironment");
    takeResult(frame, value);
  };
}
