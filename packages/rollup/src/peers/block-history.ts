const MAX_BLOCKS = 1_024;
const MAX_BYTES = 64 * 1024 * 1024;

/** Told of the first number that is new, or no longer what it was. */
type Listener = (from: bigint) => void;

/** The newest signed blocks of one branch, without a gap, as frames ready to be sent. */
export class BlockHistory {
  readonly #frames = new Map<bigint, Uint8Array>();
  readonly #listeners = new Set<Listener>();
  #oldest = 0n;
  #next = 0n;
  #bytes = 0;

  /** Number of the oldest block; equal to `next` when there is none. */
  get oldest(): bigint {
    return this.#oldest;
  }

  /** One above the newest block. */
  get next(): bigint {
    return this.#next;
  }

  at(number: bigint): Uint8Array | undefined {
    return this.#frames.get(number);
  }

  /** What is there at this height or above belongs to another branch, and goes. Behind a gap the history begins again. */
  add(number: bigint, frame: Uint8Array): void {
    this.rewind(number);
    if (number !== this.#next) this.#clear(number);
    this.#frames.set(number, frame);
    this.#bytes += frame.length;
    this.#next = number + 1n;
    while (this.#frames.size > MAX_BLOCKS || (this.#bytes > MAX_BYTES && this.#frames.size > 1)) {
      this.#remove(this.#oldest++);
    }
    for (const listener of this.#listeners) listener(number);
  }

  /** Forgets that block and those above it. */
  rewind(number: bigint): void {
    if (number >= this.#next) return;
    if (number <= this.#oldest) {
      this.#clear(number);
      return;
    }
    while (this.#next > number) this.#remove(--this.#next);
    for (const listener of this.#listeners) listener(number);
  }

  /** @returns ends the subscription */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #clear(next: bigint): void {
    this.#frames.clear();
    this.#bytes = 0;
    this.#oldest = next;
    this.#next = next;
    for (const listener of this.#listeners) listener(next);
  }

  #remove(number: bigint): void {
    this.#bytes -= this.#frames.get(number)?.length ?? 0;
    this.#frames.delete(number);
  }
}
