import type { LocatedTransaction } from "@hyperion/chain";
import type { AccessListItem, Authorization, DepositFields, Transaction } from "@hyperion/kernel";
import { data, quantity } from "../hex.ts";
import { type Json, optional } from "./json.ts";

export const formatAccessList = (list: readonly AccessListItem[]): Json[] =>
  list.map(({ address, storageKeys }) => ({
    address: data(address),
    storageKeys: storageKeys.map((key) => data(key)),
  }));

const formatAuthorization = (item: Authorization): Json => ({
  chainId: quantity(item.chainId),
  address: data(item.address),
  nonce: quantity(item.nonce),
  yParity: quantity(item.yParity),
  r: quantity(item.r),
  s: quantity(item.s),
});

const formatDeposit = ({ sourceHash, mint, isSystemTransaction }: DepositFields): Json => ({
  sourceHash: data(sourceHash),
  mint: quantity(mint),
  ...(isSystemTransaction ? { isSystemTx: true } : {}),
});

/** What the sender pays per gas: EIP-1559 in a block, the fee cap outside one. */
export const effectiveGasPrice = (transaction: Transaction, baseFeePerGas: bigint | undefined): bigint => {
  if (transaction.deposit) return 0n;
  const { gasPrice, maxFeePerGas = 0n, maxPriorityFeePerGas = 0n } = transaction;
  if (gasPrice !== undefined) return gasPrice;
  if (baseFeePerGas === undefined) return maxFeePerGas;
  const wanted = baseFeePerGas + maxPriorityFeePerGas;
  return wanted < maxFeePerGas ? wanted : maxFeePerGas;
};

/** execution-apis `TransactionInfo`; the location is null while no sealed block contains it. */
export const formatTransaction = (located: LocatedTransaction): Json => {
  const { transaction: tx, blockHash } = located;
  const sealed = blockHash !== undefined;
  return {
    blockHash: sealed ? data(blockHash) : null,
    blockNumber: sealed ? quantity(located.blockNumber ?? 0n) : null,
    blockTimestamp: sealed ? quantity(located.blockTimestamp ?? 0n) : null,
    transactionIndex: sealed ? quantity(located.index ?? 0) : null,
    hash: data(tx.hash),
    type: quantity(tx.type),
    from: data(tx.from),
    to: tx.to ? data(tx.to) : null,
    nonce: quantity(tx.nonce),
    gas: quantity(tx.gasLimit),
    gasPrice: quantity(effectiveGasPrice(tx, sealed ? located.baseFeePerGas : undefined)),
    ...optional("maxFeePerGas", tx.maxFeePerGas, quantity),
    ...optional("maxPriorityFeePerGas", tx.maxPriorityFeePerGas, quantity),
    ...optional("maxFeePerBlobGas", tx.maxFeePerBlobGas, quantity),
    value: quantity(tx.value),
    input: data(tx.data),
    ...optional("accessList", tx.accessList, formatAccessList),
    ...optional("chainId", tx.chainId, quantity),
    ...optional("blobVersionedHashes", tx.blobVersionedHashes, (hashes) => hashes.map((hash) => data(hash))),
    ...optional("authorizationList", tx.authorizationList, (list) => list.map(formatAuthorization)),
    ...(tx.deposit ? formatDeposit(tx.deposit) : {}),
    v: quantity(tx.v),
    r: quantity(tx.r),
    s: quantity(tx.s),
    ...(tx.type === 0 || tx.deposit ? {} : { yParity: quantity(tx.v) }),
  };
};
