import { type LocatedLog, matchesFilter } from "@hyperion/chain";
import type { LogFilterParameter } from "./schema/filter.ts";

/** Whether a fresh log satisfies address, topics and numeric block bounds of a filter. */
export const matchesLog = (filter: LogFilterParameter, { log, blockNumber }: LocatedLog): boolean => {
  const { fromBlock, toBlock } = filter;
  if (typeof fromBlock === "bigint" && blockNumber < fromBlock) return false;
  if (typeof toBlock === "bigint" && blockNumber > toBlock) return false;
  return matchesFilter(log, filter);
};
