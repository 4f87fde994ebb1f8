import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";

// State word of the shared memory: zero while the setup loads, which the thread ends with IDLE or BROKEN. It also moves
// REQUEST to TRUE or FALSE; the owner does the rest.
const IDLE = 1;
const REQUEST = 2;
const TRUE = 3;
const FALSE = 4;
const BROKEN = 5;

const STATE_BYTES = 4;
/** Commitment, z, y, proof. */
const CLAIM_BYTES = 48 + 32 + 32 + 48;
/** A thousand times what a proof takes; passing it means that the thread is gone. */
const PATIENCE_MS = 2000;

// A string, because a worker cannot load TypeScript from source. The thread sleeps in Atomics.wait between proofs.
const THREAD = `
const { workerData: { shared, library } } = require("node:worker_threads");
const state = new Int32Array(shared, 0, 1);
const claim = new Uint8Array(shared, ${STATE_BYTES}, ${CLAIM_BYTES});
const answer = (value) => { Atomics.store(state, 0, value); Atomics.notify(state, 0); };
try {
  const kzg = require(library);
  kzg.loadTrustedSetup(0);
  answer(${IDLE});
  for (;;) {
    for (let seen; (seen = Atomics.load(state, 0)) !== ${REQUEST};) Atomics.wait(state, 0, seen);
    const bytes = claim.slice();
    let valid = false;
    try {
      valid = kzg.verifyKzgProof(bytes.subarray(0, 48), bytes.subarray(48, 80), bytes.subarray(80, 112), bytes.subarray(112));
    } catch {}
    answer(valid ? ${TRUE} : ${FALSE});
  }
} catch {
  answer(${BROKEN});
}
`;

/**
 * c-kzg in a thread of its own. Verifying there is three times as fast as with mcl, but loading the setup takes seconds of
 * which a block has none, so the thread starts with the first claim and answers once it is ready.
 */
export class KzgWorker {
  readonly #state: Int32Array;
  readonly #claim: Uint8Array;

  private constructor(library: string) {
    const shared = new SharedArrayBuffer(STATE_BYTES + CLAIM_BYTES);
    this.#state = new Int32Array(shared, 0, 1);
    this.#claim = new Uint8Array(shared, STATE_BYTES);
    const worker = new Worker(THREAD, { eval: true, workerData: { shared, library } });
    worker.on("error", () => Atomics.store(this.#state, 0, BROKEN));
    worker.unref();
  }

  /** `undefined` when c-kzg is not installed. */
  static start(): KzgWorker | undefined {
    try {
      return new KzgWorker(createRequire(import.meta.url).resolve("c-kzg"));
    } catch {
      return undefined;
    }
  }

  /** Whether the claim holds; `undefined` while the thread cannot answer. Malformed claims do not hold. */
  verify(commitment: Uint8Array, z: Uint8Array, y: Uint8Array, proof: Uint8Array): boolean | undefined {
    if (Atomics.load(this.#state, 0) !== IDLE) return undefined;
    this.#claim.set(commitment);
    this.#claim.set(z, 48);
    this.#claim.set(y, 80);
    this.#claim.set(proof, 112);
    Atomics.store(this.#state, 0, REQUEST);
    Atomics.notify(this.#state, 0);
    if (Atomics.wait(this.#state, 0, REQUEST, PATIENCE_MS) === "timed-out") {
      Atomics.store(this.#state, 0, BROKEN);
      return undefined;
    }
    const valid = Atomics.load(this.#state, 0) === TRUE;
    Atomics.store(this.#state, 0, IDLE);
    return valid;
  }
}
