import type { PreimageOracle } from "@hyperion/kernel";
import type { StateView } from "@hyperion/metisdb";
import type { ChainStore } from "./chain-store.ts";
import type { Preimages } from "./preimages.ts";

/**
 * Answers the head's kernel; the store that it asks needs that kernel for itself. Until there is one, nothing is known:
 * genesis does not build on the stored state.
 */
export class HeadOracle implements PreimageOracle {
  readonly #preimages: Preimages;
  readonly #state: StateView;
  store: ChainStore | undefined;

  constructor(preimages: Preimages, state: StateView) {
    this.#preimages = preimages;
    this.#state = state;
  }

  account(accountHash: Uint8Array): Uint8Array | undefined | null {
    return this.store ? this.#state.account(accountHash) : null;
  }

  slot(accountHash: Uint8Array, slotHash: Uint8Array): Uint8Array | undefined | null {
    return this.store ? this.#state.slot(accountHash, slotHash) : null;
  }

  node(owner: Uint8Array, path: Uint8Array, hash: Uint8Array, key: Uint8Array): Uint8Array | undefined {
    return this.store && this.#state.node(owner, path, { hash, key });
  }

  preimage(hash: Uint8Array): Uint8Array | undefined {
    return this.#preimages.get(hash);
  }

  blockHash(number: bigint): Uint8Array | undefined {
    return this.store?.ancestorHash(this.store.head, number);
  }
}
