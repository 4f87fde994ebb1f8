import { createHash } from "node:crypto";
import type { Bls12381 } from "./bls12381.ts";
import { fromHex } from "./mcl.ts";

/** FIELD_ELEMENTS_PER_BLOB and BLS_MODULUS, the constant output of the precompile. */
const OUTPUT = fromHex(`${"00".repeat(30)}1000${"73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"}`);
const VERSION = 1;

/** EIP-4844. The input is 192 bytes: versioned hash, z, y, commitment, proof; `undefined` means that it fails. */
export function evaluatePoint(input: Uint8Array, bls: Bls12381): Uint8Array | undefined {
  const commitment = input.subarray(96, 144);
  const hash = createHash("sha256").update(commitment).digest();
  hash[0] = VERSION;
  if (hash.compare(input, 0, 32) !== 0) return undefined;
  const [z, y, proof] = [input.subarray(32, 64), input.subarray(64, 96), input.subarray(144, 192)];
  return bls.verifyKzgProof(commitment, z, y, proof) ? OUTPUT.slice() : undefined;
}
