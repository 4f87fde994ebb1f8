import type { Block, BlockRef } from "@hyperion/chain";
import { z } from "zod";
import { findBlock } from "../block-lookup.ts";
import type { RpcContext } from "../context.ts";
import { formatBlock, formatHeader, formatPendingBlock } from "../format/block.ts";
import { formatReceipt } from "../format/receipt.ts";
import { formatTransaction } from "../format/transaction.ts";
import { quantity } from "../hex.ts";
import { blockNumberOrTag, blockParameter } from "../schema/block.ts";
import { hash, index } from "../schema/scalars.ts";
import { type MethodTable, method } from "./method.ts";

const blockByRef = ({ chain }: RpcContext, ref: BlockRef, full: boolean): unknown => {
  if (ref === "pending") return formatPendingBlock(chain.pending(), full);
  const block = findBlock(chain, ref);
  return block ? formatBlock(block, full) : null;
};

const countOf = ({ chain }: RpcContext, ref: BlockRef, count: (block: Block) => number): string | null => {
  if (ref === "pending") return quantity(chain.pending().transactions.length);
  const block = findBlock(chain, ref);
  return block ? quantity(count(block)) : null;
};

const transactionAt = ({ chain }: RpcContext, ref: BlockRef, position: number): unknown => {
  const located = chain.transactionAt(ref, position);
  return located ? formatTransaction(located) : null;
};

const ommerAt = ({ chain }: RpcContext, ref: BlockRef, position: number): unknown => {
  const block = findBlock(chain, ref);
  const header = block?.ommers[position];
  const ommerHash = block?.ommerHashes[position];
  return header && ommerHash ? { ...formatHeader(header, ommerHash), size: "0x0", uncles: [] } : null;
};

const full = z.boolean("expected a boolean").default(false);

/** Blocks, their transactions and receipts. */
export const ethBlockMethods: MethodTable = {
  eth_blockNumber: method({
    namespace: "eth",
    cost: "cheap",
    summary: "Number of the newest sealed block.",
    params: {},
    handle: (_, { chain }) => quantity(chain.head().header.number),
  }),
  eth_getBlockByNumber: method({
    namespace: "eth",
    cost: "read",
    summary: "A block by number or tag, with transaction hashes or whole transactions.",
    params: { block: blockNumberOrTag, full },
    handle: (params, context) => blockByRef(context, params.block, params.full),
  }),
  eth_getBlockByHash: method({
    namespace: "eth",
    cost: "read",
    summary: "A block by hash, with transaction hashes or whole transactions.",
    params: { hash, full },
    handle: (params, context) => blockByRef(context, params.hash, params.full),
  }),
  eth_getHeaderByNumber: method({
    namespace: "eth",
    cost: "read",
    summary: "A block header by number or tag.",
    params: { block: blockNumberOrTag },
    handle: ({ block: ref }, { chain }) => {
      const block = findBlock(chain, ref);
      return block ? formatHeader(block.header, block.hash) : null;
    },
  }),
  eth_getHeaderByHash: method({
    namespace: "eth",
    cost: "read",
    summary: "A block header by hash.",
    params: { hash },
    handle: (params, { chain }) => {
      const block = findBlock(chain, params.hash);
      return block ? formatHeader(block.header, block.hash) : null;
    },
  }),
  eth_getBlockTransactionCountByHash: method({
    namespace: "eth",
    cost: "read",
    summary: "Number of transactions in a block.",
    params: { hash },
    handle: (params, context) => countOf(context, params.hash, (block) => block.transactionCount),
  }),
  eth_getBlockTransactionCountByNumber: method({
    namespace: "eth",
    cost: "read",
    summary: "Number of transactions in a block.",
    params: { block: blockNumberOrTag },
    handle: (params, context) => countOf(context, params.block, (block) => block.transactionCount),
  }),
  eth_getUncleCountByBlockHash: method({
    namespace: "eth",
    cost: "read",
    summary: "Number of ommers of a block.",
    params: { hash },
    handle: (params, context) => countOf(context, params.hash, (block) => block.ommerHashes.length),
  }),
  eth_getUncleCountByBlockNumber: method({
    namespace: "eth",
    cost: "read",
    summary: "Number of ommers of a block.",
    params: { block: blockNumberOrTag },
    handle: (params, context) =>
      countOf(context, params.block === "pending" ? "latest" : params.block, (block) => block.ommerHashes.length),
  }),
  eth_getUncleByBlockHashAndIndex: method({
    namespace: "eth",
    cost: "read",
    summary: "An ommer header of a block.",
    params: { hash, index },
    handle: (params, context) => ommerAt(context, params.hash, params.index),
  }),
  eth_getUncleByBlockNumberAndIndex: method({
    namespace: "eth",
    cost: "read",
    summary: "An ommer header of a block.",
    params: { block: blockNumberOrTag, index },
    handle: (params, context) => ommerAt(context, params.block, params.index),
  }),
  eth_getBlockReceipts: method({
    namespace: "eth",
    cost: "read",
    summary: "All receipts of a block.",
    params: { block: blockParameter },
    handle: ({ block }, { chain }) => chain.receipts(block.ref)?.map(formatReceipt) ?? null,
  }),
  eth_getTransactionByHash: method({
    namespace: "eth",
    cost: "read",
    summary: "A transaction in a block, in the open block or in the pool.",
    params: { hash },
    handle: (params, { chain }) => {
      const located = chain.transaction(params.hash);
      return located ? formatTransaction(located) : null;
    },
  }),
  eth_getTransactionByBlockHashAndIndex: method({
    namespace: "eth",
    cost: "read",
    summary: "A transaction by its position in a block.",
    params: { hash, index },
    handle: (params, context) => transactionAt(context, params.hash, params.index),
  }),
  eth_getTransactionByBlockNumberAndIndex: method({
    namespace: "eth",
    cost: "read",
    summary: "A transaction by its position in a block.",
    params: { block: blockNumberOrTag, index },
    handle: (params, context) => transactionAt(context, params.block, params.index),
  }),
  eth_getTransactionReceipt: method({
    namespace: "eth",
    cost: "read",
    summary: "Receipt of a transaction in a sealed block.",
    params: { hash },
    handle: (params, { chain }) => {
      const receipt = chain.receipt(params.hash);
      return receipt ? formatReceipt(receipt) : null;
    },
  }),
};
