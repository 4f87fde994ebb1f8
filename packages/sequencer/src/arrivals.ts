import type { ChainApi } from "@hyperion/chain";

interface Arrival {
  readonly raw: Uint8Array;
  resolve(hash: Uint8Array): void;
  reject(reason: Error): void;
}

/** Transactions on their way into the open block: what arrives in one turn of the event loop is executed together. */
export class Arrivals {
  readonly #chain: ChainApi;
  #waiting: Arrival[] = [];

  constructor(chain: ChainApi) {
    this.#chain = chain;
  }

  /** Resolves to the hash once pooled. Rejects with `PoolError`. */
  add(raw: Uint8Array): Promise<Uint8Array> {
    if (this.#waiting.length === 0) setImmediate(() => this.execute());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ raw, resolve, reject });
    });
  }

  /** Executes what has arrived, now. */
  execute(): void {
    const arrivals = this.#waiting;
    this.#waiting = [];
    if (arrivals.length === 0) return;
    try {
      const results = this.#chain.builder.submitAll(arrivals.map(({ raw }) => raw));
      for (const [index, result] of results.entries()) {
        if (result instanceof Error) arrivals[index]!.reject(result);
        else arrivals[index]!.resolve(result);
      }
    } catch (error) {
      for (const { reject } of arrivals) reject(error as Error);
    }
  }
}
