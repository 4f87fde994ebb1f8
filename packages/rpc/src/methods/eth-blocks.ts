import type { Block, BlockRef, ChainApi, LocatedReceipt } from "@hyperion/chain";
import { z } from "zod";
import { findBlock } from "../block-lookup.ts";
import type { RpcContext } from "../context.ts";
import { formatBlock, formatHeader, formatPendingBlock } from "../format/block.ts";
import type { Json } from "../format/json.ts";
import { l1Prices } from "../format/l1-prices.ts";
import { formatReceipt } from "../format/receipt.ts";
import { formatTransaction } from "../format/transaction.ts";
import { quantity } from "../hex.ts";
import { blockNumberOrTag, blockParameter } from "../schema/block.ts";
import { hash, index } from "../schema/scalars.ts";
import { type Decoded, type MethodTable, method, type Schemas } from "./method.ts";

const describeReceipt = (chain: ChainApi, located: LocatedReceipt): Json => ({
  ...formatReceipt(located),
  ...l1Prices(chain, located),
});

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

interface BlockMethod<S extends Schemas> {
  readonly summary: (by: string) => string;
  /** What follows the block. */
  readonly params: S;
  handle(ref: BlockRef, params: Decoded<S>, context: RpcContext): unknown;
}

/** The two rows of a method that takes a block by number or tag, and by hash. */
const byNumberAndHash = <S extends Schemas>(
  [byNumber, byHash]: readonly [string, string],
  { summary, params, handle }: BlockMethod<S>,
): MethodTable => {
  const read = { namespace: "eth", cost: "read" } as const;
  return {
    [byNumber]: method({
      ...read,
      summary: summary("number or tag"),
      params: { block: blockNumberOrTag, ...params },
      handle: ({ block, ...rest }, context) => handle(block as BlockRef, rest as Decoded<S>, context),
    }),
    [byHash]: method({
      ...read,
      summary: summary("hash"),
      params: { hash, ...params },
      handle: ({ hash: wanted, ...rest }, context) => handle(wanted as Uint8Array, rest as Decoded<S>, context),
    }),
  };
};

/** Blocks, their transactions and receipts. */
export const ethBlockMethods: MethodTable = {
  eth_blockNumber: method({
    namespace: "eth",
    cost: "cheap",
    summary: "Number of the newest sealed block.",
    params: {},
    handle: (_, { chain }) => quantity(chain.head().header.number),
  }),
  ...byNumberAndHash(["eth_getBlockByNumber", "eth_getBlockByHash"], {
    summary: (by) => `A block by ${by}, with transaction hashes or whole transactions.`,
    params: { full },
    handle: (ref, { full: whole }, context) => blockByRef(context, ref, whole),
  }),
  ...byNumberAndHash(["eth_getHeaderByNumber", "eth_getHeaderByHash"], {
    summary: (by) => `A block header by ${by}.`,
    params: {},
    handle: (ref, _, { chain }) => {
      const block = findBlock(chain, ref);
      return block ? formatHeader(block.header, block.hash) : null;
    },
  }),
  ...byNumberAndHash(["eth_getBlockTransactionCountByNumber", "eth_getBlockTransactionCountByHash"], {
    summary: () => "Number of transactions in a block.",
    params: {},
    handle: (ref, _, context) => countOf(context, ref, (block) => block.transactionCount),
  }),
  ...byNumberAndHash(["eth_getUncleCountByBlockNumber", "eth_getUncleCountByBlockHash"], {
    summary: () => "Number of ommers of a block.",
    params: {},
    handle: (ref, _, context) =>
      countOf(context, ref === "pending" ? "latest" : ref, (block) => block.ommerHashes.length),
  }),
  ...byNumberAndHash(["eth_getUncleByBlockNumberAndIndex", "eth_getUncleByBlockHashAndIndex"], {
    summary: () => "An ommer header of a block.",
    params: { index },
    handle: (ref, params, context) => ommerAt(context, ref, params.index),
  }),
  eth_getBlockReceipts: method({
    namespace: "eth",
    cost: "read",
    summary: "All receipts of a block.",
    params: { block: blockParameter },
    handle: ({ block }, { chain }) =>
      chain.receipts(block.ref)?.map((receipt) => describeReceipt(chain, receipt)) ?? null,
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
  ...byNumberAndHash(["eth_getTransactionByBlockNumberAndIndex", "eth_getTransactionByBlockHashAndIndex"], {
    summary: () => "A transaction by its position in a block.",
    params: { index },
    handle: (ref, params, context) => transactionAt(context, ref, params.index),
  }),
  eth_getTransactionReceipt: method({
    namespace: "eth",
    cost: "read",
    summary: "Receipt of a transaction in a sealed block.",
    params: { hash },
    handle: (params, { chain }) => {
      const receipt = chain.receipt(params.hash);
      return receipt ? describeReceipt(chain, receipt) : null;
    },
  }),
};
