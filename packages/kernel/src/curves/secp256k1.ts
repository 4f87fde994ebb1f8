import { createRequire } from "node:module";
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
const UNCOMPRESSED = new Uint8Array(65);

/**
 * The key behind ECRECOVER. The input is 128 bytes: hash, v (27 or 28), r, s; the output is the signer's public key (x and
 * y, 64 bytes), or nothing when there is none. High s values are accepted.
 */
export function recoverPublicKey(input: Uint8Array): Uint8Array {
  const v = input[63]!;
  if (!isZero(input, 32, 63) || (v !== 27 && v !== 28)) return EMPTY;
  try {
    secp256k1.ecdsaRecover(input.subarray(64, 128), v - 27, input.subarray(0, 32), false, UNCOMPRESSED);
  } catch {
    return EMPTY;
  }
  return UNCOMPRESSED.slice(1);
}
