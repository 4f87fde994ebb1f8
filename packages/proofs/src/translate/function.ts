import { TranslateError } from "../errors.ts";
import type { Label } from "../riscv/assembler.ts";
import { addi, Condition, jalr, ld, sd } from "../riscv/encode.ts";
import { A0, ARGUMENTS, RA, SP, T0, ZERO } from "../riscv/registers.ts";
import type { Instruction } from "../wasm/instructions.ts";
import type { DefinedFunction } from "../wasm/module.ts";
import { Op } from "../wasm/opcodes.ts";
import { ACCESSES } from "./accesses.ts";
import { type Analysis, analyse } from "./analysis.ts";
import { CONTROL } from "./control.ts";
import { chooseHomes, type Homes } from "./homes.ts";
import { NUMERIC } from "./numeric.ts";
import { Operands } from "./operands.ts";
import { move, type Program } from "./program.ts";
import { VARIABLES } from "./variables.ts";

/** A structured block that is open. */
export interface Block {
  readonly kind: "function" | "block" | "loop" | "if";
  /** Where branches to it go. */
  readonly label: Label;
  /** Of an `if` until its `else`. */
  otherwise: Label | undefined;
  readonly height: number;
  readonly result: boolean;
  /** Bounds that were known when it began. */
  readonly bounds: ReadonlyMap<number, number>;
  readonly writes: ReadonlySet<number>;
}

export type Handler = (f: FunctionTranslator, instruction: Instruction) => void;

const HANDLERS: Readonly<Record<number, Handler>> = { ...CONTROL, ...VARIABLES, ...NUMERIC, ...ACCESSES };

/** Translates one function in one pass over its body. The handlers of instructions work on what is public here. */
export class FunctionTranslator {
  readonly program: Program;
  readonly analysis: Analysis;
  readonly operands: Operands;
  readonly blocks: Block[] = [];
  /** Per local, a length that is known to be within the memory from the address in it on. */
  bounds: Map<number, number> = new Map();
  /** Behind a branch, until the end of its block. */
  dead = false;
  readonly #body: readonly Instruction[];
  readonly #later: (() => void)[] = [];
  #index = 0;
  #trap: Label | undefined;

  constructor(program: Program, { body }: DefinedFunction, analysis: Analysis, operands: Operands) {
    this.program = program;
    this.analysis = analysis;
    this.operands = operands;
    this.#body = body;
  }

  /** Index of the instruction that is translated. */
  get index(): number {
    return this.#index;
  }

  /** The instruction behind, or the one `ahead` instructions further. */
  next(ahead = 0): Instruction | undefined {
    return this.#body[this.#index + 1 + ahead];
  }

  /** The instruction behind has been translated with this one. */
  skip(): void {
    this.#index++;
    this.program.asm.source();
  }

  /** Emits something behind the function's end: what hardly ever runs. */
  later(emit: () => void): void {
    this.#later.push(emit);
  }

  /** Where to go when the program traps. */
  trap(): Label {
    this.#trap ??= this.program.asm.label();
    return this.#trap;
  }

  /** Register for a result: that of the local which takes it next, otherwise a free one. All operands have been taken. */
  result(): number {
    const next = this.next();
    if (next?.op === Op.local_set || next?.op === Op.local_tee) {
      const home = this.operands.home(next.index);
      if (home !== undefined && !this.operands.holdsLocal(next.index)) return home;
    }
    return this.operands.allocate();
  }

  run(): void {
    const { asm } = this.program;
    let nested = 0;
    for (; this.#index < this.#body.length; this.#index++) {
      const instruction = this.#body[this.#index]!;
      const { op } = instruction;
      if (this.dead) {
        const closes = op === Op.end || op === Op.else;
        if (op === Op.block || op === Op.loop || op === Op.if) nested++;
        else if (op === Op.end && nested > 0) nested--;
        else if (closes && nested === 0) HANDLERS[op]!(this, instruction);
        continue;
      }
      asm.source();
      HANDLERS[op]!(this, instruction);
    }
  }

  finish(): void {
    for (const emit of this.#later) emit();
    if (this.#trap === undefined) return;
    this.program.asm.bind(this.#trap);
    this.program.asm.jump(this.program.routines.trap);
  }
}

/** Translates the function with this index among the defined ones. */
export function translateFunction(program: Program, index: number): void {
  const defined = program.module.functions[index]!;
  const analysis = analyse(program, defined);
  const homes = chooseHomes(analysis, defined.type.parameters.length);
  const start = program.asm.mark();
  // Most functions that call nothing need no frame, which shows when one was not used.
  const frameless = analysis.leaf && homes.saved.length === 0 && !hasFrameLocals(analysis, homes);
  const label = program.functions[program.module.imports.length + index]!;
  if (emitFunction(program, defined, label, analysis, homes, !frameless)) return;
  program.asm.reset(start);
  emitFunction(program, defined, label, analysis, homes, true);
}

function hasFrameLocals({ weights }: Analysis, { registers }: Homes): boolean {
  return registers.some((register, local) => register === undefined && weights[local]! > 0);
}

/** False when the function needs a frame and has none. */
function emitFunction(
  program: Program,
  defined: DefinedFunction,
  label: Label,
  analysis: Analysis,
  homes: Homes,
  framed: boolean,
): boolean {
  const { asm } = program;
  const { parameters, results } = defined.type;
  const outgoing = 8 * analysis.outgoing;
  let next = outgoing;
  const localOffsets = homes.registers.map((register, local) => {
    if (register !== undefined || analysis.weights[local] === 0) return -1;
    next += 8;
    return next - 8;
  });
  const toSave = analysis.leaf ? homes.saved : [RA, ...homes.saved];
  const savedAt = next;
  const operands = new Operands(program, homes, localOffsets, savedAt + 8 * toSave.length);
  const f = new FunctionTranslator(program, defined, analysis, operands);

  asm.bind(label);
  const sized: { readonly at: number; readonly word: (frame: number) => number }[] = [];
  const emitSized = (word: (frame: number) => number): void => {
    sized.push({ at: asm.length, word });
    asm.emit(0);
  };
  if (framed) {
    emitSized((frame) => addi(SP, SP, -frame));
    asm.branch(Condition.lt, SP, ZERO, f.trap());
    for (const [i, register] of toSave.entries()) asm.emit(sd(register, SP, savedAt + 8 * i));
  }
  receiveParameters(f, parameters.length, emitSized);
  clearLocals(f, parameters.length);

  const exit = asm.label();
  const none = new Map<number, number>();
  f.blocks.push({
    ...{ kind: "function", label: exit, otherwise: undefined, height: 0 },
    ...{ result: results.length > 0, bounds: none, writes: new Set() },
  });
  f.run();
  if (framed) {
    for (const [i, register] of toSave.entries()) asm.emit(ld(register, SP, savedAt + 8 * i));
    emitSized((frame) => addi(SP, SP, frame));
  }
  asm.emit(jalr(ZERO, RA, 0));
  f.finish();
  if (!framed && operands.slots > 0) return false;
  const frame = (savedAt + 8 * toSave.length + 8 * operands.slots + 15) & ~15;
  if (frame > 2032 - 8 * Math.max(0, parameters.length - ARGUMENTS)) {
    throw new TranslateError("TOO_LARGE", `a function that needs a frame of ${frame} bytes`);
  }
  for (const { at, word } of sized) asm.replace(at, word(frame));
  return true;
}

/** Brings parameters from where they arrive to where they are held. */
function receiveParameters(
  { program: { asm }, operands, analysis }: FunctionTranslator,
  count: number,
  emitSized: (word: (frame: number) => number) => void,
): void {
  for (let local = 0; local < count; local++) {
    if (analysis.weights[local] === 0) continue;
    const home = operands.home(local);
    const overStack = local >= ARGUMENTS;
    const arrives = overStack ? (home ?? T0) : A0 + local;
    if (overStack) emitSized((frame) => ld(arrives, SP, frame + 8 * (local - ARGUMENTS)));
    if (home !== undefined) move(asm, home, arrives);
    else asm.emit(sd(arrives, SP, operands.localOffset(local)));
  }
}

/** Locals begin as zero, as far as anybody could see. */
function clearLocals({ program: { asm }, operands, analysis }: FunctionTranslator, parameters: number): void {
  for (let local = parameters; local < analysis.weights.length; local++) {
    if (!analysis.readsZero[local]) continue;
    const home = operands.home(local);
    asm.emit(home === undefined ? sd(ZERO, SP, operands.localOffset(local)) : addi(home, ZERO, 0));
  }
}
