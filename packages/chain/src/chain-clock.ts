/**
 * Timestamps of blocks: the wall clock, shifted or fixed by dev controls, always after the parent's. Seconds.
 */
export class ChainClock {
  #offset = 0n;
  #interval: bigint | undefined;
  #next: bigint | undefined;
  readonly #now: () => bigint;

  constructor(now: () => bigint = () => BigInt(Math.floor(Date.now() / 1000))) {
    this.#now = now;
  }

  /** Timestamp for a child of a block with the given timestamp. */
  timestamp(parent: bigint): bigint {
    if (this.#next !== undefined) return this.#next;
    if (this.#interval !== undefined) return parent + this.#interval;
    const now = this.#now() + this.#offset;
    return now > parent ? now : parent + 1n;
  }

  /** The chain's idea of now. */
  now(): bigint {
    return this.#now() + this.#offset;
  }

  /** A block got its timestamp; a fixed one moves the clock along, as later blocks count on from it. */
  sealed(timestamp: bigint): void {
    if (this.#next === undefined) return;
    this.#next = undefined;
    this.#offset = timestamp - this.#now();
  }

  setNext(timestamp: bigint): void {
    this.#next = timestamp;
  }

  setInterval(seconds: bigint | undefined): void {
    this.#interval = seconds;
  }

  increase(seconds: bigint): bigint {
    this.#offset += seconds;
    return this.#offset;
  }

  set(timestamp: bigint): bigint {
    this.#offset = timestamp - this.#now();
    return this.#offset;
  }

  /** Settings as they are now; calling the result brings them back. */
  save(): () => void {
    const saved = { offset: this.#offset, interval: this.#interval };
    return () => {
      this.#offset = saved.offset;
      this.#interval = saved.interval;
      this.#next = undefined;
    };
  }
}
