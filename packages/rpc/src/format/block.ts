import type { Block, PendingBlock } from "@hyperion/chain";
import type { Header, Transaction, Withdrawal } from "@hyperion/kernel";
import { data, quantity } from "../hex.ts";
import { type Json, optional } from "./json.ts";
import { formatTransaction } from "./transaction.ts";

/** The header fields of a block object (execution-apis `Block` without size, transactions and uncles). */
export const formatHeader = (header: Header, hash: Uint8Array | undefined): Json => ({
  number: quantity(header.number),
  hash: hash ? data(hash) : null,
  parentHash: data(header.parentHash),
  nonce: hash ? data(header.nonce) : null,
  mixHash: data(header.mixHash),
  sha3Uncles: data(header.ommersHash),
  logsBloom: data(header.logsBloom),
  stateRoot: data(header.stateRoot),
  miner: data(header.coinbase),
  difficulty: quantity(header.difficulty),
  extraData: data(header.extraData),
  gasLimit: quantity(header.gasLimit),
  gasUsed: quantity(header.gasUsed),
  timestamp: quantity(header.timestamp),
  transactionsRoot: data(header.transactionsRoot),
  receiptsRoot: data(header.receiptsRoot),
  ...optional("baseFeePerGas", header.baseFeePerGas, quantity),
  ...optional("withdrawalsRoot", header.withdrawalsRoot, data),
  ...optional("blobGasUsed", header.blobGasUsed, quantity),
  ...optional("excessBlobGas", header.excessBlobGas, quantity),
  ...optional("parentBeaconBlockRoot", header.parentBeaconBlockRoot, data),
  ...optional("requestsHash", header.requestsHash, data),
});

export const formatWithdrawal = (withdrawal: Withdrawal): Json => ({
  index: quantity(withdrawal.index),
  validatorIndex: quantity(withdrawal.validatorIndex),
  address: data(withdrawal.address),
  amount: quantity(withdrawal.amount),
});

const formatBody = (header: Header, hash: Uint8Array | undefined, transactions: readonly Transaction[]): Json[] =>
  transactions.map((transaction, index) =>
    formatTransaction({
      transaction,
      index,
      blockNumber: header.number,
      blockTimestamp: header.timestamp,
      ...(hash ? { blockHash: hash } : {}),
      ...(header.baseFeePerGas === undefined ? {} : { baseFeePerGas: header.baseFeePerGas }),
    }),
  );

/** A sealed block; transactions as hashes or whole. */
export const formatBlock = (block: Block, full: boolean): Json => ({
  ...formatHeader(block.header, block.hash),
  size: quantity(block.size),
  transactions: full
    ? formatBody(block.header, block.hash, block.transactions)
    : block.transactionHashes.map((hash) => data(hash)),
  uncles: block.ommerHashes.map((hash) => data(hash)),
  ...optional("withdrawals", block.withdrawals, (list) => list.map(formatWithdrawal)),
});

/** The open block: hash and nonce are not known yet. */
export const formatPendingBlock = (block: PendingBlock, full: boolean): Json => ({
  ...formatHeader({ ...block.header, gasUsed: block.gasUsed }, undefined),
  size: "0x0",
  transactions: full
    ? formatBody(block.header, undefined, block.transactions)
    : block.transactions.map(({ hash }) => data(hash)),
  uncles: [],
  ...optional("withdrawals", block.header.withdrawalsRoot, () => []),
});
