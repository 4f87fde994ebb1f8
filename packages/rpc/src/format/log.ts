import type { LocatedLog } from "@hyperion/chain";
import type { Log } from "@hyperion/kernel";
import { data, quantity } from "../hex.ts";
import type { Json } from "./json.ts";

/** Stands for the hash of a block that is not sealed: what it holds is the sequencer's preconfirmation. */
export const OPEN_BLOCK_HASH: string = `0x${"00".repeat(32)}`;

/** Where a transaction stands, formatted once for all its logs. */
export interface Place {
  readonly blockNumber: string;
  readonly transactionHash: string;
  readonly transactionIndex: string;
  readonly blockHash: string;
  readonly blockTimestamp: string;
}

/** execution-apis `Log`. */
export const formatLog = (located: LocatedLog): Json => {
  const { log, blockHash, logIndex, removed } = located;
  const place = {
    blockNumber: quantity(located.blockNumber),
    transactionHash: data(located.transactionHash),
    transactionIndex: quantity(located.transactionIndex),
    blockHash: blockHash ? data(blockHash) : OPEN_BLOCK_HASH,
    blockTimestamp: quantity(located.blockTimestamp),
  };
  return formatPlacedLog(log, place, logIndex, removed);
};

/** @param logIndex within the block */
export const formatPlacedLog = (log: Log, place: Place, logIndex: number, removed: boolean = false): Json => ({
  address: data(log.address),
  topics: log.topics.map((topic) => data(topic)),
  data: data(log.data),
  blockNumber: place.blockNumber,
  transactionHash: place.transactionHash,
  transactionIndex: place.transactionIndex,
  blockHash: place.blockHash,
  blockTimestamp: place.blockTimestamp,
  logIndex: quantity(logIndex),
  removed,
});
