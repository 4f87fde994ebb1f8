import { DerivationError, type Deriver } from "./deriver.ts";

export interface DerivationLoopOptions {
  /** Milliseconds between looks at L1 while it has nothing new. */
  readonly poll: number;
  /** Told of every failed step. The loop goes on, unless `fatal`. */
  readonly onError: (error: Error, fatal: boolean) => void;
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/** Keeps a deriver stepping. L1 that fails is asked again, after pauses that grow. */
export class DerivationLoop {
  readonly #deriver: Deriver;
  readonly #options: DerivationLoopOptions;
  #running: Promise<void> | undefined;
  #stopped = false;
  #wake: () => void = () => {};

  constructor(deriver: Deriver, options: DerivationLoopOptions) {
    this.#deriver = deriver;
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when the step in progress has ended. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    let pause = FIRST_PAUSE;
    while (!this.#stopped) {
      try {
        const step = await this.#deriver.step();
        pause = FIRST_PAUSE;
        if (step === "idle") await this.#sleep(this.#options.poll);
      } catch (error) {
        const fatal = error instanceof DerivationError;
        this.#options.onError(error as Error, fatal);
        if (fatal) return;
        await this.#sleep(pause);
        pause = Math.min(2 * pause, LONGEST_PAUSE);
      }
    }
  }

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
