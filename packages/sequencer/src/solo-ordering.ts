import type { ChainApi } from "@hyperion/chain";
import { Arrivals } from "./arrivals.ts";
import type { Leadership, Ordering, SealingControls, UnsignedTransaction } from "./ordering.ts";

export interface SoloOptions {
  readonly chain: ChainApi;
  /** Milliseconds between blocks; 0: only on demand. Default 1000. */
  readonly interval?: number;
  /** Seals a block for every accepted transaction. Default false. */
  readonly automine?: boolean;
  /** Whether the interval also seals blocks without transactions. Default true. */
  readonly emptyBlocks?: boolean;
  /** Called when sealing on the interval fails; the interval stops. */
  readonly onError?: (error: Error) => void;
}

/** One process orders everything: first come, first executed. */
export class SoloOrdering implements Ordering, SealingControls {
  readonly #chain: ChainApi;
  readonly #emptyBlocks: boolean;
  readonly #onError: (error: Error) => void;
  readonly #arrivals: Arrivals;
  #interval: number;
  #automine: boolean;
  #running = false;
  #timer: NodeJS.Timeout | undefined;
  /** When the next block is due, milliseconds of `performance.now()`. */
  #due = 0;
  /** Sealing happens one at a time, in the order it was asked for. */
  #sealing: Promise<unknown> = Promise.resolve();

  constructor(options: SoloOptions) {
    this.#chain = options.chain;
    this.#arrivals = new Arrivals(options.chain);
    this.#interval = options.interval ?? 1000;
    this.#automine = options.automine ?? false;
    this.#emptyBlocks = options.emptyBlocks ?? true;
    this.#onError = options.onError ?? (() => {});
  }

  async start(): Promise<void> {
    this.#running = true;
    this.#startInterval();
  }

  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#arrivals.execute();
    await this.#exclusively(async () => {
      if (this.#chain.builder.hasWork()) await this.#chain.builder.seal();
    });
    await this.#chain.flush();
  }

  async submit(raw: Uint8Array): Promise<Uint8Array> {
    const hash = await this.#arrivals.add(raw);
    if (this.#automine) await this.#sealOnDemand();
    return hash;
  }

  async submitUnsigned(request: UnsignedTransaction): Promise<Uint8Array> {
    const hash = this.#chain.dev.sendUnsigned(request);
    await this.#sealOnDemand();
    return hash;
  }

  leadership(): Leadership {
    return { leading: this.#running, kind: "solo" };
  }

  mine(count: number, interval?: bigint): Promise<void> {
    return this.#exclusively(async () => {
      for (let i = 0; i < count; i++) {
        if (i > 0 && interval !== undefined && interval > 0n) {
          this.#chain.dev.setNextBlockTimestamp(this.#chain.head().header.timestamp + interval);
        } else {
          this.#chain.builder.refresh();
        }
        await this.#chain.builder.seal();
      }
    });
  }

  async setAutomine(enabled: boolean): Promise<void> {
    this.#automine = enabled;
    await this.#sealOnDemand();
  }

  automine(): boolean {
    return this.#automine;
  }

  setInterval(milliseconds: number): void {
    this.#interval = milliseconds;
    clearTimeout(this.#timer);
    if (this.#running) this.#startInterval();
  }

  interval(): number {
    return this.#interval;
  }

  async #sealOnDemand(): Promise<void> {
    if (!this.#automine) return;
    await this.#exclusively(async () => {
      if (this.#chain.builder.hasWork()) await this.#chain.builder.seal();
    });
  }

  #startInterval(): void {
    if (this.#interval <= 0) return;
    this.#due = performance.now() + this.#interval;
    this.#timer = setTimeout(() => this.#tick(), this.#interval);
  }

  #tick(): void {
    this.#exclusively(async () => {
      if (this.#running && (this.#emptyBlocks || this.#chain.builder.hasWork())) await this.#chain.builder.seal();
    }).then(
      () => this.#scheduleNext(),
      (error: Error) => this.#onError(error),
    );
  }

  /** Keeps to the grid of intervals; blocks that are overdue are left out, not made up for. */
  #scheduleNext(): void {
    if (!this.#running || this.#interval <= 0) return;
    const now = performance.now();
    const missed = Math.max(0, Math.floor((now - this.#due) / this.#interval));
    this.#due += (missed + 1) * this.#interval;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tick(), this.#due - now);
  }

  #exclusively(work: () => Promise<void>): Promise<void> {
    const result = this.#sealing.then(work);
    this.#sealing = result.catch(() => {});
    return result;
  }
}
