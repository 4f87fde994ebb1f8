import type { Database as LmdbDatabase, RootDatabase } from "lmdb";

type Table = LmdbDatabase<Uint8Array, Uint8Array>;

interface PendingWrite {
  readonly value: Uint8Array | undefined;
  readonly batch: number;
}

/**
 * One named table of bytes by bytes. Writes reach LMDB with the batch they belong to. `get` sees them at once; `seek` sees
 * only what LMDB has.
 */
export class Store {
  readonly #table: Table;
  readonly #pending = new Map<string, PendingWrite>();
  readonly #seekOnly: boolean;
  #observed: Promise<boolean> | undefined;

  /** @param seekOnly nobody calls `get`, so written values need not stay in memory */
  constructor(environment: RootDatabase, name: string, seekOnly: boolean = false) {
    this.#seekOnly = seekOnly;
    this.#table = environment.openDB({ name, encoding: "binary", keyEncoding: "binary" });
  }

  /** The bytes are valid until the next call on this store; keep a copy where they must live longer. */
  get(key: Uint8Array): Uint8Array | undefined {
    if (this.#pending.size > 0) {
      const pending = this.#pending.get(text(key));
      if (pending) return pending.value;
    }
    const bytes = this.#table.getBinaryFast(unshared(key));
    // lmdb reuses one buffer longer than the value and only redefines its `length`.
    return bytes?.subarray(0, bytes.length);
  }

  /** Call within an LMDB batch. `value` undefined removes the key. */
  put(key: Uint8Array, value: Uint8Array | undefined, batch: number): void {
    const ownKey = unshared(key);
    const ownValue = value && unshared(value);
    if (!this.#seekOnly) this.#pending.set(text(ownKey), { value: ownValue, batch });
    const written = ownValue ? this.#table.put(ownKey, ownValue) : this.#table.remove(ownKey);
    // The batch reports failures; lmdb rejects what the batch's operations returned as well.
    if (written !== this.#observed) written.catch(() => {});
    this.#observed = written;
  }

  /** Forgets the in-memory copies of everything up to a batch that LMDB has now. */
  settle(batch: number): void {
    for (const [key, write] of this.#pending) if (write.batch <= batch) this.#pending.delete(key);
  }

  /** The first key ≥ `start` and < `end`. */
  seek(start: Uint8Array, end: Uint8Array): Uint8Array | undefined {
    for (const key of this.#table.getKeys({ start, end, limit: 1 })) return key;
    return undefined;
  }

  entries(): number {
    return (this.#table.getStats() as { entryCount: number }).entryCount;
  }
}

function text(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}

/** lmdb crashes the process on memory shared between threads, which is where the kernel's bytes live. */
function unshared(bytes: Uint8Array): Uint8Array {
  return bytes.buffer instanceof SharedArrayBuffer ? new Uint8Array(bytes) : bytes;
}
