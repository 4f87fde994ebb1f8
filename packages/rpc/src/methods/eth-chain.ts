import { z } from "zod";
import { nextHeader } from "../block-lookup.ts";
import { feeHistory } from "../fee-history.ts";
import { blobBaseFee, suggestTip } from "../fees.ts";
import { forkConfiguration } from "../fork-configuration.ts";
import { data, quantity } from "../hex.ts";
import { blockNumberOrTag } from "../schema/block.ts";
import { looseQuantity } from "../schema/scalars.ts";
import { type MethodTable, method } from "./method.ts";

const ALL_HISTORY = { disabled: false, oldestBlock: "0x0" } as const;

/** Logs are never deleted: the window is wider than any chain. */
const ALL_LOGS = { ...ALL_HISTORY, deleteStrategy: { type: "window", retentionBlocks: "0xffffffffffffffff" } } as const;

/** The chain as a whole: identity, fees, configuration. */
export const ethChainMethods: MethodTable = {
  eth_chainId: method({
    namespace: "eth",
    cost: "cheap",
    summary: "Chain id (EIP-695).",
    params: {},
    handle: (_, { chain }) => quantity(chain.config.chainId),
  }),
  eth_syncing: method({
    namespace: "eth",
    cost: "cheap",
    summary: "Always false: the node answers only from blocks it has executed.",
    params: {},
    handle: () => false,
  }),
  eth_gasPrice: method({
    namespace: "eth",
    cost: "read",
    summary: "Suggested legacy gas price: the next base fee and a usual tip.",
    params: {},
    handle: (_, { chain }) => quantity((nextHeader(chain).baseFeePerGas ?? 0n) + suggestTip(chain)),
  }),
  eth_maxPriorityFeePerGas: method({
    namespace: "eth",
    cost: "read",
    summary: "Suggested tip.",
    params: {},
    handle: (_, { chain }) => quantity(suggestTip(chain)),
  }),
  eth_baseFee: method({
    namespace: "eth",
    cost: "cheap",
    summary: "Base fee of the next block.",
    params: {},
    handle: (_, { chain }) => quantity(nextHeader(chain).baseFeePerGas ?? 0n),
  }),
  eth_blobBaseFee: method({
    namespace: "eth",
    cost: "cheap",
    summary: "Price of blob gas in the next block.",
    params: {},
    handle: (_, { chain }) => quantity(blobBaseFee(chain.config, nextHeader(chain)) ?? 0n),
  }),
  eth_feeHistory: method({
    namespace: "eth",
    cost: "read",
    summary: "Base fees, fill ratios and tips of a range of blocks.",
    params: { count: looseQuantity, newest: blockNumberOrTag, percentiles: z.array(z.number()).max(1000).optional() },
    handle: (params, { chain }) => feeHistory(chain, params.count, params.newest, params.percentiles),
  }),
  eth_config: method({
    namespace: "eth",
    cost: "cheap",
    summary: "Current, next and last fork configuration (EIP-7910).",
    params: {},
    handle: (_, context) => forkConfiguration(context),
  }),
  eth_capabilities: method({
    namespace: "eth",
    cost: "cheap",
    summary: "Which history the node can serve.",
    params: {},
    handle: (_, { chain }) => {
      const { header, hash } = chain.head();
      return {
        head: { number: quantity(header.number), hash: data(hash) },
        state: ALL_HISTORY,
        tx: ALL_HISTORY,
        logs: ALL_LOGS,
        receipts: ALL_HISTORY,
        blocks: ALL_HISTORY,
        stateproofs: ALL_HISTORY,
      };
    },
  }),
  eth_coinbase: method({
    namespace: "eth",
    cost: "cheap",
    summary: "Fee recipient of the next block.",
    params: {},
    handle: (_, { chain }) => data(nextHeader(chain).coinbase),
  }),
  eth_mining: method({
    namespace: "eth",
    cost: "cheap",
    summary: "Whether this node orders transactions now.",
    params: {},
    handle: (_, { ordering }) => ordering.leadership().leading,
  }),
  eth_hashrate: method({
    namespace: "eth",
    cost: "cheap",
    summary: "Zero: there is no proof of work.",
    params: {},
    handle: () => "0x0",
  }),
  eth_protocolVersion: method({
    namespace: "eth",
    cost: "cheap",
    summary: "Version of the eth wire protocol other clients speak today.",
    params: {},
    handle: () => "0x45",
  }),
};
