import type { PoolEntry } from "./pool-entry.ts";

/** The transactions of one sender by nonce, with running sums over those that wait: a busy sender's queue is long. */
export class SenderQueue {
  readonly #entries = new Map<bigint, PoolEntry>();
  #waiting = 0;
  #waitingCost = 0n;

  get size(): number {
    return this.#entries.size;
  }

  /** Transactions that no open block has executed. */
  get waiting(): number {
    return this.#waiting;
  }

  /** The most that the waiting transactions can take from the sender, in wei. */
  get waitingCost(): bigint {
    return this.#waitingCost;
  }

  get(nonce: bigint): PoolEntry | undefined {
    return this.#entries.get(nonce);
  }

  /** Any one of them. The queue must not be empty. */
  any(): PoolEntry {
    return this.#entries.values().next().value!;
  }

  values(): IterableIterator<PoolEntry> {
    return this.#entries.values();
  }

  add(entry: PoolEntry): void {
    this.#entries.set(entry.transaction.nonce, entry);
    if (!entry.executed) this.#count(entry, 1);
  }

  remove(entry: PoolEntry): void {
    if (!this.#entries.delete(entry.transaction.nonce) || entry.executed) return;
    this.#count(entry, -1);
  }

  markExecuted(entry: PoolEntry, executed: boolean): void {
    if (entry.executed === executed) return;
    entry.executed = executed;
    this.#count(entry, executed ? -1 : 1);
  }

  #count(entry: PoolEntry, by: 1 | -1): void {
    this.#waiting += by;
    this.#waitingCost += by === 1 ? entry.cost : -entry.cost;
  }
}
