import { add, Condition, jalr, lui, lwu, sd, slli } from "../riscv/encode.ts";
import { A0, A1, A2, ARGUMENTS, LINK, RA, SP, T0, T1, T2, ZERO } from "../riscv/registers.ts";
import type { Instruction } from "../wasm/instructions.ts";
import type { FunctionType } from "../wasm/module.ts";
import { Op } from "../wasm/opcodes.ts";
import { beginIf, branchOn, popTest } from "./conditions.ts";
import type { FunctionTranslator, Handler } from "./function.ts";
import { loadConstant, move, splitAddress } from "./program.ts";

/** Blocks, branches and calls. */
export const CONTROL: Readonly<Record<number, Handler>> = {
  [Op.unreachable]: (f) => {
    f.program.asm.jump(f.trap());
    f.dead = true;
  },
  [Op.block]: (f, { index }) => begin(f, "block", index !== 0),
  [Op.loop]: (f, { index }) => begin(f, "loop", index !== 0),
  [Op.if]: (f, instruction) => beginIf(f, popTest(f), instruction),
  [Op.else]: otherwise,
  [Op.end]: end,
  [Op.br]: (f, { index }) => branch(f, index),
  [Op.br_if]: (f, { index }) => branchOn(f, popTest(f), index),
  [Op.br_table]: branchTable,
  [Op.return]: (f) => branch(f, f.blocks.length - 1),
  [Op.call]: call,
  [Op.call_indirect]: callIndirect,
  [Op.memory_grow]: (f) => callRoutine(f, f.program.routines.grow, [A0], true),
  [Op.memory_copy]: (f) => callRoutine(f, f.program.routines.copy, [A0, A1, A2], false),
  [Op.memory_fill]: (f) => callRoutine(f, f.program.routines.fill, [A0, A1, A2], false),
};

function begin(f: FunctionTranslator, kind: "block" | "loop", result: boolean): void {
  const { asm } = f.program;
  const writes = f.analysis.writes.get(f.index)!;
  f.operands.settle(f.operands.height, writes);
  if (kind === "loop") f.bounds = unchanged(f.bounds, writes);
  const label = kind === "loop" ? asm.here() : asm.label();
  const bounds = new Map(f.bounds);
  f.blocks.push({ kind, label, otherwise: undefined, height: f.operands.height, result, bounds, writes });
}

/** What is still known behind a block that sets the locals in `writes`. */
function unchanged(bounds: ReadonlyMap<number, number>, writes: ReadonlySet<number>): Map<number, number> {
  return new Map([...bounds].filter(([local]) => !writes.has(local)));
}

function otherwise(f: FunctionTranslator): void {
  const { asm } = f.program;
  const block = f.blocks.at(-1)!;
  if (!f.dead) {
    if (block.result) f.operands.load(f.operands.height - 1, A0);
    asm.jump(block.label);
  }
  asm.bind(block.otherwise!);
  block.otherwise = undefined;
  f.operands.truncate(block.height);
  f.bounds = new Map(block.bounds);
  f.dead = false;
}

function end(f: FunctionTranslator): void {
  const { asm } = f.program;
  const block = f.blocks.pop()!;
  if (block.kind === "loop") {
    // Nothing branches here: what is on the stack stays where it is.
    if (f.dead) {
      f.operands.truncate(block.height);
      if (block.result) f.operands.push(A0);
    }
  } else {
    if (!f.dead && block.result) f.operands.load(f.operands.height - 1, A0);
    if (block.otherwise !== undefined) asm.bind(block.otherwise);
    asm.bind(block.label);
    f.operands.truncate(block.height);
    if (block.result) f.operands.push(A0);
    f.dead = false;
  }
  f.bounds = unchanged(block.bounds, block.writes);
}

function branch(f: FunctionTranslator, depth: number): void {
  const block = f.blocks.at(-1 - depth)!;
  if (block.result && block.kind !== "loop") f.operands.load(f.operands.height - 1, A0);
  f.program.asm.jump(block.label);
  f.dead = true;
}

/** The index chooses among addresses in the data. */
function branchTable(f: FunctionTranslator, { labels }: Instruction): void {
  const { asm, data } = f.program;
  const targets = labels.map((depth) => f.blocks.at(-1 - depth)!);
  const fallback = targets.pop()!;
  let index = f.operands.pop(T0);
  if (fallback.result && fallback.kind !== "loop") {
    if (index === A0) {
      move(asm, T0, A0);
      index = T0;
    }
    f.operands.load(f.operands.height - 1, A0);
  }
  loadConstant(f.program, T1, BigInt(targets.length));
  asm.branch(Condition.geu, index, T1, fallback.label);
  if (targets.length > 0) {
    const [upper, lower] = splitAddress(data.jumpTable(targets.map(({ label }) => label)));
    asm.emit(slli(T0, index, 2));
    asm.emit(lui(T1, upper));
    asm.emit(add(T1, T1, T0));
    asm.emit(lwu(T1, T1, lower));
    asm.emit(jalr(ZERO, T1, 0));
  }
  f.dead = true;
}

function call(f: FunctionTranslator, { index }: Instruction): void {
  const type = f.program.types[index]!;
  passArguments(f, type);
  f.program.asm.jump(f.program.functions[index]!, RA);
  if (type.results.length > 0) f.operands.push(A0);
}

function callIndirect(f: FunctionTranslator, { index }: Instruction): void {
  const { asm, module, table } = f.program;
  const type = module.types[index]!;
  const slot = f.operands.pop(T0);
  loadConstant(f.program, T1, BigInt(module.table.length));
  asm.branch(Condition.geu, slot, T1, f.trap());
  const [upper, lower] = splitAddress(table);
  asm.emit(slli(T0, slot, 3));
  asm.emit(lui(T1, upper));
  asm.emit(add(T1, T1, T0));
  asm.emit(lwu(T2, T1, lower + 4));
  loadConstant(f.program, T0, BigInt(f.program.typeNumber(type)));
  asm.branch(Condition.ne, T2, T0, f.trap());
  asm.emit(lwu(LINK, T1, lower));
  passArguments(f, type);
  asm.emit(jalr(RA, LINK, 0));
  if (type.results.length > 0) f.operands.push(A0);
}

function callRoutine(f: FunctionTranslator, routine: number, registers: readonly number[], result: boolean): void {
  passInRegisters(f, registers.length, registers.length);
  f.program.asm.jump(routine, RA);
  if (result) f.operands.push(A0);
}

function passArguments(f: FunctionTranslator, { parameters }: FunctionType): void {
  const inRegisters = Math.min(parameters.length, ARGUMENTS);
  const base = f.operands.height - parameters.length;
  for (let i = ARGUMENTS; i < parameters.length; i++) {
    f.program.asm.emit(sd(f.operands.registerOf(base + i, T0), SP, 8 * (i - ARGUMENTS)));
  }
  passInRegisters(f, parameters.length, inRegisters);
}

/** Takes `count` operands, the first `inRegisters` of which go to A0 and onwards; all others are where calls leave them. */
function passInRegisters({ operands, program: { asm } }: FunctionTranslator, count: number, inRegisters: number): void {
  const base = operands.height - count;
  operands.settle(base, new Set());
  const pending = new Map<number, number>();
  const rest: number[] = [];
  for (let i = 0; i < inRegisters; i++) {
    const entry = operands.peek(count - 1 - i);
    if (entry.kind === "register") pending.set(A0 + i, entry.register);
    else rest.push(i);
  }
  for (const [to, from] of pending) if (to === from) pending.delete(to);
  while (pending.size > 0) {
    const sources = new Set(pending.values());
    const ready = [...pending.keys()].find((to) => !sources.has(to));
    if (ready !== undefined) {
      move(asm, ready, pending.get(ready)!);
      pending.delete(ready);
      continue;
    }
    // Only rings are left: one value makes room.
    const [to, from] = [...pending][0]!;
    move(asm, T0, from);
    pending.set(to, T0);
  }
  for (const i of rest) operands.load(base + i, A0 + i);
  operands.truncate(base);
}
