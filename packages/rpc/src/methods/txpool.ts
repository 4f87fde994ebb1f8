import type { Transaction } from "@hyperion/kernel";
import { checksumAddress } from "../checksum.ts";
import { effectiveGasPrice, formatTransaction } from "../format/transaction.ts";
import { quantity } from "../hex.ts";
import { address } from "../schema/scalars.ts";
import { type MethodTable, method } from "./method.ts";

type ByNonce = Record<string, unknown>;

const byNonce = (transactions: readonly Transaction[]): ByNonce =>
  Object.fromEntries(
    transactions.map((transaction) => [transaction.nonce.toString(), formatTransaction({ transaction })]),
  );

const bySender = (
  transactions: readonly Transaction[],
  show: (transaction: Transaction) => unknown,
): Record<string, ByNonce> => {
  const senders: Record<string, ByNonce> = {};
  for (const transaction of transactions) {
    const sender = checksumAddress(transaction.from);
    senders[sender] ??= {};
    senders[sender][transaction.nonce.toString()] = show(transaction);
  }
  return senders;
};

const summary = (transaction: Transaction): string => {
  const target = transaction.to ? checksumAddress(transaction.to) : "contract creation";
  const price = effectiveGasPrice(transaction, undefined);
  return `${target}: ${transaction.value} wei + ${transaction.gasLimit} gas × ${price} wei`;
};

/** txpool_. */
export const txpoolMethods: MethodTable = {
  txpool_status: method({
    namespace: "txpool",
    cost: "cheap",
    summary: "Number of executable and of waiting transactions.",
    params: {},
    handle: (_, { chain }) => {
      const { pending, queued } = chain.pool.status();
      return { pending: quantity(pending), queued: quantity(queued) };
    },
  }),
  txpool_content: method({
    namespace: "txpool",
    cost: "read",
    summary: "All transactions of the pool by sender and nonce.",
    params: {},
    handle: (_, { chain }) => {
      const { pending, queued } = chain.pool.content();
      const show = (transaction: Transaction): unknown => formatTransaction({ transaction });
      return { pending: bySender(pending, show), queued: bySender(queued, show) };
    },
  }),
  txpool_contentFrom: method({
    namespace: "txpool",
    cost: "read",
    summary: "The pool's transactions of one sender by nonce.",
    params: { address },
    handle: (params, { chain }) => {
      const { pending, queued } = chain.pool.contentFrom(params.address);
      return { pending: byNonce(pending), queued: byNonce(queued) };
    },
  }),
  txpool_inspect: method({
    namespace: "txpool",
    cost: "read",
    summary: "All transactions of the pool in one line each.",
    params: {},
    handle: (_, { chain }) => {
      const { pending, queued } = chain.pool.content();
      return { pending: bySender(pending, summary), queued: bySender(queued, summary) };
    },
  }),
};
