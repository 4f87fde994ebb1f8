import type { Assembler, Label } from "../riscv/assembler.ts";
import * as rv from "../riscv/encode.ts";
import { A0, A1, A2, A7, LINK, MEMORY_LIMIT, RA, T0, T1, T2, TP, ZERO } from "../riscv/registers.ts";
import { Ecall, PANIC } from "./calls.ts";
import { GUARD, MAXIMUM_PAGES } from "./layout.ts";
import { loadConstant, loadSlot, move, type Program, storeSlot } from "./program.ts";

const { Condition } = rv;

/** Emits what functions share. */
export function emitRoutines(program: Program): void {
  const { asm, routines } = program;
  asm.bind(routines.trap);
  asm.emit(rv.addi(A0, ZERO, PANIC));
  asm.emit(rv.addi(A7, ZERO, Ecall.exit));
  asm.emit(rv.ECALL);
  emitGrow(program);
  emitCopy(program);
  emitFill(program);
  emitLeadingZeros(asm, routines.leadingZeros);
  emitPopulation(program);
}

/** A0 pages more: the old number of pages, or −1. New memory is zero because nothing could write there. */
function emitGrow(program: Program): void {
  const { asm, memorySize, routines, module } = program;
  const refused = asm.label();
  asm.bind(routines.grow);
  loadSlot(asm, T0, memorySize);
  asm.emit(rv.slli(T1, A0, 32));
  asm.emit(rv.srli(T1, T1, 16));
  asm.emit(rv.add(T1, T1, T0));
  loadConstant(program, T2, BigInt(Math.min(module.maximumPages, MAXIMUM_PAGES)) << 16n);
  asm.branch(Condition.ltu, T2, T1, refused);
  storeSlot(asm, T1, memorySize, T2);
  asm.emit(rv.addi(MEMORY_LIMIT, T1, -GUARD));
  asm.emit(rv.srli(A0, T0, 16));
  asm.emit(rv.jalr(ZERO, RA, 0));
  asm.bind(refused);
  asm.emit(rv.addi(A0, ZERO, -1));
  asm.emit(rv.jalr(ZERO, RA, 0));
}

/** Traps unless A2 bytes from each of `addresses` on are in the memory. Lengths and addresses over 2 GiB are negative. */
function emitRangeCheck({ asm, memorySize, routines }: Program, addresses: readonly number[]): void {
  loadSlot(asm, T0, memorySize);
  asm.branch(Condition.ltu, T0, A2, routines.trap);
  asm.emit(rv.sub(T1, T0, A2));
  for (const address of addresses) asm.branch(Condition.ltu, T1, address, routines.trap);
  for (const address of addresses) asm.emit(rv.add(address, address, TP));
}

/** A2 bytes from A1 to A0, downwards where upwards would write what is still to be read. */
function emitCopy(program: Program): void {
  const { asm, routines } = program;
  const down = asm.label();
  asm.bind(routines.copy);
  emitRangeCheck(program, [A0, A1]);
  asm.emit(rv.sub(T1, A0, A1));
  asm.branch(Condition.ltu, T1, A2, down);
  emitUnits(asm, 8, 4, (offset, step) => {
    for (let i = 0; i < 4; i++) asm.emit(rv.ld(BLOCK[i]!, A1, offset + 8 * i));
    for (let i = 0; i < 4; i++) asm.emit(rv.sd(BLOCK[i]!, A0, offset + 8 * i));
    advance(asm, step);
  });
  emitUnits(asm, 8, 1, (offset, step) => {
    asm.emit(rv.ld(T0, A1, offset));
    asm.emit(rv.sd(T0, A0, offset));
    advance(asm, step);
  });
  emitUnits(asm, 1, 1, (offset, step) => {
    asm.emit(rv.lbu(T0, A1, offset));
    asm.emit(rv.sb(T0, A0, offset));
    advance(asm, step);
  });
  asm.emit(rv.jalr(ZERO, RA, 0));
  asm.bind(down);
  asm.emit(rv.add(A0, A0, A2));
  asm.emit(rv.add(A1, A1, A2));
  for (const [unit, load, store] of [[8, rv.ld, rv.sd] as const, [1, rv.lbu, rv.sb] as const]) {
    emitUnits(asm, unit, 1, () => {
      asm.emit(load(T0, A1, -unit));
      asm.emit(store(T0, A0, -unit));
      advance(asm, -unit);
    });
  }
  asm.emit(rv.jalr(ZERO, RA, 0));
}

/** Registers for 32 bytes at a time; calls may change them. */
const BLOCK = [13, 14, 15, 16] as const;

/** A loop for as long as A2 is at least `unit` · `count`; A2 is what remains. */
function emitUnits(asm: Assembler, unit: number, count: number, body: (offset: number, step: number) => void): void {
  const bytes = unit * count;
  const [done, again] = [asm.label(), asm.label()];
  asm.emit(rv.addi(T1, ZERO, bytes));
  asm.branch(Condition.ltu, A2, T1, done);
  asm.bind(again);
  body(0, bytes);
  asm.emit(rv.addi(A2, A2, -bytes));
  asm.branch(Condition.geu, A2, T1, again);
  asm.bind(done);
}

function advance(asm: Assembler, step: number): void {
  asm.emit(rv.addi(A0, A0, step));
  asm.emit(rv.addi(A1, A1, step));
}

/** A2 bytes of A1 from A0 on. */
function emitFill(program: Program): void {
  const { asm, routines } = program;
  asm.bind(routines.fill);
  emitRangeCheck(program, [A0]);
  asm.emit(rv.andi(A1, A1, 255));
  loadConstant(program, T2, 0x0101010101010101n);
  asm.emit(rv.mul(A1, A1, T2));
  for (const [unit, count, store] of [[8, 4, rv.sd] as const, [8, 1, rv.sd] as const, [1, 1, rv.sb] as const]) {
    emitUnits(asm, unit, count, (_, step) => {
      for (let i = 0; i < count; i++) asm.emit(store(A1, A0, 8 * i));
      asm.emit(rv.addi(A0, A0, step));
    });
  }
  asm.emit(rv.jalr(ZERO, RA, 0));
}

/** T1: its zeros above the highest one, by halves. Changes T0 and T2. */
function emitLeadingZeros(asm: Assembler, label: Label): void {
  const some = asm.label();
  asm.bind(label);
  asm.branch(Condition.ne, T1, ZERO, some);
  asm.emit(rv.addi(T1, ZERO, 64));
  asm.emit(rv.jalr(ZERO, LINK, 0));
  asm.bind(some);
  move(asm, T0, ZERO);
  for (const half of [32, 16, 8, 4, 2, 1]) {
    const past = asm.label();
    asm.emit(rv.srli(T2, T1, 64 - half));
    asm.branch(Condition.ne, T2, ZERO, past);
    asm.emit(rv.addi(T0, T0, half));
    asm.emit(rv.slli(T1, T1, half));
    asm.bind(past);
  }
  move(asm, T1, T0);
  asm.emit(rv.jalr(ZERO, LINK, 0));
}

/** T1: its ones, summed up in fields of 2, 4 and 8 bits. Changes T0 and T2. */
function emitPopulation(program: Program): void {
  const { asm } = program;
  asm.bind(program.routines.population);
  asm.emit(rv.srli(T0, T1, 1));
  loadConstant(program, T2, 0x5555555555555555n);
  asm.emit(rv.and(T0, T0, T2));
  asm.emit(rv.sub(T1, T1, T0));
  loadConstant(program, T2, 0x3333333333333333n);
  asm.emit(rv.and(T0, T1, T2));
  asm.emit(rv.srli(T1, T1, 2));
  asm.emit(rv.and(T1, T1, T2));
  asm.emit(rv.add(T1, T1, T0));
  asm.emit(rv.srli(T0, T1, 4));
  asm.emit(rv.add(T1, T1, T0));
  loadConstant(program, T2, 0x0f0f0f0f0f0f0f0fn);
  asm.emit(rv.and(T1, T1, T2));
  loadConstant(program, T2, 0x0101010101010101n);
  asm.emit(rv.mul(T1, T1, T2));
  asm.emit(rv.srli(T1, T1, 56));
  asm.emit(rv.jalr(ZERO, LINK, 0));
}
