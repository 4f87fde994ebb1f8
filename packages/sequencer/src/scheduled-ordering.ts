import { type ChainApi, ChainError } from "@hyperion/chain";
import { Arrivals } from "./arrivals.ts";
import type { Leadership, Ordering } from "./ordering.ts";

export interface ScheduledOptions {
  /** Its builder must have an opener: blocks are due at the timestamps that it gives them. */
  readonly chain: ChainApi;
  /** Brings up to date what the opener knows. Called before each block. */
  readonly prepare: () => Promise<void>;
  /** Milliseconds since the epoch, as the chain's timestamps count. Default: the wall clock. */
  readonly now?: () => number;
  /** Told of every failure; the schedule goes on after a pause, unless the chain has stopped for good. */
  readonly onError?: (error: Error) => void;
}

/** Pause before another look when it is not known how the next block begins, or something failed. */
const RETRY_MS = 250;

/**
 * Blocks at given times: each is sealed when its timestamp has come, with what has been executed by then. Blocks that are
 * overdue follow each other without a pause, so that none is left out.
 */
export class ScheduledOrdering implements Ordering {
  readonly #options: ScheduledOptions;
  readonly #chain: ChainApi;
  readonly #arrivals: Arrivals;
  readonly #now: () => number;
  #running: Promise<void> | undefined;
  #stopped = false;
  #wake: () => void = () => {};

  constructor(options: ScheduledOptions) {
    this.#options = options;
    this.#chain = options.chain;
    this.#arrivals = new Arrivals(options.chain);
    this.#now = options.now ?? Date.now;
  }

  async start(): Promise<void> {
    if (!this.#stopped) this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    await this.#running;
    this.#arrivals.execute();
    const { builder } = this.#chain;
    if (builder.hasWork()) await builder.seal();
    await this.#chain.flush();
  }

  submit(raw: Uint8Array): Promise<Uint8Array> {
    return this.#arrivals.add(raw);
  }

  leadership(): Leadership {
    return { leading: this.#running !== undefined && !this.#stopped, kind: "scheduled" };
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#next();
      } catch (error) {
        this.#options.onError?.(error as Error);
        if (error instanceof ChainError && error.code === "HALTED") return;
        await this.#sleep(RETRY_MS);
      }
    }
  }

  async #next(): Promise<void> {
    const { builder } = this.#chain;
    await this.#options.prepare();
    if (builder.openTimestamp() === undefined) builder.reconsider();
    const timestamp = builder.openTimestamp();
    if (timestamp === undefined) return this.#sleep(RETRY_MS);
    await this.#sleep(Math.max(0, Number(timestamp) * 1000 - this.#now()));
    // Meanwhile the head may be another one.
    if (!this.#stopped && builder.openTimestamp() === timestamp) await builder.seal();
  }

  /** Gives way to the event loop even where nothing is to be waited for. */
  #sleep(milliseconds: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
