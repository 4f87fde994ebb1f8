export interface RoleLoopOptions {
  /** Milliseconds between steps that found nothing to do. */
  readonly poll: number;
  /** Told of every failed step. Returns whether to try again, after pauses that grow. */
  readonly onError: (error: Error) => boolean;
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/** Repeats one step of a role's work until it is stopped. */
export class RoleLoop {
  readonly #step: () => Promise<boolean>;
  readonly #options: RoleLoopOptions;
  #running: Promise<void> | undefined;
  #stopped = false;
  #wake: () => void = () => {};

  /** @param step resolves to whether there is more to do at once */
  constructor(step: () => Promise<boolean>, options: RoleLoopOptions) {
    this.#step = step;
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
        const more = await this.#step();
        pause = FIRST_PAUSE;
        if (!more) await this.#sleep(this.#options.poll);
      } catch (error) {
        if (!this.#options.onError(error as Error)) return;
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
