import { createHash } from "node:crypto";
import type { Bls12381 } from "./bls12381.ts";
import { KzgWorker } from "./kzg-worker.ts";
import { fromHex } from "./mcl.ts";

/** FIELD_ELEMENTS_PER_BLOB and BLS_MODULUS, the constant output of the precompile. */
const OUTPUT = fromHex(`${"00".repeat(30)}1000${"73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"}`);
const VERSION = 1;

/** EIP-4844. */
export class KzgPointEvaluation {
  readonly #bls: Bls12381;
  readonly #native: boolean;
  #worker: KzgWorker | undefined;
  #started = false;

  /** @param native whether a thread with c-kzg may take over from `bls` */
  constructor(bls: Bls12381, native: boolean) {
    this.#bls = bls;
    this.#native = native;
  }

  /** The input is 192 bytes: versioned hash, z, y, commitment, proof; `undefined` means that the precompile fails. */
  evaluate(input: Uint8Array): Uint8Array | undefined {
    const commitment = input.subarray(96, 144);
    const hash = createHash("sha256").update(commitment).digest();
    hash[0] = VERSION;
    if (hash.compare(input, 0, 32) !== 0) return undefined;
    const [z, y, proof] = [input.subarray(32, 64), input.subarray(64, 96), input.subarray(144, 192)];
    return this.#verify(commitment, z, y, proof) ? OUTPUT.slice() : undefined;
  }

  #verify(commitment: Uint8Array, z: Uint8Array, y: Uint8Array, proof: Uint8Array): boolean {
    if (this.#native && !this.#started) {
      this.#started = true;
      this.#worker = KzgWorker.start();
    }
    const answer = this.#worker?.verify(commitment, z, y, proof);
    return answer ?? this.#bls.verifyKzgProof(commitment, z, y, proof);
  }
}
