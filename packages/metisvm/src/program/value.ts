import type { Limb } from "../wasm/body.ts";

export const MAX_WORD: bigint = (1n << 256n) - 1n;
export const MAX_LIMB: bigint = (1n << 64n) - 1n;
export const SIGN_BIT: bigint = 1n << 255n;

/**
 * What computes a value: an EVM instruction, or
 * `CONSTANT` of the code; `SLOT` of the window, held in locals when the version begins; `HOME`, the same held in memory;
 * `BELOW`, a word below the window; `ENTER`, no value: a basic block is paid for and its stack checked.
 */
export type Operation = string;

/** A word that a version of a block computes, or an effect. What is known of it is true whenever the version runs. */
export class Value {
  readonly operation: Operation;
  readonly operands: readonly Value[];
  /** Constant; index of a slot; depth of a word below the window, from 1; number of a block; position of an instruction. */
  readonly immediate: bigint;
  /** Where the operands and the result lie in the stack: words from the window's bottom to below the lowest operand. */
  position = 0;
  /** A pushed constant that is a jump destination: mostly a return address. */
  label = false;
  /** Upper bound, and the value where it is known. */
  max: bigint = MAX_WORD;
  constant: bigint | undefined = undefined;
  /** Bound of the first operand before this instruction succeeded with it, where success narrows it. */
  operandMax: bigint = MAX_WORD;
  needed = false;
  /** While code is generated: the word in four limbs, least significant first, or a truth value in an i32 local. */
  limbs: readonly Limb[] | undefined = undefined;
  truth: number | undefined = undefined;
  held: number[] = [];
  lastUse = -1;

  constructor(operation: Operation, operands: readonly Value[] = [], immediate = 0n) {
    this.operation = operation;
    this.operands = operands;
    this.immediate = immediate;
  }
}

/** Results that are 0 or 1. */
export const TRUTHS: ReadonlySet<string> = new Set(["LT", "GT", "SLT", "SGT", "EQ", "ISZERO"]);

/** What may be left out when nobody needs the result. */
export const PURE: ReadonlySet<string> = new Set([
  ...TRUTHS,
  ...["CONSTANT", "SLOT", "HOME", "BELOW"],
  ...["ADD", "MUL", "SUB", "DIV", "SDIV", "MOD", "SMOD", "ADDMOD", "MULMOD", "SIGNEXTEND"],
  ...["AND", "OR", "XOR", "NOT", "BYTE", "SHL", "SHR", "SAR", "CLZ"],
  ...["CALLDATALOAD", "CALLDATASIZE", "CODESIZE", "RETURNDATASIZE", "CALLVALUE", "MSIZE", "GAS"],
  ...[
    "ADDRESS",
    "ORIGIN",
    "CALLER",
    "GASPRICE",
    "COINBASE",
    "TIMESTAMP",
    "NUMBER",
    "PREVRANDAO",
    "GASLIMIT",
    "CHAINID",
  ],
  ...["BASEFEE", "BLOBBASEFEE", "SELFBALANCE", "TLOAD", "BLOBHASH"],
]);

export function limbsOf(word: bigint): Limb[] {
  return [word & MAX_LIMB, (word >> 64n) & MAX_LIMB, (word >> 128n) & MAX_LIMB, word >> 192n];
}

/** How many limbs a value up to `max` can have, at least one. */
export function limbCount(max: bigint): number {
  if (max > (1n << 192n) - 1n) return 4;
  if (max > (1n << 128n) - 1n) return 3;
  return max > MAX_LIMB ? 2 : 1;
}

/** The limbs with those that `max` proves zero written as the constant. */
export function clip(limbs: readonly Limb[], max: bigint): readonly Limb[] {
  if (max === 0n) return [0n, 0n, 0n, 0n];
  const count = limbCount(max);
  return count === 4 ? limbs : limbs.map((limb, i) => (i < count ? limb : 0n));
}
