import type { Program } from "../program/bytecode.ts";
import { clip, limbCount, limbsOf, type Value } from "../program/value.ts";
import { Body, type Label } from "../wasm/body.ts";
import * as w from "../wasm/instructions.ts";
import type { Limbs } from "./limbs.ts";

/** Generates the code of one value. */
export type Emit = (frame: FrameState, value: Value) => void;

/** Statuses of the kernel (packages/kernel/assembly/evm/status.ts, jit.ts). */
export const STATUS = { success: 0, revert: 1, outOfGas: 2, invalidJump: 5, interpret: 0xfe } as const;

/**
 * The machine state of the running frame in locals, and where each word of the stack is: computed in locals, or in its
 * place in memory, which the kernel's functions read and write.
 */
export class FrameState {
  readonly program: Program;
  readonly body: Body = new Body([w.I32]);
  readonly entry = 0;
  /** i64: gas left. */
  readonly gas: number;
  /** i32: the word below the window, of all of the stack and of the window. */
  readonly stackBase: number;
  readonly stack: number;
  /** i32 address and i64 size of memory. */
  readonly memory: number;
  readonly memorySize: number;
  readonly outOfGas: Label = { name: "out of gas" };
  readonly halted: Label = { name: "halted" };
  /** Memory is known to reach this far. */
  knownMemory = 0n;
  usesMultiplication = false;
  /** Which value lies at a place of the stack in memory, counted in words from the window's bottom. */
  #inMemory = new Map<number, Value>();
  /** Values that were loaded from there since the last `save`. */
  #loaded: Value[] = [];
  readonly #slots: number[][] = [];

  constructor(program: Program) {
    this.program = program;
    const { locals } = this.body;
    this.gas = locals.permanent(w.I64);
    this.stackBase = locals.permanent(w.I32);
    this.stack = locals.permanent(w.I32);
    this.memory = locals.permanent(w.I32);
    this.memorySize = locals.permanent(w.I64);
  }

  /** Loads what the kernel keeps in globals. */
  begin(): void {
    this.reloadGas();
    this.reloadMemory();
    this.body.getGlobal("STACK_BASE");
    this.body.set(this.stackBase);
    this.body.getGlobal("STACK_TOP");
    this.body.set(this.stack);
  }

  beginVersion(inputs: readonly Value[]): void {
    this.body.locals.reset();
    this.knownMemory = 0n;
    this.#inMemory = new Map(inputs.flatMap((value, i) => (value.operation === "HOME" ? [[i, value]] : [])));
  }

  /** State that the generation of one side of a branch changes; returns what restores it. */
  save(): () => void {
    const locals = this.body.locals.save();
    const inMemory = new Map(this.#inMemory);
    const { knownMemory } = this;
    this.#loaded = [];
    return () => {
      locals();
      for (const value of this.#loaded) {
        value.limbs = undefined;
        value.held = [];
      }
      this.#inMemory = inMemory;
      this.knownMemory = knownMemory;
    };
  }

  /** The locals of a slot of windows, lowest limb first. */
  slot(index: number): readonly number[] {
    while (this.#slots.length <= index) this.#slots.push(this.#newSlot());
    return this.#slots[index]!;
  }

  #newSlot(): number[] {
    return Array.from({ length: 4 }, () => this.body.locals.permanent(w.I64));
  }

  /** The word, of at most `max`, in limbs; loads it where it lies in memory only. Not to be called where control may not pass. */
  limbs(value: Value, max: bigint = value.max): Limbs {
    if (value.constant !== undefined) return limbsOf(value.constant);
    if (!value.limbs) this.#materialise(value, max);
    return clip(value.limbs!, max);
  }

  #materialise(value: Value, max: bigint): void {
    this.#loaded.push(value);
    if (value.truth !== undefined) {
      this.body.get(value.truth);
      this.body.op(w.I64_EXTEND_I32_U);
      this.define(value, [this.body.keep(), 0n, 0n, 0n]);
      return;
    }
    const home = homeOf(value);
    if (home === undefined || this.#inMemory.get(home) !== value) throw new Error(`${value.operation} has no value`);
    this.define(value, this.loadWord(home, limbCount(max)));
  }

  /** Sets the limbs of a value, which holds them from now on. */
  define(value: Value, limbs: Limbs): void {
    value.limbs = limbs;
    for (const limb of limbs) {
      if (typeof limb === "bigint" || value.held.includes(limb)) continue;
      value.held.push(limb);
      this.body.locals.hold(limb);
    }
  }

  /** Takes the truth value on the stack. */
  defineTruth(value: Value): void {
    const local = this.body.keep32();
    value.truth = local;
    value.held.push(local);
    this.body.locals.hold(local);
  }

  release(value: Value): void {
    for (const local of value.held) this.body.locals.release(local);
    value.held = [];
  }

  /** Code that pushes one limb each without changing what is known, for the sides of a branch. */
  limbPushers(value: Value): (() => void)[] {
    const { body } = this;
    if (value.constant !== undefined) return limbsOf(value.constant).map((limb) => () => body.push(limb));
    if (value.limbs) return clip(value.limbs, value.max).map((limb) => () => body.push(limb));
    if (value.truth !== undefined) return [() => this.#pushTruth(value), ...[1, 2, 3].map(() => () => body.i64(0n))];
    const home = homeOf(value)!;
    if (this.#inMemory.get(home) !== value) throw new Error(`${value.operation} has no value`);
    return [0, 1, 2, 3].map((k) => () => this.#loadLimb(home, k));
  }

  #pushTruth(value: Value): void {
    this.body.get(value.truth!);
    this.body.op(w.I64_EXTEND_I32_U);
  }

  /** Pushes the address of a place of the stack: 0 is the window's lowest word. */
  pushPlace(place: number): void {
    this.body.get(this.stack);
    if (place === -1) return;
    this.body.i32(32 * (place + 1));
    this.body.op(w.I32_ADD);
  }

  loadWord(place: number, count: number): Limbs {
    return [0, 1, 2, 3].map((k) => {
      if (k >= count) return 0n;
      this.#loadLimb(place, k);
      return this.body.keep();
    });
  }

  #loadLimb(place: number, k: number): void {
    this.body.load64(this.#pushLimbAddress(place, k));
  }

  /** Pushes an address and returns the offset from it. */
  #pushLimbAddress(place: number, k: number): number {
    const offset = 32 * (place + 1) + 8 * k;
    this.body.get(this.stack);
    if (offset >= 0) return offset;
    this.body.i32(offset);
    this.body.op(w.I32_ADD);
    return 0;
  }

  /** Writes the value to a place of the stack, unless it lies there already. */
  storeWord(place: number, value: Value): void {
    if (this.#inMemory.get(place) === value) return;
    const limbs = this.limbPushers(value);
    this.vacate(place);
    limbs.forEach((push, k) => {
      const offset = this.#pushLimbAddress(place, k);
      push();
      this.body.store64(offset);
    });
    this.#inMemory.set(place, value);
  }

  /** Loads what lies at a place into locals if it lies nowhere else and is still needed. */
  vacate(place: number, neededFrom: number = this.now): void {
    const there = this.#inMemory.get(place);
    if (!there || there.limbs || there.truth !== undefined || there.constant !== undefined) return;
    if (there.lastUse >= neededFrom) this.limbs(there);
  }

  /** Position in the version of what is being generated. */
  now = 0;

  /** A kernel function left its result at this place. */
  resultAt(place: number, value: Value): void {
    this.#inMemory.set(place, value);
  }

  /**
   * Writes an instruction's operands where the interpreter has them, the lowest at the place where a result will be;
   * returns the place of the topmost.
   */
  storeOperands(operands: readonly Value[], place: number): number {
    const top = place + operands.length - 1;
    operands.forEach((operand, i) => {
      if (this.#inMemory.get(top - i) !== operand) this.vacate(top - i);
    });
    this.vacate(place, this.now + 1);
    operands.forEach((operand, i) => {
      this.storeWord(top - i, operand);
    });
    return top;
  }

  /** What lies at this place is no longer known. */
  forget(place: number): void {
    this.#inMemory.delete(place);
  }

  /** Writes limbs to a place that was vacated. */
  writeLimbs(place: number, limbs: Limbs): void {
    limbs.forEach((limb, k) => {
      const offset = this.#pushLimbAddress(place, k);
      this.body.push(limb);
      this.body.store64(offset);
    });
  }

  /** Reads a place into locals. */
  readLimbs(place: number, locals: readonly number[]): void {
    locals.forEach((local, k) => {
      this.#loadLimb(place, k);
      this.body.set(local);
    });
  }

  handOverGas(): void {
    this.body.get(this.gas);
    this.body.setGlobal("GAS");
  }

  reloadGas(): void {
    this.body.getGlobal("GAS");
    this.body.set(this.gas);
  }

  reloadMemory(): void {
    this.body.getGlobal("MEMORY");
    this.body.set(this.memory);
    this.body.getGlobal("MEMORY_SIZE");
    this.body.set(this.memorySize);
  }

  /** Ends the frame when the kernel function that was called has returned false. */
  checkHalt(): void {
    this.body.op(w.I32_EQZ);
    this.body.brIf(this.halted);
  }
}

/** Where the value lies in memory from the beginning, if it does. */
function homeOf({ operation, immediate }: Value): number | undefined {
  if (operation === "HOME") return Number(immediate);
  return operation === "BELOW" ? -Number(immediate) : undefined;
}
