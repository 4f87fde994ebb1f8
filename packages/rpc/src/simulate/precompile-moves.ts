import { checksumAddress } from "../checksum.ts";
import { serverError } from "../errors.ts";
import { data } from "../hex.ts";
import type { StateOverrideParameter } from "../schema/call.ts";

/** Where a precompile goes that an override hides without moving it: nobody can call this address by accident. */
const NOWHERE: Uint8Array = Buffer.from("ff".repeat(20), "hex");

/**
 * The precompile moves a block's state overrides ask for. An overridden precompile disappears from its address; with
 * `movePrecompileToAddress` it answers at the new one. Throws when something else than a precompile is to be moved or
 * the destination is overridden itself.
 */
export const precompileMoves = (
  overrides: StateOverrideParameter,
  precompiles: readonly { readonly address: Uint8Array }[],
): (readonly [from: Uint8Array, to: Uint8Array])[] => {
  const known = new Set(precompiles.map(({ address }) => data(address)));
  const overridden = new Set(overrides.map(([address]) => data(address)));
  return overrides.flatMap(([address, { movePrecompileToAddress: target }]) => {
    const isPrecompile = known.has(data(address));
    if (!target) return isPrecompile ? [[address, NOWHERE] as const] : [];
    if (!isPrecompile) throw serverError(`account ${checksumAddress(address)} is not a precompile`);
    if (overridden.has(data(target))) throw serverError(`account ${checksumAddress(target)} is already overridden`);
    return [[address, target] as const];
  });
};
