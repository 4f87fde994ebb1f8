import { TranslateError } from "../errors.ts";
import * as rv from "./encode.ts";
import { LINK } from "./registers.ts";

/** A place in the text, known once the text is complete. */
export type Label = number;

/** A branch or jump whose distance is not known yet. */
interface Reference {
  /** Index of its instruction before any became longer. */
  readonly at: number;
  readonly label: Label;
  readonly register: number;
  /** The first register's partner; for jumps unused. */
  readonly other: number;
  /** `undefined`: a jump that links in `register`. */
  readonly condition: number | undefined;
  long: boolean;
}

export interface Assembled {
  readonly words: Uint32Array;
  /** WebAssembly instructions that each instruction stands for, besides those of the ones behind it. */
  readonly sourceCounts: Uint16Array;
  /** Address of a label. */
  address(label: Label): number;
}

const BRANCH_REACH = 4096;
const JUMP_REACH = 1 << 20;

/** Collects instructions. Branches out of reach become a branch over a jump, jumps out of reach two instructions. */
export class Assembler {
  readonly #words: number[] = [];
  readonly #sourceCounts: number[] = [];
  readonly #labels: number[] = [];
  readonly #references: Reference[] = [];
  #pending = 0;

  get length(): number {
    return this.#words.length;
  }

  label(): Label {
    return this.#labels.push(-1) - 1;
  }

  bind(label: Label): void {
    this.#labels[label] = this.#words.length;
  }

  here(): Label {
    const label = this.label();
    this.bind(label);
    return label;
  }

  /** One more WebAssembly instruction begins, or as many as `count`. */
  source(count = 1): void {
    this.#pending += count;
  }

  emit(word: number): void {
    this.#words.push(word >>> 0);
    this.#sourceCounts.push(this.#pending);
    this.#pending = 0;
  }

  /** A state to which `reset` returns. Labels keep their numbers. */
  mark(): { readonly words: number; readonly references: number } {
    return { words: this.#words.length, references: this.#references.length };
  }

  /** Takes back what was emitted since `mark`. */
  reset({ words, references }: ReturnType<Assembler["mark"]>): void {
    this.#words.length = words;
    this.#sourceCounts.length = words;
    this.#references.length = references;
    this.#pending = 0;
  }

  /** Replaces an instruction that is no branch. */
  replace(index: number, word: number): void {
    this.#words[index] = word >>> 0;
  }

  branch(condition: number, rs1: number, rs2: number, label: Label): void {
    this.#references.push({ at: this.length, label, register: rs1, other: rs2, condition, long: false });
    this.emit(0);
  }

  jump(label: Label, link = 0): void {
    this.#references.push({ at: this.length, label, register: link, other: 0, condition: undefined, long: false });
    this.emit(0);
  }

  /** The finished text, which begins at `base`. */
  assemble(base: number): Assembled {
    const shifts = this.#relax();
    const place = (index: number): number => base + 4 * (index + shifts[index]!);
    const total = this.#words.length + shifts[this.#words.length]!;
    const [words, sourceCounts] = [new Uint32Array(total), new Uint16Array(total)];
    for (const [index, word] of this.#words.entries()) {
      words[index + shifts[index]!] = word;
      sourceCounts[index + shifts[index]!] = this.#sourceCounts[index]!;
    }
    const address = (label: Label): number => place(this.#labels[label]!);
    for (const reference of this.#references) {
      const first = reference.at + shifts[reference.at]!;
      const distance = address(reference.label) - (base + 4 * first);
      for (const [i, word] of encodeReference(reference, distance).entries()) words[first + i] = word >>> 0;
    }
    return { words, sourceCounts, address };
  }

  /** Decides which references are long; instructions inserted before each index. */
  #relax(): Uint32Array {
    const shifts = new Uint32Array(this.#words.length + 1);
    for (;;) {
      let [next, shift] = [0, 0];
      for (let index = 0; index <= this.#words.length; index++) {
        shifts[index] = shift;
        while (next < this.#references.length && this.#references[next]!.at === index) {
          if (this.#references[next++]!.long) shift++;
        }
      }
      let changed = false;
      for (const reference of this.#references) {
        if (reference.long) continue;
        const target = this.#labels[reference.label]!;
        const distance = 4 * (target + shifts[target]! - reference.at - shifts[reference.at]!);
        const reach = reference.condition === undefined ? JUMP_REACH : BRANCH_REACH;
        if (distance >= -reach && distance < reach) continue;
        reference.long = true;
        changed = true;
      }
      if (!changed) return shifts;
    }
  }
}

function encodeReference({ condition, register, other, long }: Reference, distance: number): number[] {
  if (condition === undefined) {
    if (!long) return [rv.jal(register, distance)];
    const through = register === 0 ? LINK : register;
    const upper = (distance + 0x800) >> 12;
    return [rv.auipc(through, upper), rv.jalr(register, through, distance - (upper << 12))];
  }
  if (!long) return [rv.branch(condition, register, other, distance)];
  if (distance - 4 < -JUMP_REACH || distance - 4 >= JUMP_REACH) {
    throw new TranslateError("TOO_LARGE", "a function of over a megabyte");
  }
  return [rv.branch(condition ^ 1, register, other, 8), rv.jal(0, distance - 4)];
}
