import type { LocatedReceipt } from "@hyperion/chain";
import { data, quantity } from "../hex.ts";
import { type Json, optional } from "./json.ts";
import { formatPlacedLog, OPEN_BLOCK_HASH, type Place } from "./log.ts";

const placeOf = ({ transaction, blockHash, blockNumber, blockTimestamp, index }: LocatedReceipt): Place => ({
  blockNumber: quantity(blockNumber),
  transactionHash: data(transaction.hash),
  transactionIndex: quantity(index),
  blockHash: blockHash ? data(blockHash) : OPEN_BLOCK_HASH,
  blockTimestamp: quantity(blockTimestamp),
});

/** execution-apis `ReceiptInfo`. */
export const formatReceipt = (located: LocatedReceipt): Json => {
  const { receipt, transaction } = located;
  const place = placeOf(located);
  const { blockHash, blockNumber, transactionHash, transactionIndex } = place;
  return {
    blockHash,
    blockNumber,
    transactionHash,
    transactionIndex,
    type: quantity(receipt.type),
    from: data(transaction.from),
    to: transaction.to ? data(transaction.to) : null,
    contractAddress: receipt.contractAddress ? data(receipt.contractAddress) : null,
    gasUsed: quantity(receipt.gasUsed),
    cumulativeGasUsed: quantity(receipt.cumulativeGasUsed),
    effectiveGasPrice: quantity(receipt.effectiveGasPrice),
    ...(receipt.type === 3 ? blobFields(located) : {}),
    ...rollupFields(located),
    logs: receipt.logs.map((log, i) => formatPlacedLog(log, place, located.firstLogIndex + i)),
    logsBloom: data(receipt.logsBloom),
    ...optional("root", receipt.stateRoot, data),
    ...optional("status", receipt.status, quantity),
  };
};

const blobFields = ({ receipt }: LocatedReceipt): Json => ({
  ...optional("blobGasUsed", receipt.blobGasUsed, quantity),
  ...optional("blobGasPrice", receipt.blobGasPrice, quantity),
});

/** Canyon: the form in which a deposit's receipt is hashed. */
const DEPOSIT_RECEIPT_VERSION = 1;

const rollupFields = ({ receipt }: LocatedReceipt): Json => ({
  ...optional("depositNonce", receipt.depositNonce, quantity),
  ...(receipt.depositNonce === undefined ? {} : { depositReceiptVersion: quantity(DEPOSIT_RECEIPT_VERSION) }),
  ...optional("l1Fee", receipt.l1Fee, quantity),
  ...optional("l1GasUsed", receipt.l1GasUsed, quantity),
});
