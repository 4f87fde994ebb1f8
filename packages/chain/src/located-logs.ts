import type { Log } from "@hyperion/kernel";
import type { LocatedLog, LocatedReceipt, LogFilter } from "./api.ts";
import { bytesEqual } from "./byte-key.ts";

/** The logs of receipts with their places in the block; only those that match `filter` where one is given. */
export function locatedLogs(
  receipts: readonly LocatedReceipt[],
  removed: boolean,
  filter: LogFilter = {},
): LocatedLog[] {
  const logs: LocatedLog[] = [];
  for (const located of receipts) {
    located.receipt.logs.forEach((log, index) => {
      if (!matchesFilter(log, filter)) return;
      logs.push({
        log,
        ...(located.blockHash ? { blockHash: located.blockHash } : {}),
        blockNumber: located.blockNumber,
        blockTimestamp: located.blockTimestamp,
        transactionHash: located.transaction.hash,
        transactionIndex: located.index,
        logIndex: located.firstLogIndex + index,
        removed,
      });
    });
  }
  return logs;
}

/** eth_getLogs' rule: any of the addresses, and at each given position any of the topics. */
export function matchesFilter(log: Log, filter: LogFilter): boolean {
  const { addresses = [], topics = [] } = filter;
  if (addresses.length > 0 && !addresses.some((address) => bytesEqual(address, log.address))) return false;
  if (topics.length > log.topics.length) return false;
  return topics.every((choices, position) => {
    const topic = log.topics[position]!;
    return !choices || choices.length === 0 || choices.some((choice) => bytesEqual(choice, topic));
  });
}
