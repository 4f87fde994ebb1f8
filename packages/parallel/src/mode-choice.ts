import type { BatchReport } from "@hyperion/kernel";

/** `serial` and `parallel` are for tests and comparison; `adaptive` is what a node runs. */
export type ParallelMode = "serial" | "parallel" | "adaptive";

export interface ModeChoice {
  /** Fewest transactions that are executed in parallel. */
  readonly least: number;
  choose(transactions: number): boolean;
  report(batch: BatchReport): void;
}

/** Fewer are over before another thread has woken up. */
const LEAST_TRANSACTIONS = 8;
/** Weight of the newest batch in the averages. */
const WEIGHT = 0.2;
/** Share of repeated runs from which on a batch would have been quicker in one thread. */
const MOST_REPEATED = 0.25;
/** Share of transactions in one chain of dependencies from which on there is too little to do beside it. */
const MOST_CHAINED = 0.6;
/** Serial batches until parallel execution is tried again; doubles as long as it does not pay. */
const FIRST_PAUSE = 8;
const LONGEST_PAUSE = 256;

/**
 * Parallel while few transactions run twice or wait for each other; else serial, with a trial now and then. Counts
 * conflicts instead of time: other processes take time, but they cause no conflicts.
 */
export class AdaptiveMode implements ModeChoice {
  readonly least: number = LEAST_TRANSACTIONS;
  #repeated = 0;
  #pause = FIRST_PAUSE;
  #serialLeft = 0;

  choose(transactions: number): boolean {
    if (transactions < LEAST_TRANSACTIONS) return false;
    if (this.#serialLeft === 0) return true;
    this.#serialLeft--;
    return false;
  }

  report({ parallel, abandoned, repeated, longestChain, transactions }: BatchReport): void {
    if (!parallel) return;
    const share = abandoned ? 1 : repeated / Math.max(transactions, 1);
    this.#repeated += (share - this.#repeated) * WEIGHT;
    const chained = longestChain > transactions * MOST_CHAINED;
    if (abandoned || chained || this.#repeated > MOST_REPEATED) {
      this.#serialLeft = this.#pause;
      this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
      this.#repeated = Math.min(this.#repeated, MOST_REPEATED);
    } else if (this.#repeated < MOST_REPEATED / 2) {
      this.#pause = FIRST_PAUSE;
    }
  }
}

/** The choice that a mode stands for. */
export const modeChoice = (mode: ParallelMode): ModeChoice =>
  mode === "adaptive" ? new AdaptiveMode() : { least: 1, choose: () => mode === "parallel", report: () => {} };
