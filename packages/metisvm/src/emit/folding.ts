/** What is known of a bitwise operation on a limb when its first operand is. */
import { MAX_LIMB } from "../program/value.ts";
import type { Limb } from "../wasm/body.ts";
import { isZero } from "./limbs.ts";

export const foldAnd = (x: Limb, y: Limb): Limb | undefined =>
  isZero(x) ? 0n : x === MAX_LIMB ? y : both(x, y, (p, q) => p & q);
export const foldOr = (x: Limb, y: Limb): Limb | undefined => (isZero(x) ? y : both(x, y, (p, q) => p | q));
export const foldXor = (x: Limb, y: Limb): Limb | undefined => (isZero(x) ? y : both(x, y, (p, q) => p ^ q));

function both(x: Limb, y: Limb, compute: (p: bigint, q: bigint) => bigint): Limb | undefined {
  return typeof x === "bigint" && typeof y === "bigint" ? compute(x, y) : undefined;
}
