import type { AccessListItem, KernelApi, Transaction } from "@hyperion/kernel";

/** More accounts and slots than a block has gas for, so that no batch loads without end. */
const MOST_ITEMS = 16_384;
/** Loading is worth its price when at least one in so many of the named was not in memory. */
const WORTHWHILE = 8;
/** Most batches in a row that are not looked at: how late it may be noticed that the state is cold again. */
const LONGEST_PAUSE = 63;

/** Of a transaction, what says where it goes. */
type Named = Pick<Transaction, "to" | "accessList">;

const NO_KEYS: readonly Uint8Array[] = [];

/**
 * Loads what transactions name, their recipients and access lists, before they execute together: at once, not whenever
 * one of them comes to it. Where nearly all of it is in memory there is nothing to gain, and fewer and fewer batches are looked at.
 */
export class AccessHints {
  readonly #kernel: Pick<KernelApi, "prefetch">;
  #loaded = 0;
  #pause = 0;
  #left = 0;

  constructor(kernel: Pick<KernelApi, "prefetch">) {
    this.#kernel = kernel;
  }

  /** Accounts and slots that were loaded ahead so far. */
  get loaded(): number {
    return this.#loaded;
  }

  /** Senders are left out: who checked a transaction has looked at its sender. */
  load(transactions: readonly Named[]): void {
    if (this.#left > 0) {
      this.#left--;
      return;
    }
    const { items, named } = namedBy(transactions);
    if (named === 0) return;
    const missing = this.#kernel.prefetch(items);
    this.#loaded += missing;
    this.#pause = missing * WORTHWHILE < named ? Math.min(2 * this.#pause + 1, LONGEST_PAUSE) : 0;
    this.#left = this.#pause;
  }
}

/** `named`: accounts and slots in the items. */
function namedBy(transactions: readonly Named[]): { items: AccessListItem[]; named: number } {
  const items: AccessListItem[] = [];
  let named = 0;
  for (const { to, accessList = [] } of transactions) {
    if (to) items.push({ address: to, storageKeys: NO_KEYS });
    for (const item of accessList) {
      items.push(item);
      named += item.storageKeys.length;
    }
    if (items.length + named >= MOST_ITEMS) break;
  }
  return { items, named: named + items.length };
}
