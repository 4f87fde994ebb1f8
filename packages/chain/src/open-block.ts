import type { BlockAttributes, ExecutionRecord, ForkName, Header, Kernel } from "@hyperion/kernel";
import type { LocatedReceipt, PendingBlock } from "./api.ts";
import { byteKey } from "./byte-key.ts";
import type { PoolEntry } from "./pool-entry.ts";
import { L1_BLOCK, leastRollupPrices, type RollupPrices } from "./rollup-prices.ts";

/** Transactions below this gas do not exist; a fuller block takes no more. */
const LEAST_GAS = 21_000n;
/** First byte of the header's extra data from Jovian on. */
const JOVIAN_EXTRA_DATA = 1;

export interface ExecutedEntry {
  readonly entry: PoolEntry;
  readonly record: ExecutionRecord;
  readonly located: LocatedReceipt;
  /** State before the transaction; taken only where executed transactions may be replaced. */
  readonly checkpoint: number | undefined;
}

/** What the block under construction holds so far. */
export class OpenBlock {
  readonly header: Header;
  readonly fork: ForkName;
  readonly attributes: BlockAttributes;
  /** It is known how the block begins. */
  readonly ready: boolean;
  /** Takes no transactions of the pool. */
  readonly closed: boolean;
  #forced = 0;
  #executed: ExecutedEntry[] = [];
  /** By transaction hash. */
  readonly #receipts = new Map<string, LocatedReceipt>();
  #gasUsed = 0n;
  #logCount = 0;
  #rollupPrices: RollupPrices | undefined;

  constructor(
    header: Header,
    fork: ForkName,
    attributes: BlockAttributes,
    { ready, closed }: { readonly ready: boolean; readonly closed: boolean },
  ) {
    this.header = header;
    this.fork = fork;
    this.attributes = attributes;
    this.ready = ready;
    this.closed = closed;
  }

  get executed(): readonly ExecutedEntry[] {
    return this.#executed;
  }

  get entries(): PoolEntry[] {
    return this.#executed.map(({ entry }) => entry);
  }

  /** Holds more than what it had to begin with. */
  get hasWork(): boolean {
    return this.#executed.length > this.#forced;
  }

  /** What was included so far is what the block has to begin with. */
  endForced(): void {
    this.#forced = this.#executed.length;
  }

  get gasLeft(): bigint {
    return this.header.gasLimit - this.#gasUsed;
  }

  get hasRoom(): boolean {
    return this.gasLeft >= LEAST_GAS;
  }

  /** The block's first transaction sets them. @param kernel with this block open */
  rollupPrices(kernel: Kernel): RollupPrices {
    const isJovian = this.header.extraData[0] === JOVIAN_EXTRA_DATA;
    this.#rollupPrices ??= leastRollupPrices(isJovian, (slot) => kernel.storage(L1_BLOCK, slot));
    return this.#rollupPrices;
  }

  receipt(hash: Uint8Array): LocatedReceipt | undefined {
    return this.#receipts.get(byteKey(hash));
  }

  /** Adds a transaction that was executed last. */
  include(entry: PoolEntry, record: ExecutionRecord, checkpoint: number | undefined): LocatedReceipt {
    const located: LocatedReceipt = {
      get receipt() {
        return record.receipt;
      },
      transaction: entry.transaction,
      blockNumber: this.header.number,
      blockTimestamp: this.header.timestamp,
      index: this.#executed.length,
      firstLogIndex: this.#logCount,
    };
    this.#executed.push({ entry, record, located, checkpoint });
    this.#receipts.set(entry.key, located);
    this.#gasUsed = record.cumulativeGasUsed;
    this.#logCount += record.logCount;
    return located;
  }

  /** A transaction and those executed after it. */
  from(first: PoolEntry): readonly ExecutedEntry[] {
    return this.#executed.slice(this.#executed.findIndex(({ entry }) => entry === first));
  }

  /** Forgets the last transactions, as `from` gave them. */
  remove(tail: readonly ExecutedEntry[]): void {
    const first = tail[0];
    if (!first) return;
    this.#executed = this.#executed.slice(0, first.located.index);
    this.#gasUsed = this.#executed.at(-1)?.record.cumulativeGasUsed ?? 0n;
    this.#logCount = first.located.firstLogIndex;
    for (const { entry } of tail) this.#receipts.delete(entry.key);
  }

  pending(): PendingBlock {
    return {
      header: { ...this.header, gasUsed: this.#gasUsed },
      transactions: this.#executed.map(({ entry }) => entry.transaction),
      receipts: this.#executed.map(({ located }) => located),
      gasUsed: this.#gasUsed,
    };
  }
}
