import type { Transaction } from "@hyperion/kernel";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { rlpItem, rlpListOf } from "./rlp.ts";
import { encodeTransaction } from "./transaction-codec.ts";

/** A key that signs transactions in tests. */
export class TestWallet {
  readonly #key: Uint8Array;
  readonly address: Uint8Array;

  /** @param seed any number ≥ 1; the same seed gives the same key */
  constructor(seed: number) {
    this.#key = keccak_256(Uint8Array.of(seed & 255, seed >> 8));
    this.address = keccak_256(secp256k1.getPublicKey(this.#key, false).subarray(1)).slice(12);
  }

  /** EIP-1559 unless `type` says otherwise. Returns the raw transaction. */
  sign(fields: Partial<Transaction> & { readonly nonce: bigint }): Uint8Array {
    const tx = { ...DEFAULTS, from: this.address, ...fields };
    const unsigned = encodeTransaction({ ...tx, v: 0n, r: 0n, s: 0n });
    const signature = secp256k1.sign(keccak_256(preimage(unsigned, tx.type)), this.#key, {
      prehash: false,
      format: "recovered",
    });
    const { r, s, recovery } = secp256k1.Signature.fromBytes(signature, "recovered");
    return encodeTransaction({ ...tx, v: BigInt(recovery!) + (tx.type === 0 ? 27n : 0n), r, s });
  }
}

const DEFAULTS: Pick<
  Transaction,
  "type" | "chainId" | "gasLimit" | "maxFeePerGas" | "maxPriorityFeePerGas" | "value" | "data" | "to" | "accessList"
> = {
  type: 2,
  chainId: 1337n,
  gasLimit: 21_000n,
  maxFeePerGas: 10_000_000_000n,
  maxPriorityFeePerGas: 1_000_000_000n,
  value: 0n,
  data: new Uint8Array(0),
  to: new Uint8Array(20).fill(0xaa),
  accessList: [],
};

/** The signed bytes are the encoding without its signature: three zeros, each one byte (0x80). */
function preimage(unsigned: Uint8Array, type: number): Uint8Array {
  const start = type === 0 ? 0 : 1;
  const { payload } = rlpItem(unsigned, start);
  return Buffer.concat([unsigned.subarray(0, start), rlpListOf([unsigned.slice(payload, -3)])]);
}
