import { ld, sd } from "../riscv/encode.ts";
import { SP, T2, ZERO } from "../riscv/registers.ts";
import type { Homes } from "./homes.ts";
import { loadConstant, move, type Program } from "./program.ts";

/**
 * A value of the operand stack: a constant, a local that still has it, a register, or its slot in the frame. Values of 32
 * bits are sign-extended wherever they are.
 */
export type Operand = { readonly nonNegative: boolean } & (
  | { readonly kind: "constant"; readonly value: bigint }
  | { readonly kind: "local"; readonly local: number }
  | { readonly kind: "register"; readonly register: number }
  | { readonly kind: "slot" }
);

/** The operand stack of the function that is being translated, and where its values are. */
export class Operands {
  readonly #program: Program;
  readonly #homes: Homes;
  /** Offsets from SP of locals without a register, and of the stack's slots. */
  readonly #localOffsets: readonly number[];
  readonly #slotBase: number;
  readonly #entries: Operand[] = [];
  /** Slots of the stack that were used. */
  slots = 0;

  constructor(program: Program, homes: Homes, localOffsets: readonly number[], slotBase: number) {
    this.#program = program;
    this.#homes = homes;
    this.#localOffsets = localOffsets;
    this.#slotBase = slotBase;
  }

  get height(): number {
    return this.#entries.length;
  }

  /** The operand `depth` below the top. */
  peek(depth = 0): Operand {
    return this.#entries.at(-1 - depth)!;
  }

  pushConstant(value: bigint): void {
    this.#entries.push({ kind: "constant", value, nonNegative: value >= 0n });
  }

  pushLocal(local: number): void {
    this.#entries.push({ kind: "local", local, nonNegative: false });
  }

  push(register: number, nonNegative = false): void {
    this.#entries.push({ kind: "register", register, nonNegative });
  }

  drop(): void {
    this.#entries.pop();
  }

  truncate(height: number): void {
    this.#entries.length = height;
  }

  home(local: number): number | undefined {
    return this.#homes.registers[local];
  }

  localOffset(local: number): number {
    return this.#localOffsets[local]!;
  }

  /** Takes the top into a register: the one that has it, or `scratch`. */
  pop(scratch: number): number {
    const register = this.registerOf(this.height - 1, scratch);
    this.#entries.pop();
    return register;
  }

  /** Register of the operand at `index`, loaded into `scratch` unless one has it. */
  registerOf(index: number, scratch: number): number {
    const entry = this.#entries[index]!;
    if (entry.kind === "register") return entry.register;
    if (entry.kind === "constant" && entry.value === 0n) return ZERO;
    const home = entry.kind === "local" ? this.home(entry.local) : undefined;
    if (home !== undefined) return home;
    this.load(index, scratch);
    return scratch;
  }

  /** Loads the operand at `index` into `register`. */
  load(index: number, register: number): void {
    const entry = this.#entries[index]!;
    const { asm } = this.#program;
    if (entry.kind === "register") move(asm, register, entry.register);
    else if (entry.kind === "constant") loadConstant(this.#program, register, entry.value);
    else if (entry.kind === "slot") asm.emit(ld(register, SP, this.#slotOffset(index)));
    else {
      const home = this.home(entry.local);
      if (home !== undefined) move(asm, register, home);
      else asm.emit(ld(register, SP, this.localOffset(entry.local)));
    }
  }

  /** A free temporary, none of `avoid`. The lowest value that holds one goes to its slot when there is none. */
  allocate(...avoid: readonly number[]): number {
    const used = new Set(avoid);
    for (const entry of this.#entries) if (entry.kind === "register") used.add(entry.register);
    const free = this.#homes.temporaries.find((register) => !used.has(register));
    if (free !== undefined) return free;
    const lowest = this.#entries.findIndex((entry) => entry.kind === "register");
    const { register } = this.#entries[lowest] as Extract<Operand, { kind: "register" }>;
    this.#spill(lowest);
    return register;
  }

  /** Before `local` changes: values that are its old one move to registers. */
  detach(local: number): void {
    for (const [index, entry] of this.#entries.entries()) {
      if (entry.kind !== "local" || entry.local !== local) continue;
      const register = this.allocate();
      this.load(index, register);
      this.#entries[index] = { kind: "register", register, nonNegative: entry.nonNegative };
    }
  }

  /** Whether one of the lowest `height` operands is the value that `local` has. */
  holdsLocal(local: number, height: number = this.height): boolean {
    return this.#entries.some((entry, index) => index < height && entry.kind === "local" && entry.local === local);
  }

  /** Brings values below `height` to where they stay whatever happens: locals in `changing` and registers to their slots. */
  settle(height: number, changing: ReadonlySet<number>): void {
    for (let index = 0; index < height; index++) {
      const entry = this.#entries[index]!;
      if (entry.kind === "register" || (entry.kind === "local" && changing.has(entry.local))) this.#spill(index);
    }
  }

  #spill(index: number): void {
    const register = this.registerOf(index, T2);
    this.#program.asm.emit(sd(register, SP, this.#slotOffset(index)));
    this.slots = Math.max(this.slots, index + 1);
    this.#entries[index] = { kind: "slot", nonNegative: this.#entries[index]!.nonNegative };
  }

  #slotOffset(index: number): number {
    return this.#slotBase + 8 * index;
  }
}
