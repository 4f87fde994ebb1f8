import { type Address, type Hex, hexToBigInt, numberToHex } from "viem";

const OFFSET = 0x1111000000000000000000000000000000001111n;
/** EIP-7702: code of a key's account. */
const DELEGATION_PREFIX = "0xef0100";
const DELEGATION_HEX_LENGTH = 2 + 2 * 23;

/** @returns the L2 sender of deposits by an L1 account with that code: contracts are aliased, keys are not */
export const l2SenderOf = (account: Address, code: Hex | undefined): Address => {
  const isDelegation = code?.startsWith(DELEGATION_PREFIX) && code.length === DELEGATION_HEX_LENGTH;
  if (code === undefined || code === "0x" || isDelegation) return account;
  return numberToHex((hexToBigInt(account) + OFFSET) & (2n ** 160n - 1n), { size: 20 });
};
