import type { Verdict } from "./suite.ts";

/** Names under which the execution spec tests know the kernel's transaction rules. */
const SPEC_NAMES: Readonly<Record<string, readonly string[]>> = {
  INVALID_SIGNATURE: ["INVALID_SIGNATURE_VRS", "EC_RECOVERY_FAIL"],
  INVALID_CHAIN_ID: ["INVALID_CHAINID"],
  NONCE_TOO_LOW: ["NONCE_MISMATCH_TOO_LOW"],
  NONCE_TOO_HIGH: ["NONCE_MISMATCH_TOO_HIGH"],
  NONCE_IS_MAX: ["NONCE_IS_MAX", "NONCE_TOO_BIG", "NONCE_OVERFLOW"],
  INSUFFICIENT_FUNDS: ["INSUFFICIENT_ACCOUNT_FUNDS", "GASLIMIT_PRICE_PRODUCT_OVERFLOW"],
  FLOOR_GAS_TOO_LOW: ["INTRINSIC_GAS_BELOW_FLOOR_GAS_COST"],
  GAS_PRICE_BELOW_BASE_FEE: ["INSUFFICIENT_MAX_FEE_PER_GAS"],
  PRIORITY_FEE_ABOVE_MAX_FEE: ["PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS", "PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS_2"],
  BLOB_FEE_TOO_LOW: ["INSUFFICIENT_MAX_FEE_PER_BLOB_GAS"],
  BLOB_COUNT_EXCEEDED: ["TYPE_3_TX_BLOB_COUNT_EXCEEDED", "TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED"],
  ZERO_BLOBS: ["TYPE_3_TX_ZERO_BLOBS"],
  BLOB_VERSION_INVALID: ["TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH"],
  CONTRACT_CREATION_NOT_ALLOWED: ["TYPE_3_TX_CONTRACT_CREATION", "TYPE_4_TX_CONTRACT_CREATION"],
  EMPTY_AUTHORIZATION_LIST: ["TYPE_4_EMPTY_AUTHORIZATION_LIST"],
  TYPE_NOT_SUPPORTED: ["TYPE_1_TX_PRE_FORK", "TYPE_2_TX_PRE_FORK", "TYPE_3_TX_PRE_FORK", "TYPE_4_TX_PRE_FORK"],
  MALFORMED: [
    "RLP_STRUCTURES_ENCODING",
    "TYPE_3_TX_WITH_FULL_BLOBS",
    "TYPE_3_TX_CONTRACT_CREATION",
    "TYPE_4_TX_CONTRACT_CREATION",
  ],
};

/** Expectations about a transaction's encoding, of which the kernel knows one: it decodes or it does not. */
const ENCODING = /^RLP_|^ADDRESS_TOO_|_OVERFLOW$/;

/**
 * Compares the rule a rejection names with the expected exception (`A|B`: either). Which of several broken rules an
 * implementation meets first is its own choice, so another name is a note, not a failure.
 */
export function rejectedFor(expected: string, code: string): Verdict {
  const names = expected.split("|").map(withoutClass);
  const own = withoutClass(code);
  if (own === "MALFORMED" && names.some((name) => ENCODING.test(name))) return undefined;
  if ([own, ...(SPEC_NAMES[own] ?? [])].some((name) => names.includes(name))) return undefined;
  return { note: `rejected for another rule than expected: ${names.join("|")} as ${own}` };
}

function withoutClass(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}
