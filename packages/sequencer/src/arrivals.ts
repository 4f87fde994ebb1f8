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
const LONGEST_WAVE = 64;
/** One that a thread works on, and one that waits for it. What arrives meanwhile makes longer waves, which cost less each. */
const WAVES_PER_THREAD = 2;

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
    const most = this.#chain.builder.senderThreads * WAVES_PER_THREAD;
    while (this.#waiting.length > 0 && (most === 0 || this.#waves.length < most)) {
      const arrivals = this.#waiting.splice(0, LONGEST_WAVE);
      const wave: Wave = { arrivals, ready: most === 0 || arrivals.length < LEAST_RECOVERED };
      this.#waves.push(wave);
      if (!wave.ready) this.#recover(wave);
    }
    this.#executeReady();
  }

  #recover(wave: Wave): void {
    const end = (): void => {
      wave.ready = true;
      this.#executeReady();
      if (this.#waiting.length > 0) this.#depart();
    };
    // Whatever went wrong there, the senders are recovered here then.
    this.#chain.builder.recoverSenders(wave.arrivals.map(({ raw }) => raw)).then(end, end);
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
