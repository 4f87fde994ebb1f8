import { z } from "zod";
import { invalidParams, RPC_CODES, RpcError } from "../errors.ts";
import { formatLog } from "../format/log.ts";
import { queryLogs } from "../log-query.ts";
import { type LogFilterParameter, logFilter } from "../schema/filter.ts";
import type { Topic } from "../subscriptions.ts";
import { type MethodTable, method } from "./method.ts";

const filterId = z.string("filter id must be a string").max(66);

/** Builds the topic a subscription's parameters ask for. */
const TOPICS: Readonly<Record<string, (option: unknown) => Topic>> = {
  newHeads: () => ({ kind: "newHeads" }),
  logs: (option) => ({ kind: "logs", criteria: criteriaOf(option ?? {}) }),
  newPendingTransactions: (option) => ({ kind: "newPendingTransactions", full: option === true }),
  syncing: () => ({ kind: "syncing" }),
};

const criteriaOf = (option: unknown): LogFilterParameter => {
  const result = logFilter.safeParse(option);
  if (result.success) return result.data;
  throw invalidParams(`invalid argument 1: ${result.error.issues[0]?.message ?? "invalid filter"}`);
};

const noNotifications = (): RpcError =>
  new RpcError(RPC_CODES.methodNotFound, "notifications are only supported over WebSocket");

/** Logs, polling filters and subscriptions. */
export const ethLogMethods: MethodTable = {
  eth_getLogs: method({
    namespace: "eth",
    cost: "execute",
    summary: "Logs of a block or a range of blocks.",
    params: { filter: logFilter },
    handle: async ({ filter }, { chain, config }) => (await queryLogs(chain, config, filter)).map(formatLog),
  }),
  eth_newFilter: method({
    namespace: "eth",
    cost: "cheap",
    summary: "Installs a polling filter for logs.",
    params: { filter: logFilter },
    handle: ({ filter }, { filters }) => {
      if (filter.blockHash) throw invalidParams("blockHash is not supported in filters");
      return filters.add("logs", filter);
    },
  }),
  eth_newBlockFilter: method({
    namespace: "eth",
    cost: "cheap",
    summary: "Installs a polling filter for hashes of new blocks.",
    params: {},
    handle: (_, { filters }) => filters.add("blocks"),
  }),
  eth_newPendingTransactionFilter: method({
    namespace: "eth",
    cost: "cheap",
    summary: "Installs a polling filter for hashes of transactions entering the pool.",
    params: {},
    handle: (_, { filters }) => filters.add("transactions"),
  }),
  eth_getFilterChanges: method({
    namespace: "eth",
    cost: "read",
    summary: "What a polling filter collected since the last poll.",
    params: { id: filterId },
    handle: ({ id }, { filters }) => filters.poll(id),
  }),
  eth_getFilterLogs: method({
    namespace: "eth",
    cost: "execute",
    summary: "All logs that satisfy a polling filter.",
    params: { id: filterId },
    handle: async ({ id }, { chain, config, filters }) =>
      (await queryLogs(chain, config, filters.criteria(id))).map(formatLog),
  }),
  eth_uninstallFilter: method({
    namespace: "eth",
    cost: "cheap",
    summary: "Removes a polling filter.",
    params: { id: filterId },
    handle: ({ id }, { filters }) => filters.remove(id),
  }),
  eth_subscribe: method({
    namespace: "eth",
    cost: "cheap",
    summary: "WebSocket only: newHeads, logs, newPendingTransactions (hashes, or whole with `true`), syncing.",
    params: { topic: z.string("topic must be a string"), option: z.unknown().optional() },
    handle: ({ topic, option }, _, { subscriptions }) => {
      if (!subscriptions) throw noNotifications();
      const build = Object.hasOwn(TOPICS, topic) ? TOPICS[topic] : undefined;
      if (!build) throw invalidParams(`no "${topic.slice(0, 64)}" subscription in eth namespace`);
      return subscriptions.add(build(option));
    },
  }),
  eth_unsubscribe: method({
    namespace: "eth",
    cost: "cheap",
    summary: "WebSocket only: ends a subscription.",
    params: { id: filterId },
    handle: ({ id }, _, { subscriptions }) => {
      if (!subscriptions) throw noNotifications();
      return subscriptions.remove(id);
    },
  }),
};
