import { createRequire } from "node:module";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { isZero } from "./mcl.ts";

/** The package has no types; without its native binding it falls back to JavaScript by itself. */
interface Secp256k1 {
  ecdsaRecover(
    signature: Uint8Array,
    recovery: number,
    hash: Uint8Array,
    compress: boolean,
    out: Uint8Array,
  ): Uint8Array;
}

const secp256k1 = createRequire(import.meta.url)("secp256k1") as Secp256k1;
const EMPTY = new Uint8Array(0);

/**
 * ECRECOVER. The input is 128 bytes: hash, v (27 or 28), r, s; the output is the address as a word, or nothing when there is
 * none. High s values are accepted.
 */
export function ecrecover(input: Uint8Array): Uint8Array {
  const v = input[63]!;
  if (!isZero(input, 32, 63) || (v !== 27 && v !== 28)) return EMPTY;
  const key = new Uint8Array(65);
  try {
    secp256k1.ecdsaRecover(input.subarray(64, 128), v - 27, input.subarray(0, 32), false, key);
  } catch {
    return EMPTY;
  }
  const address = keccak_256(key.subarray(1));
  address.fill(0, 0, 12);
  return address;
}
