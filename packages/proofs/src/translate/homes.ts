import { A0, ARGUMENTS, SAVED, TEMPORARIES } from "../riscv/registers.ts";
import type { Analysis } from "./analysis.ts";

/** Where a function's locals are. */
export interface Homes {
  /** Register of each local, `undefined` for those in the frame. */
  readonly registers: readonly (number | undefined)[];
  /** Registers that the function has to save. */
  readonly saved: readonly number[];
  /** Registers left for the operand stack. */
  readonly temporaries: readonly number[];
}

/** Saving and restoring a register has to be worth it. */
const LEAST_USES = 3;
/** A function that calls nothing may hold this many locals where calls would lose them. */
const UNSAVED = 6;

/** The most used locals get registers; in a function that calls nothing, first those that need not be saved. */
export function chooseHomes({ weights, leaf }: Analysis, parameters: number): Homes {
  const registers = new Array<number | undefined>(weights.length).fill(undefined);
  const saved: number[] = [];
  const arriving = new Set(TEMPORARIES.slice(0, Math.min(parameters, ARGUMENTS)));
  const free = leaf ? TEMPORARIES.filter((register) => register !== A0 && !arriving.has(register)).reverse() : [];
  let unsaved = leaf ? UNSAVED : 0;
  const byWeight = [...weights.keys()].filter((local) => weights[local]! > 0);
  byWeight.sort((a, b) => weights[b]! - weights[a]! || a - b);
  for (const local of byWeight) {
    const arrives = local > 0 && local < Math.min(parameters, ARGUMENTS);
    const isFirstArgument = local === 0 && parameters > 0;
    const candidate = unsaved === 0 || isFirstArgument ? undefined : arrives ? TEMPORARIES[local] : free.shift();
    if (candidate !== undefined) {
      registers[local] = candidate;
      unsaved--;
    } else if (saved.length < SAVED.length && weights[local]! >= LEAST_USES) {
      registers[local] = SAVED[saved.length]!;
      saved.push(SAVED[saved.length]!);
    }
  }
  const taken = new Set(registers);
  return { registers, saved, temporaries: TEMPORARIES.filter((register) => !taken.has(register)) };
}
