import type { Log } from "@hyperion/kernel";
import type { LocatedLog, LocatedReceipt, LogFilter } from "./api.ts";
import { bytesEqual } from "./byte-key.ts";
import type { StoredBlock } from "./stored-block.ts";

/** The logs of receipts with their places in the block; only those that match `filter` where one is given. */
export function locatedLogs(receipts: readonly LocatedReceipt[], filter: LogFilter = {}): LocatedLog[] {
  const logs: LocatedLog[] = [];
  for (const { receipt, transaction, blockNumber, blockTimestamp, index, firstLogIndex } of receipts) {
    const place = {
      blockNumber,
      blockTimestamp,
      transactionHash: transaction.hash,
      transactionIndex: index,
      removed: false,
    };
    collect(logs, receipt.logs, filter, place, firstLogIndex);
  }
  return logs;
}

/** The logs of a sealed block; its transactions need not be decoded for them. */
export function blockLogs(block: StoredBlock, filter: LogFilter = {}, removed: boolean = false): LocatedLog[] {
  const logs: LocatedLog[] = [];
  const { number: blockNumber, timestamp: blockTimestamp } = block.header;
  let firstLogIndex = 0;
  for (const [transactionIndex, record] of block.record.execution.records.entries()) {
    const { logCount } = record;
    const first = firstLogIndex;
    firstLogIndex += logCount;
    if (logCount === 0 || (filter.addresses?.length && !record.hasLogOf(filter.addresses))) continue;
    const { hash: transactionHash, receipt } = record;
    const place = { blockHash: block.hash, blockNumber, blockTimestamp, transactionHash, transactionIndex, removed };
    collect(logs, receipt.logs, filter, place, first);
  }
  return logs;
}

function collect(
  into: LocatedLog[],
  logs: readonly Log[],
  filter: LogFilter,
  place: Omit<LocatedLog, "log" | "logIndex">,
  firstLogIndex: number,
): void {
  for (const [index, log] of logs.entries()) {
    if (matchesFilter(log, filter)) into.push({ log, ...place, logIndex: firstLogIndex + index });
  }
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
