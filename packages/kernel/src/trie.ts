import { codec } from "./codec-instance.ts";
import { KernelError } from "./errors.ts";

const HASH = 32;
/** Longest key in bytes: the walk over it is recursive. */
const MAX_KEY = 256;

const finished = new FinalizationRegistry<number>((trie) => codec().exports.rawTrieFree(trie));

/**
 * A Merkle-Patricia trie from byte strings to byte strings, in memory. Keys are used as given: hash them first for a
 * secure trie.
 *
 * @example
 * const trie = new Trie();
 * trie.set(key, value);
 * trie.root();
 */
export class Trie {
  readonly #trie: number;

  constructor() {
    this.#trie = codec().exports.rawTrieNew(0) >>> 0;
    finished.register(this, this.#trie);
  }

  /** Sets a key; an empty value deletes it. */
  set(key: Uint8Array, value: Uint8Array): void {
    const { exports } = codec();
    const at = place(key, value.length);
    if (value.length === 0) exports.rawTrieDelete(this.#trie, at, key.length);
    else {
      const valueAt = at + key.length;
      codec().bytes().set(value, valueAt);
      exports.rawTriePut(this.#trie, at, key.length, valueAt, value.length);
    }
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const { exports, bytes } = codec();
    const length = exports.rawTrieGet(this.#trie, place(key, 0), key.length);
    if (length < 0) return undefined;
    const value = exports.rawTrieValue() >>> 0;
    return bytes().slice(value, value + length);
  }

  /** Nearest key in the trie after `key`, which need not be there. */
  next(key: Uint8Array): Uint8Array | undefined {
    return this.#seek(key, 1);
  }

  /** Nearest key in the trie before `key`, which need not be there. */
  previous(key: Uint8Array): Uint8Array | undefined {
    return this.#seek(key, 0);
  }

  root(): Uint8Array {
    const { exports, bytes } = codec();
    const out = exports.codecBuffer(HASH) >>> 0;
    exports.rawTrieRoot(this.#trie, out, 0);
    return bytes().slice(out, out + HASH);
  }

  #seek(key: Uint8Array, forward: 0 | 1): Uint8Array | undefined {
    const { exports, bytes } = codec();
    const at = place(key, MAX_KEY);
    const out = at + key.length;
    const length = exports.rawTrieSeek(this.#trie, at, key.length, forward, out);
    return length < 0 ? undefined : bytes().slice(out, out + length);
  }
}

/** Copies a key into the codec's buffer, with room for `more` bytes after it. */
function place(key: Uint8Array, more: number): number {
  if (key.length > MAX_KEY) throw new KernelError("INVALID_ARGUMENT", `a key has at most ${MAX_KEY} bytes`);
  const { exports, bytes } = codec();
  const at = exports.codecBuffer(key.length + more + HASH) >>> 0;
  bytes().set(key, at);
  return at;
}
