export interface AllowanceOptions {
  /** Most that may be taken at once. */
  readonly burst: number;
  readonly perSecond: number;
}

/** A rate limit: who takes more than has come in has to wait. */
export class Allowance {
  readonly #options: AllowanceOptions;
  #left: number;
  #at: number = performance.now();

  constructor(options: AllowanceOptions) {
    this.#options = options;
    this.#left = options.burst;
  }

  /** @returns milliseconds to wait before the next is taken */
  take(amount: number): number {
    const { burst, perSecond } = this.#options;
    const now = performance.now();
    this.#left = Math.min(burst, this.#left + ((now - this.#at) / 1000) * perSecond) - amount;
    this.#at = now;
    return this.#left >= 0 ? 0 : (-this.#left / perSecond) * 1000;
  }
}
