import type { Assembler, Label } from "../riscv/assembler.ts";
import { addi, addiw, Condition, ld, lui, sd, srli } from "../riscv/encode.ts";
import { GP, ZERO } from "../riscv/registers.ts";
import type { FunctionType, Module } from "../wasm/module.ts";
import type { Data } from "./data.ts";
import { DATA_BASE, WINDOW } from "./layout.ts";

/** Routines that functions share. */
export interface Routines {
  readonly trap: Label;
  readonly copy: Label;
  readonly fill: Label;
  readonly grow: Label;
  readonly leadingZeros: Label;
  readonly population: Label;
}

/** What the functions of a program have in common. */
export interface Program {
  readonly module: Module;
  readonly asm: Assembler;
  readonly data: Data;
  readonly routines: Routines;
  /** Imports, then defined functions. */
  readonly functions: readonly Label[];
  readonly types: readonly FunctionType[];
  readonly globals: readonly number[];
  /** Address of the slot with the memory's size in bytes. */
  readonly memorySize: number;
  /** Address of the table: per slot the function's address and the number of its type, 0 where there is none; u32 each. */
  readonly table: number;
  /** Number of a type, the same for equal types. */
  typeNumber(type: FunctionType): number;
}

/** Sets a register to any value: at most two instructions up to 32 bits, otherwise from the constants. */
export function loadConstant({ asm, data }: Pick<Program, "asm" | "data">, register: number, value: bigint): void {
  if (value >= -2048n && value < 2048n) asm.emit(addi(register, ZERO, Number(value)));
  else if (BigInt.asIntN(32, value) === value) loadWord(asm, register, Number(value));
  else if (value > 0n && isLowMask(value)) {
    asm.emit(addi(register, ZERO, -1));
    asm.emit(srli(register, register, 64 - bitLength(value)));
  } else slotAccess(asm, data.constant(value), register, (base, offset) => ld(register, base, offset));
}

function loadWord(asm: Assembler, register: number, value: number): void {
  const upper = (value + 0x800) >> 12;
  asm.emit(lui(register, upper));
  const lower = (value << 20) >> 20;
  if (lower !== 0) asm.emit(addiw(register, register, lower));
}

/** Whether the bits of a positive value are ones from the lowest on. */
export function isLowMask(value: bigint): boolean {
  return value > 0n && (value & (value + 1n)) === 0n;
}

export function bitLength(value: bigint): number {
  return value.toString(2).length;
}

/** Emits an access to a slot of the data; `scratch` holds its address where GP does not reach it. */
export function slotAccess(
  asm: Assembler,
  address: number,
  scratch: number,
  access: (base: number, offset: number) => number,
): void {
  if (address < DATA_BASE + WINDOW) {
    asm.emit(access(GP, address - DATA_BASE - WINDOW / 2));
    return;
  }
  const [upper, lower] = splitAddress(address);
  asm.emit(lui(scratch, upper));
  asm.emit(access(scratch, lower));
}

/** Operands of `lui` and of the access behind it. */
export function splitAddress(address: number): [upper: number, lower: number] {
  const upper = (address + 0x800) >> 12;
  return [upper, address - upper * 4096];
}

export function loadSlot(asm: Assembler, register: number, address: number): void {
  slotAccess(asm, address, register, (base, offset) => ld(register, base, offset));
}

export function storeSlot(asm: Assembler, register: number, address: number, scratch: number): void {
  slotAccess(asm, address, scratch, (base, offset) => sd(register, base, offset));
}

export function move(asm: Assembler, to: number, from: number): void {
  if (to !== from) asm.emit(addi(to, from, 0));
}

/** Branches to `label` when the register is zero. */
export function branchIfZero(asm: Assembler, register: number, label: Label): void {
  asm.branch(Condition.eq, register, ZERO, label);
}
