import * as rv from "../riscv/encode.ts";
import { LINK, MEMORY_LIMIT, T0, T1, T2, TP, ZERO } from "../riscv/registers.ts";
import type { Instruction } from "../wasm/instructions.ts";
import { Op } from "../wasm/opcodes.ts";
import type { FunctionTranslator, Handler } from "./function.ts";
import { GUARD, MAXIMUM_PAGES, MEMORY_BASE, PAGE } from "./layout.ts";
import { loadConstant, loadSlot, splitAddress } from "./program.ts";

interface Load {
  readonly form: rv.ImmediateForm;
  readonly size: number;
  /** The value has no sign: as 32 bits it is not negative. */
  readonly unsigned?: true;
}

const LOADS: Readonly<Record<number, Load>> = {
  40: { form: rv.lw, size: 4 },
  41: { form: rv.ld, size: 8 },
  44: { form: rv.lb, size: 1 },
  45: { form: rv.lbu, size: 1, unsigned: true },
  46: { form: rv.lh, size: 2 },
  47: { form: rv.lhu, size: 2, unsigned: true },
  48: { form: rv.lb, size: 1 },
  49: { form: rv.lbu, size: 1 },
  50: { form: rv.lh, size: 2 },
  51: { form: rv.lhu, size: 2 },
  52: { form: rv.lw, size: 4 },
  53: { form: rv.lwu, size: 4 },
};

const STORES: Readonly<Record<number, readonly [form: rv.StoreForm, size: number]>> = {
  54: [rv.sw, 4],
  55: [rv.sd, 8],
  58: [rv.sb, 1],
  59: [rv.sh, 2],
  60: [rv.sb, 1],
  61: [rv.sh, 2],
  62: [rv.sw, 4],
};

const I32_LOAD = 40;
const I64_EXTEND_I32_U = 0xad;

/** Loads and stores of the module's memory. */
export const ACCESSES: Readonly<Record<number, Handler>> = {
  ...Object.fromEntries(
    Object.entries(LOADS).map(([op, load]) => [op, (f, i) => emitLoad(f, i, load)] as [string, Handler]),
  ),
  ...Object.fromEntries(
    Object.entries(STORES).map(
      ([op, [form, size]]) => [op, (f, i) => emitStore(f, i, form, size)] as [string, Handler],
    ),
  ),
  [Op.memory_size]: (f) => {
    const register = f.result();
    loadSlot(f.program.asm, register, f.program.memorySize);
    f.program.asm.emit(rv.srli(register, register, 16));
    f.operands.push(register, true);
  },
};

/** Where an access goes: a register and what the instruction adds to it. */
interface Place {
  readonly base: number;
  readonly offset: number;
}

function emitLoad(f: FunctionTranslator, { op, index }: Instruction, { form, size, unsigned }: Load): void {
  const { base, offset } = checkedPlace(f, index, size);
  // An address of 32 bits that is extended next is loaded extended.
  const extends32 = op === I32_LOAD && f.next()?.op === I64_EXTEND_I32_U;
  if (extends32) f.skip();
  const register = f.result();
  f.program.asm.emit((extends32 ? rv.lwu : form)(register, base, offset));
  f.operands.push(register, unsigned === true);
}

function emitStore(f: FunctionTranslator, { index }: Instruction, form: rv.StoreForm, size: number): void {
  const value = f.operands.pop(T1);
  const { base, offset } = checkedPlace(f, index, size);
  f.program.asm.emit(form(value, base, offset));
}

/** Takes an address off the operand stack and checks that `size` bytes at `offset` behind it are in the memory. */
function checkedPlace(f: FunctionTranslator, offset: number, size: number): Place {
  const top = f.operands.peek();
  const { asm } = f.program;
  const length = offset + size;
  if (top.kind === "constant") {
    const address = Number(BigInt.asUintN(32, top.value)) + offset;
    if (address + size <= f.program.module.initialPages * PAGE) return knownPlace(f, address);
  }
  const local = top.kind === "local" ? top.local : undefined;
  const address = f.operands.pop(T0);
  const known = local !== undefined && (f.bounds.get(local) ?? 0) >= length;
  if (!known && local !== undefined) f.bounds.set(local, length);
  if (length > GUARD) {
    if (!known) checkFar(f, address, length);
    return farPlace(f, address, offset);
  }
  if (!known) checkNear(f, address, length);
  asm.emit(rv.add(T2, address, TP));
  return { base: T2, offset };
}

/** A place below the initial memory's end needs no check: memory does not shrink. */
function knownPlace(f: FunctionTranslator, address: number): Place {
  f.operands.drop();
  const [upper, lower] = splitAddress(MEMORY_BASE + address);
  f.program.asm.emit(rv.lui(T2, upper));
  return { base: T2, offset: lower };
}

/** One branch, as long as the address is not among the last of the memory: then the exact comparison, out of the way. */
function checkNear(f: FunctionTranslator, address: number, length: number): void {
  const { asm, memorySize } = f.program;
  const [exact, fine] = [asm.label(), asm.label()];
  asm.branch(rv.Condition.ltu, MEMORY_LIMIT, address, exact);
  asm.bind(fine);
  f.later(() => {
    asm.bind(exact);
    loadSlot(asm, T2, memorySize);
    asm.emit(rv.addi(T2, T2, -length));
    asm.branch(rv.Condition.geu, T2, address, fine);
    asm.jump(f.trap());
  });
}

function checkFar(f: FunctionTranslator, address: number, length: number): void {
  const { asm, memorySize } = f.program;
  if (length > MAXIMUM_PAGES * PAGE) {
    asm.jump(f.trap());
    return;
  }
  // A value to be stored may be in T1.
  loadSlot(asm, T2, memorySize);
  loadConstant(f.program, LINK, BigInt(length));
  asm.emit(rv.sub(T2, T2, LINK));
  asm.branch(rv.Condition.lt, T2, ZERO, f.trap());
  asm.branch(rv.Condition.ltu, T2, address, f.trap());
}

function farPlace(f: FunctionTranslator, address: number, offset: number): Place {
  const { asm } = f.program;
  loadConstant(f.program, T2, BigInt(offset));
  asm.emit(rv.add(T2, T2, address));
  asm.emit(rv.add(T2, T2, TP));
  return { base: T2, offset: 0 };
}
