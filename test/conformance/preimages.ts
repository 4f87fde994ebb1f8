import type { PreimageOracle, StateCommit } from "@hyperion/kernel";
import { toHex } from "./hex.ts";

/** An in-memory database of trie nodes and code that can also record what was asked of it: a witness. */
export class Preimages implements PreimageOracle {
  readonly #byHash = new Map<string, Uint8Array>();
  readonly #blockHash: (number: bigint) => Uint8Array | undefined;
  #asked: Map<string, Uint8Array> | undefined;
  #askedBlocks: Map<bigint, Uint8Array> | undefined;

  constructor(blockHash: (number: bigint) => Uint8Array | undefined) {
    this.#blockHash = blockHash;
  }

  preimage(hash: Uint8Array): Uint8Array | undefined {
    const key = toHex(hash);
    const bytes = this.#byHash.get(key);
    if (bytes !== undefined) this.#asked?.set(key, bytes);
    return bytes;
  }

  blockHash(number: bigint): Uint8Array | undefined {
    const hash = this.#blockHash(number);
    if (hash !== undefined) this.#askedBlocks?.set(number, hash);
    return hash;
  }

  add(commit: StateCommit): void {
    for (const [hash, bytes] of commit.preimages) this.#byHash.set(toHex(hash), bytes.slice());
  }

  startRecording(): void {
    this.#asked = new Map();
    this.#askedBlocks = new Map();
  }

  /** The preimages and block hashes asked for since `startRecording`. */
  stopRecording(): { preimages: Uint8Array[]; blockHashes: Map<bigint, Uint8Array> } {
    const preimages = [...(this.#asked?.values() ?? [])];
    const blockHashes = this.#askedBlocks ?? new Map<bigint, Uint8Array>();
    this.#asked = undefined;
    this.#askedBlocks = undefined;
    return { preimages, blockHashes };
  }
}
