import { createRequire } from "node:module";
import type { Hex, TransactionSerializableEIP1559 } from "viem";
import { bytesToHex, keccak256, serializeTransaction, toHex } from "viem";

/** What the benchmarks need of the native binding, which has no types. */
interface Secp256k1 {
  publicKeyCreate(key: Uint8Array, compressed: boolean): Uint8Array;
  ecdsaSign(hash: Uint8Array, key: Uint8Array): { readonly signature: Uint8Array; readonly recid: number };
}

const secp256k1 = createRequire(import.meta.url)("secp256k1") as Secp256k1;

/** A key pair made from a number. Native signing: blocks of tens of thousands of transactions are signed in seconds. */
export interface Signer {
  readonly address: Hex;
  /** The transaction's network encoding. */
  sign(transaction: TransactionSerializableEIP1559): Hex;
}

export function signer(seed: number): Signer {
  const key = keccak256(toHex(seed, { size: 32 }), "bytes");
  const publicKey = secp256k1.publicKeyCreate(key, false).subarray(1);
  return {
    address: `0x${keccak256(publicKey).slice(26)}`,
    sign(transaction) {
      const hash = keccak256(serializeTransaction(transaction), "bytes");
      const { signature, recid } = secp256k1.ecdsaSign(hash, key);
      const [r, s] = [bytesToHex(signature.subarray(0, 32)), bytesToHex(signature.subarray(32))];
      return serializeTransaction(transaction, { r, s, yParity: recid });
    },
  };
}
