import type { ChainApi } from "@hyperion/chain";

interface Arrival {
  readonly raw: Uint8Array;
  resolve(hash: Uint8Array): void;
  reject(reason: Error): void;
}

/** What arrived together; `ready` when its senders are known, or never will be. */
interface Wave {
  readonly arrivals: readonly Arrival[];
  ready: boolean;
}

/** Fewer are executed sooner than another thread has recovered their senders. */
const LEAST_RECOVERED = 4;
/** Short enough that recovering the next ones goes on while these are executed. */
const LONGEST_WAVE = 16;

/**
 * Transactions on their way into the open block, in the order of their arrival. Where many arrive in one turn of the event
 * loop, other threads recover their senders first, wave by wave, while this one executes the waves before; what is ready in
 * one turn is executed together.
 */
export class Arrivals {
  readonly #chain: ChainApi;
  #waiting: Arrival[] = [];
  #waves: Wave[] = [];

  constructor(chain: ChainApi) {
    this.#chain = chain;
  }

  /** Resolves to the hash once pooled. Rejects with `PoolError`. */
  add(raw: Uint8Array): Promise<Uint8Array> {
    if (this.#waiting.length === 0) setImmediate(() => this.#depart());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ raw, resolve, reject });
    });
  }

  /** Executes what has arrived, now. */
  execute(): void {
    const arrivals = [...this.#waves.flatMap((wave) => wave.arrivals), ...this.#waiting];
    this.#waves = [];
    this.#waiting = [];
    this.#submit(arrivals);
  }

  #depart(): void {
    const arrivals = this.#waiting;
    this.#waiting = [];
    for (let at = 0; at < arrivals.length; at += LONGEST_WAVE) this.#recover(arrivals.slice(at, at + LONGEST_WAVE));
    this.#executeReady();
  }

  #recover(arrivals: readonly Arrival[]): void {
    const wave: Wave = { arrivals, ready: true };
    this.#waves.push(wave);
    if (arrivals.length < LEAST_RECOVERED) return;
    const recovery = this.#chain.builder.recoverSenders(arrivals.map(({ raw }) => raw));
    if (!recovery) return;
    wave.ready = false;
    const end = (): void => {
      wave.ready = true;
      this.#executeReady();
    };
    // Whatever went wrong there, the senders are recovered here then.
    recovery.then(end, end);
  }

  #executeReady(): void {
    const pending = this.#waves.findIndex(({ ready }) => !ready);
    const ready = this.#waves.splice(0, pending < 0 ? this.#waves.length : pending);
    this.#submit(ready.flatMap((wave) => wave.arrivals));
  }

  #submit(arrivals: readonly Arrival[]): void {
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
