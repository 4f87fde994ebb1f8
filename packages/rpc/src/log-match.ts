import type { LocatedLog } from "@hyperion/chain";
import { equalBytes } from "./hex.ts";
import type { LogFilterParameter } from "./schema/filter.ts";

const isOneOf = (candidates: readonly Uint8Array[] | undefined, value: Uint8Array | undefined): boolean =>
  candidates === undefined ||
  candidates.length === 0 ||
  (value !== undefined && candidates.some((candidate) => equalBytes(candidate, value)));

/** Whether a fresh log satisfies address, topics and numeric block bounds of a filter. */
export const matchesLog = (filter: LogFilterParameter, { log, blockNumber }: LocatedLog): boolean => {
  const { addresses, topics = [], fromBlock, toBlock } = filter;
  if (typeof fromBlock === "bigint" && blockNumber < fromBlock) return false;
  if (typeof toBlock === "bigint" && blockNumber > toBlock) return false;
  if (topics.length > log.topics.length) return false;
  return isOneOf(addresses, log.address) && topics.every((candidates, i) => isOneOf(candidates, log.topics[i]));
};
