import type { PreimageOracle, StateCommit } from "@hyperion/kernel";
import { toHex } from "./hex.ts";

/** An in-memory database of trie nodes, code and headers. */
export class Preimages implements PreimageOracle {
  readonly #byHash = new Map<string, Uint8Array>();
  readonly #blockHash: (number: bigint) => Uint8Array | undefined;

  constructor(blockHash: (number: bigint) => Uint8Array | undefined) {
    this.#blockHash = blockHash;
  }

  preimage(hash: Uint8Array): Uint8Array | undefined {
    return this.#byHash.get(toHex(hash));
  }

  blockHash(number: bigint): Uint8Array | undefined {
    return this.#blockHash(number);
  }

  add(hash: Uint8Array, bytes: Uint8Array): void {
    this.#byHash.set(toHex(hash), bytes.slice());
  }

  addCommit(commit: StateCommit): void {
    for (const [hash, bytes] of commit.preimages) this.add(hash, bytes);
  }

  /** To be called before a kernel opens another state than the last committed; here all of them are there. */
  openState(_root: Uint8Array): void {}
}
