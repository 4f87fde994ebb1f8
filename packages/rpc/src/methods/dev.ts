import { randomUUID } from "node:crypto";
import { activeFork } from "@hyperion/chain";
import type { SealingControls } from "@hyperion/sequencer";
import { z } from "zod";
import { nextHeader } from "../block-lookup.ts";
import type { RpcContext } from "../context.ts";
import { invalidParams, serverError } from "../errors.ts";
import { suggestTip } from "../fees.ts";
import { data, quantity } from "../hex.ts";
import { callParameter } from "../schema/call.ts";
import {
  address,
  bytes,
  hash,
  looseCount,
  looseQuantity,
  looseSeconds,
  looseTimestamp,
  looseWord,
} from "../schema/scalars.ts";
import { type Method, type MethodTable, method } from "./method.ts";

const MAX_MINED_BLOCKS = 100_000n;

const sealingOf = ({ sealing }: RpcContext): SealingControls => {
  if (!sealing) throw serverError("this node does not control when blocks are sealed");
  return sealing;
};

/** A row of the dev namespace. */
const dev = <S extends Readonly<Record<string, z.ZodType>>>(
  summary: string,
  params: S,
  handle: Parameters<typeof method<S>>[0]["handle"],
): Method => method({ namespace: "dev", cost: "write", summary, params, handle });

const mine = async (context: RpcContext, blocks: bigint, interval?: bigint): Promise<void> => {
  if (blocks > MAX_MINED_BLOCKS) throw invalidParams(`at most ${MAX_MINED_BLOCKS} blocks at once`);
  await sealingOf(context).mine(Number(blocks), interval);
};

const mineOptions = z.union([
  looseTimestamp.transform((timestamp) => ({ timestamp, blocks: 1n })),
  z.object({ timestamp: looseTimestamp.optional(), blocks: looseCount.optional() }),
]);

const nodeInfo = ({ chain }: RpcContext): object => {
  const { header, hash: blockHash } = chain.head();
  const next = nextHeader(chain);
  return {
    currentBlockNumber: quantity(header.number),
    currentBlockTimestamp: Number(header.timestamp),
    currentBlockHash: data(blockHash),
    hardFork: activeFork(chain.config, next.number, next.timestamp),
    transactionOrder: "fifo",
    environment: {
      baseFee: quantity(next.baseFeePerGas ?? 0n),
      chainId: Number(chain.config.chainId),
      gasLimit: quantity(next.gasLimit),
      gasPrice: quantity((next.baseFeePerGas ?? 0n) + suggestTip(chain)),
    },
    forkConfig: {},
  };
};

const INSTANCE_ID = randomUUID();

const metadata = ({ chain, clientVersion }: RpcContext): object => {
  const { header, hash: blockHash } = chain.head();
  return {
    clientVersion,
    chainId: Number(chain.config.chainId),
    instanceId: INSTANCE_ID,
    latestBlockNumber: Number(header.number),
    latestBlockHash: data(blockHash),
  };
};

const removeFrom = ({ chain }: RpcContext, sender: Uint8Array): null => {
  const { pending, queued } = chain.pool.contentFrom(sender);
  for (const transaction of [...queued, ...pending].reverse()) chain.dev.dropTransaction(transaction.hash);
  return null;
};

/** Methods by their name without prefix; `PREFIXES` says under which prefixes each is served. */
const METHODS: MethodTable = {
  mine: dev(
    "Seals blocks now, `interval` seconds apart.",
    { blocks: looseCount.optional(), interval: looseSeconds.optional() },
    async ({ blocks = 1n, interval }, context) => {
      await mine(context, blocks, interval);
      return null;
    },
  ),
  setAutomine: dev("Seals a block per transaction, or not.", { enabled: z.boolean() }, async ({ enabled }, context) => {
    await sealingOf(context).setAutomine(enabled);
    return null;
  }),
  getAutomine: dev("Whether every transaction seals a block.", {}, (_, context) => sealingOf(context).automine()),
  setIntervalMining: dev(
    "Seconds between blocks; 0 stops the interval.",
    { seconds: z.number().min(0).max(86_400) },
    (params, context) => {
      sealingOf(context).setInterval(Math.round(params.seconds * 1000));
      return null;
    },
  ),
  getIntervalMining: dev("Seconds between blocks, or null.", {}, (_, context) => {
    const milliseconds = sealingOf(context).interval();
    return milliseconds === 0 ? null : milliseconds / 1000;
  }),
  setBalance: dev("Sets a balance in wei.", { address, balance: looseQuantity }, async (params, { chain }) => {
    await chain.dev.setBalance(params.address, params.balance);
    return null;
  }),
  setCode: dev("Sets the code of an account.", { address, code: bytes }, async (params, { chain }) => {
    await chain.dev.setCode(params.address, params.code);
    return null;
  }),
  setNonce: dev("Sets a nonce.", { address, nonce: looseCount }, async (params, { chain }) => {
    await chain.dev.setNonce(params.address, params.nonce);
    return null;
  }),
  setStorageAt: dev(
    "Sets a storage slot.",
    { address, slot: looseWord, value: looseWord },
    async (params, { chain }) => {
      await chain.dev.setStorageAt(params.address, params.slot, params.value);
      return true;
    },
  ),
  impersonateAccount: dev("Lets the node send for an account without its key.", { address }, (params, { chain }) => {
    chain.dev.impersonate(params.address);
    return null;
  }),
  stopImpersonatingAccount: dev("Ends impersonation.", { address }, (params, { chain }) => {
    chain.dev.stopImpersonating(params.address);
    return null;
  }),
  autoImpersonateAccount: dev("Impersonates every account, or not.", { enabled: z.boolean() }, (params, { chain }) => {
    chain.dev.autoImpersonate(params.enabled);
    return null;
  }),
  snapshot: dev("Remembers the state of the chain and returns its id.", {}, (_, { chain }) =>
    quantity(chain.dev.snapshot()),
  ),
  revert: dev("Returns to a snapshot and forgets it.", { id: looseCount }, ({ id }, { chain }) =>
    chain.dev.revert(Number(id)),
  ),
  increaseTime: dev(
    "Moves the chain's clock; returns the total offset in seconds.",
    { seconds: looseSeconds },
    (params, { chain }) => Number(chain.dev.increaseTime(params.seconds)),
  ),
  setNextBlockTimestamp: dev(
    "Timestamp of the next block.",
    { timestamp: looseTimestamp },
    ({ timestamp }, { chain }) => {
      chain.dev.setNextBlockTimestamp(timestamp);
      return null;
    },
  ),
  setTime: dev(
    "Sets the chain's clock; returns the offset from the wall clock in seconds.",
    { timestamp: looseTimestamp },
    (params, { chain }) => Number(chain.dev.setTime(params.timestamp)),
  ),
  setBlockTimestampInterval: dev(
    "Fixed distance between block timestamps.",
    { seconds: looseSeconds },
    (params, { chain }) => {
      chain.dev.setBlockTimestampInterval(params.seconds);
      return null;
    },
  ),
  removeBlockTimestampInterval: dev("Returns to the clock for block timestamps.", {}, (_, { chain }) => {
    chain.dev.setBlockTimestampInterval(undefined);
    return true;
  }),
  setNextBlockBaseFeePerGas: dev(
    "Base fee of the next block.",
    { baseFee: looseQuantity },
    ({ baseFee }, { chain }) => {
      chain.dev.setNextBlockBaseFeePerGas(baseFee);
      return null;
    },
  ),
  setPrevRandao: dev("Randomness of the next block.", { prevRandao: looseWord }, ({ prevRandao }, { chain }) => {
    chain.dev.setNextBlockPrevRandao(prevRandao);
    return null;
  }),
  setCoinbase: dev("Fee recipient from the next block on.", { address }, (params, { chain }) => {
    chain.dev.setCoinbase(params.address);
    return null;
  }),
  setBlockGasLimit: dev("Gas limit from the next block on.", { gasLimit: looseCount }, ({ gasLimit }, { chain }) => {
    chain.dev.setBlockGasLimit(gasLimit);
    return true;
  }),
  setMinGasPrice: dev("Least price the pool accepts.", { price: looseQuantity }, ({ price }, { chain }) => {
    chain.dev.setMinGasPrice(price);
    return null;
  }),
  dropTransaction: dev("Removes a transaction from the pool.", { hash }, (params, { chain }) =>
    chain.dev.dropTransaction(params.hash) ? data(params.hash) : null,
  ),
  dropAllTransactions: dev("Empties the pool.", {}, (_, { chain }) => {
    chain.dev.dropAllTransactions();
    return null;
  }),
  removePoolTransactions: dev("Removes a sender's transactions from the pool.", { address }, (params, context) =>
    removeFrom(context, params.address),
  ),
  reset: dev(
    "Back to genesis with an empty pool.",
    { options: z.looseObject({}).optional() },
    async (params, { chain }) => {
      if (params.options?.forking) throw invalidParams("forking another chain is not supported");
      await chain.dev.reset();
      return null;
    },
  ),
  nodeInfo: dev("What the node is configured to.", {}, (_, context) => nodeInfo(context)),
  metadata: dev("What the node is.", {}, (_, context) => metadata(context)),
};

/** Which tools know which method by which prefix. */
const PREFIXES: Readonly<Record<string, readonly string[]>> = {
  anvil: Object.keys(METHODS),
  evm: [
    "setAutomine",
    "setIntervalMining",
    "snapshot",
    "revert",
    "increaseTime",
    "setNextBlockTimestamp",
    "setTime",
    "setBlockGasLimit",
  ],
  hardhat: [
    "mine",
    "getAutomine",
    "setBalance",
    "setCode",
    "setNonce",
    "setStorageAt",
    "impersonateAccount",
    "stopImpersonatingAccount",
    "setNextBlockBaseFeePerGas",
    "setPrevRandao",
    "setCoinbase",
    "setMinGasPrice",
    "dropTransaction",
    "reset",
    "metadata",
  ],
};

const evmMine = dev(
  "Seals a block, at a given timestamp if one is named.",
  { options: mineOptions.optional() },
  async (params, context) => {
    const { timestamp, blocks = 1n } = params.options ?? {};
    if (timestamp !== undefined) context.chain.dev.setNextBlockTimestamp(timestamp);
    await mine(context, blocks);
    return "0x0";
  },
);

const sendUnsigned = dev(
  "Sends for an impersonated account.",
  { transaction: callParameter },
  async (params, context) => {
    const { from, chainId: _, ...call } = params.transaction;
    if (!from) throw invalidParams("missing from");
    return data(await sealingOf(context).submitUnsigned({ ...call, from }));
  },
);

/** anvil_, evm_ and hardhat_: what test suites use to control a development chain. */
export const devMethods: MethodTable = {
  ...Object.fromEntries(
    Object.entries(PREFIXES).flatMap(([prefix, names]) =>
      names.map((name): [string, Method] => [`${prefix}_${name}`, METHODS[name] as Method]),
    ),
  ),
  evm_mine: evmMine,
  eth_sendUnsignedTransaction: sendUnsigned,
};
