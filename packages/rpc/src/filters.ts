import { randomBytes } from "node:crypto";
import type { Block, ChainApi, LocatedLog } from "@hyperion/chain";
import type { Transaction } from "@hyperion/kernel";
import { RPC_CODES, RpcError, serverError } from "./errors.ts";
import { formatLog } from "./format/log.ts";
import { data } from "./hex.ts";
import { matchesLog } from "./log-match.ts";
import type { LogFilterParameter } from "./schema/filter.ts";

/** A polling filter: what it collected since the last poll. */
interface Filter {
  readonly kind: "logs" | "blocks" | "transactions";
  readonly criteria?: LogFilterParameter;
  changes: unknown[];
  /** Something was dropped because nobody polled. */
  overflown: boolean;
  timer: NodeJS.Timeout;
}

const MAX_CHANGES = 10_000;

/**
 * Polling filters (eth_newFilter and relatives), shared by all connections as the ids are bearer tokens. A filter that
 * nobody polls for `filterTimeoutMs` is removed.
 */
export class Filters {
  readonly #filters = new Map<string, Filter>();
  readonly #chain: ChainApi;
  readonly #limits: { readonly maxFilters: number; readonly filterTimeoutMs: number };
  #listening = false;
  readonly #onHead = (block: Block): void => this.#push("blocks", () => data(block.hash));
  readonly #onTransaction = (transaction: Transaction): void =>
    this.#push("transactions", () => data(transaction.hash));
  readonly #onLogs = (logs: readonly LocatedLog[]): void => this.#pushLogs(logs);

  constructor(chain: ChainApi, limits: { readonly maxFilters: number; readonly filterTimeoutMs: number }) {
    this.#chain = chain;
    this.#limits = limits;
  }

  /** Installs a filter and returns its id. */
  add(kind: Filter["kind"], criteria?: LogFilterParameter): string {
    if (this.#filters.size >= this.#limits.maxFilters) {
      throw new RpcError(RPC_CODES.limitExceeded, "too many filters");
    }
    this.#listen(true);
    const id = newId();
    const timer = this.#expiry(id);
    this.#filters.set(id, { kind, changes: [], overflown: false, timer, ...(criteria ? { criteria } : {}) });
    return id;
  }

  /** Returns and forgets what the filter collected. */
  poll(id: string): unknown[] {
    const filter = this.#touch(id);
    if (filter.overflown) {
      this.remove(id);
      throw serverError("filter collected too much since the last poll and was removed");
    }
    const { changes } = filter;
    filter.changes = [];
    return changes;
  }

  /** The criteria of a log filter. */
  criteria(id: string): LogFilterParameter {
    const { criteria } = this.#touch(id);
    if (!criteria) throw serverError("filter not found");
    return criteria;
  }

  remove(id: string): boolean {
    const filter = this.#filters.get(id);
    if (!filter) return false;
    clearTimeout(filter.timer);
    this.#filters.delete(id);
    if (this.#filters.size === 0) this.#listen(false);
    return true;
  }

  close(): void {
    for (const id of [...this.#filters.keys()]) this.remove(id);
  }

  /** Listening costs the chain the gathering of a block's logs, so it happens only while there are filters. */
  #listen(wanted: boolean): void {
    if (wanted === this.#listening) return;
    this.#listening = wanted;
    const change = wanted ? this.#chain.on.bind(this.#chain) : this.#chain.off.bind(this.#chain);
    change("newHead", this.#onHead);
    change("newPendingTransaction", this.#onTransaction);
    change("logs", this.#onLogs);
  }

  #touch(id: string): Filter {
    const filter = this.#filters.get(id);
    if (!filter) throw serverError("filter not found");
    clearTimeout(filter.timer);
    filter.timer = this.#expiry(id);
    return filter;
  }

  #expiry(id: string): NodeJS.Timeout {
    return setTimeout(() => this.remove(id), this.#limits.filterTimeoutMs).unref();
  }

  #push(kind: Filter["kind"], item: () => unknown): void {
    for (const filter of this.#filters.values()) {
      if (filter.kind === kind) collect(filter, item());
    }
  }

  #pushLogs(logs: readonly LocatedLog[]): void {
    for (const filter of this.#filters.values()) {
      if (filter.kind !== "logs") continue;
      for (const log of logs) {
        if (filter.criteria && matchesLog(filter.criteria, log)) collect(filter, formatLog(log));
      }
    }
  }
}

const collect = (filter: Filter, item: unknown): void => {
  if (filter.changes.length < MAX_CHANGES) filter.changes.push(item);
  else filter.overflown = true;
};

/** An unguessable id of 16 bytes in the form of a QUANTITY. */
export const newId = (): string => `0x${BigInt(`0x${randomBytes(16).toString("hex")}`).toString(16)}`;
