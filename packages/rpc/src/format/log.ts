import type { LocatedLog, LocatedReceipt } from "@hyperion/chain";
import type { Log } from "@hyperion/kernel";
import { data, quantity } from "../hex.ts";
import type { Json } from "./json.ts";
import { OPEN_BLOCK_HASH } from "./receipt.ts";

/** execution-apis `Log`. */
export const formatLog = (located: LocatedLog): Json => ({
  address: data(located.log.address),
  topics: located.log.topics.map((topic) => data(topic)),
  data: data(located.log.data),
  blockNumber: quantity(located.blockNumber),
  transactionHash: data(located.transactionHash),
  transactionIndex: quantity(located.transactionIndex),
  blockHash: located.blockHash ? data(located.blockHash) : OPEN_BLOCK_HASH,
  blockTimestamp: quantity(located.blockTimestamp),
  logIndex: quantity(located.logIndex),
  removed: located.removed,
});

/** A log of a receipt, at its index within the block. */
export const formatReceiptLog = (log: Log, receipt: LocatedReceipt, logIndex: number): Json =>
  formatLog({
    log,
    ...(receipt.blockHash ? { blockHash: receipt.blockHash } : {}),
    blockNumber: receipt.blockNumber,
    blockTimestamp: receipt.blockTimestamp,
    transactionHash: receipt.transaction.hash,
    transactionIndex: receipt.index,
    logIndex,
    removed: false,
  });
