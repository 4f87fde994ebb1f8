import { keccak_256 } from "@noble/hashes/sha3.js";

const CHUNK = 4096;

/** Computes a blob's root (docs/spec/model.md, "Root") piece by piece, with the memory of one chunk. */
export class ModelHasher {
  #length = 0;
  #rest = new Uint8Array(0);
  /** Complete subtrees, larger ones first. */
  readonly #nodes: { readonly level: number; readonly hash: Uint8Array }[] = [];

  /** Bytes seen so far. */
  get length(): number {
    return this.#length;
  }

  update(bytes: Uint8Array): void {
    this.#length += bytes.length;
    let joined = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (joined.length >= CHUNK) {
      this.#addLeaf(joined.subarray(0, CHUNK));
      joined = joined.subarray(CHUNK);
    }
    this.#rest = Uint8Array.from(joined);
  }

  /** The root of all that was seen. */
  root(): Uint8Array {
    if (this.#rest.length > 0 || this.#length === 0) this.#addLeaf(this.#rest);
    this.#rest = new Uint8Array(0);
    while (this.#nodes.length > 1) this.#join();
    const length = new Uint8Array(32);
    new DataView(length.buffer).setBigUint64(24, BigInt(this.#length));
    return keccak_256(Buffer.concat([this.#nodes[0]!.hash, length]));
  }

  #addLeaf(chunk: Uint8Array): void {
    this.#nodes.push({ level: 0, hash: keccak_256(chunk) });
    while (this.#nodes.length > 1 && this.#nodes.at(-1)!.level === this.#nodes.at(-2)!.level) this.#join();
  }

  #join(): void {
    const right = this.#nodes.pop()!;
    const left = this.#nodes.pop()!;
    this.#nodes.push({ level: left.level + 1, hash: keccak_256(Buffer.concat([left.hash, right.hash])) });
  }
}

/** The root of a blob's bytes, whatever they are. */
export function rootOf(bytes: Uint8Array): Uint8Array {
  const hasher = new ModelHasher();
  hasher.update(bytes);
  return hasher.root();
}
