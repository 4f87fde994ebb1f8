import type { LocatedReceipt } from "@hyperion/chain";
import { data, quantity } from "../hex.ts";
import { type Json, optional } from "./json.ts";
import { formatReceiptLog } from "./log.ts";

/** Stands for the hash of a block that is not sealed: the receipt is the sequencer's preconfirmation. */
export const OPEN_BLOCK_HASH: string = `0x${"00".repeat(32)}`;

/** execution-apis `ReceiptInfo`. */
export const formatReceipt = (located: LocatedReceipt): Json => {
  const { receipt, transaction, blockHash } = located;
  return {
    blockHash: blockHash ? data(blockHash) : OPEN_BLOCK_HASH,
    blockNumber: quantity(located.blockNumber),
    transactionHash: data(transaction.hash),
    transactionIndex: quantity(located.index),
    type: quantity(receipt.type),
    from: data(transaction.from),
    to: transaction.to ? data(transaction.to) : null,
    contractAddress: receipt.contractAddress ? data(receipt.contractAddress) : null,
    gasUsed: quantity(receipt.gasUsed),
    cumulativeGasUsed: quantity(receipt.cumulativeGasUsed),
    effectiveGasPrice: quantity(receipt.effectiveGasPrice),
    ...(receipt.type === 3 ? blobFields(located) : {}),
    logs: receipt.logs.map((log, i) => formatReceiptLog(log, located, located.firstLogIndex + i)),
    logsBloom: data(receipt.logsBloom),
    ...optional("root", receipt.stateRoot, data),
    ...optional("status", receipt.status, quantity),
  };
};

const blobFields = ({ receipt }: LocatedReceipt): Json => ({
  ...optional("blobGasUsed", receipt.blobGasUsed, quantity),
  ...optional("blobGasPrice", receipt.blobGasPrice, quantity),
});
