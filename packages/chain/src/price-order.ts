import type { PoolEntry } from "./pool-entry.ts";
import { effectiveTip } from "./pool-rules.ts";

interface Ranked {
  readonly entry: PoolEntry;
  readonly tip: bigint;
}

/** Transactions by what they pay the fee recipient, the earlier first among equals. Those below the base fee stay out. */
export class PriceOrder {
  /** Ascending: the best is last. */
  readonly #ranked: Ranked[];
  readonly #baseFee: bigint;

  constructor(entries: readonly PoolEntry[], baseFee: bigint) {
    this.#baseFee = baseFee;
    this.#ranked = entries.map((entry) => this.#rank(entry)).filter(paysBaseFee);
    this.#ranked.sort(compare);
  }

  take(): PoolEntry | undefined {
    return this.#ranked.pop()?.entry;
  }

  add(entry: PoolEntry): void {
    const item = this.#rank(entry);
    if (!paysBaseFee(item)) return;
    let [low, high] = [0, this.#ranked.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(this.#ranked[middle]!, item) < 0) low = middle + 1;
      else high = middle;
    }
    this.#ranked.splice(low, 0, item);
  }

  #rank(entry: PoolEntry): Ranked {
    return { entry, tip: effectiveTip(entry.transaction, this.#baseFee) };
  }
}

function paysBaseFee({ tip }: Ranked): boolean {
  return tip >= 0n;
}

function compare(a: Ranked, b: Ranked): number {
  if (a.tip !== b.tip) return a.tip < b.tip ? -1 : 1;
  return b.entry.sequence - a.entry.sequence;
}
