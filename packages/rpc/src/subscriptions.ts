import type { Block, ChainApi, LocatedLog } from "@hyperion/chain";
import type { Transaction } from "@hyperion/kernel";
import { invalidParams, RPC_CODES, RpcError } from "./errors.ts";
import { newId } from "./filters.ts";
import { formatHeader } from "./format/block.ts";
import { formatLog } from "./format/log.ts";
import { formatTransaction } from "./format/transaction.ts";
import { data } from "./hex.ts";
import { notificationText } from "./json-rpc.ts";
import { matchesLog } from "./log-match.ts";
import type { LogFilterParameter } from "./schema/filter.ts";

/** What a subscription delivers. */
export type Topic =
  | { readonly kind: "newHeads" }
  | { readonly kind: "logs"; readonly criteria: LogFilterParameter }
  | { readonly kind: "newPendingTransactions"; readonly full: boolean }
  | { readonly kind: "syncing" };

/** Removes the chain listener of a topic. */
type Stop = () => void;

const LISTENERS: {
  readonly [K in Topic["kind"]]: (chain: ChainApi, topic: Topic, send: (json: string) => void) => Stop;
} = {
  newHeads: (chain, _, send) => {
    const listener = (block: Block): void => send(JSON.stringify(formatHeader(block.header, block.hash)));
    chain.on("newHead", listener);
    return () => chain.off("newHead", listener);
  },
  logs: (chain, topic, send) => {
    const criteria = topic.kind === "logs" ? topic.criteria : {};
    const listener = (logs: readonly LocatedLog[]): void => {
      for (const log of logs) if (matchesLog(criteria, log)) send(JSON.stringify(formatLog(log)));
    };
    chain.on("logs", listener);
    return () => chain.off("logs", listener);
  },
  newPendingTransactions: (chain, topic, send) => {
    const full = topic.kind === "newPendingTransactions" && topic.full;
    const listener = (transaction: Transaction): void =>
      send(JSON.stringify(full ? formatTransaction({ transaction }) : data(transaction.hash)));
    chain.on("newPendingTransaction", listener);
    return () => chain.off("newPendingTransaction", listener);
  },
  syncing: (_, __, send) => {
    // A sequencer and its followers serve only what they executed: the answer is final.
    const timer = setImmediate(() => send("false"));
    return () => clearImmediate(timer);
  },
};

/** The subscriptions of one WebSocket connection (eth_subscribe). */
export class Subscriptions {
  readonly #chain: ChainApi;
  readonly #send: (text: string) => void;
  readonly #limit: number;
  readonly #active = new Map<string, Stop>();

  constructor(chain: ChainApi, send: (text: string) => void, limit: number) {
    this.#chain = chain;
    this.#send = send;
    this.#limit = limit;
  }

  /** Starts a subscription and returns its id. The first notification follows the answer. */
  add(topic: Topic): string {
    if (this.#active.size >= this.#limit) throw new RpcError(RPC_CODES.limitExceeded, "too many subscriptions");
    const id = newId();
    const stop = LISTENERS[topic.kind](this.#chain, topic, (json) => this.#send(notificationText(id, json)));
    this.#active.set(id, stop);
    return id;
  }

  remove(id: string): true {
    const stop = this.#active.get(id);
    if (!stop) throw invalidParams("subscription not found");
    stop();
    this.#active.delete(id);
    return true;
  }

  close(): void {
    for (const stop of this.#active.values()) stop();
    this.#active.clear();
  }
}
