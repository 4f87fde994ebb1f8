import { type Hex, hexToBigInt, numberToHex } from "viem";
import type { StateVariable } from "./contract-artifact.ts";

/** Values of state variables by name. */
export type StateValues = Readonly<Record<string, bigint | boolean | Hex>>;

/** Non-zero words by slot, both 32 bytes. */
export type StorageWords = ReadonlyMap<Hex, Hex>;

/**
 * Packs values of elementary state variables into storage words, as the compiler lays them out.
 *
 * @throws RangeError when the contract has no such variable, or the value does not fit
 */
export const storageWords = (layout: readonly StateVariable[], values: StateValues): StorageWords => {
  const words = new Map<number, bigint>();
  for (const [label, value] of Object.entries(values)) {
    const variable = layout.find((candidate) => candidate.label === label);
    if (!variable) throw new RangeError(`no state variable ${label}`);
    const number = typeof value === "string" ? hexToBigInt(value) : BigInt(value);
    if (number < 0n || number >> BigInt(variable.bytes * 8) !== 0n) {
      throw new RangeError(`${value} does not fit into ${variable.type} ${label}`);
    }
    words.set(variable.slot, (words.get(variable.slot) ?? 0n) | (number << BigInt(variable.offset * 8)));
  }
  const nonZero = [...words].filter(([, word]) => word !== 0n);
  return new Map(nonZero.map(([slot, word]) => [numberToHex(slot, { size: 32 }), numberToHex(word, { size: 32 })]));
};
