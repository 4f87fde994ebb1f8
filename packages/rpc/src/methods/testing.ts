import type { BlockRef } from "@hyperion/chain";
import type { BlockAttributes, Header, SealedBlock } from "@hyperion/kernel";
import { z } from "zod";
import type { RpcContext } from "../context.ts";
import { blockValue, formatPayload } from "../engine/execution-payload.ts";
import { serverError, transactionErrorMessage } from "../errors.ts";
import { data, quantity } from "../hex.ts";
import { address, bytes, hash, quantity64 } from "../schema/scalars.ts";
import { type MethodTable, method } from "./method.ts";

const MAX_TRANSACTIONS = 10_000;

const withdrawal = z.object({
  index: quantity64,
  validatorIndex: quantity64,
  address,
  amount: quantity64,
});

const payloadAttributes = z.object({
  timestamp: quantity64,
  prevRandao: hash,
  suggestedFeeRecipient: address,
  withdrawals: z.array(withdrawal).max(MAX_TRANSACTIONS).nullish(),
  parentBeaconBlockRoot: hash.nullish(),
  targetGasLimit: quantity64.nullish(),
});

type PayloadAttributes = z.output<typeof payloadAttributes>;

const DEFAULT_GAS_LIMIT = 60_000_000n;
const GAS_LIMIT_BOUND_DIVISOR = 1024n;

/** The gas limit moves towards the target by less than 1/1024 per block. */
const nextGasLimit = (parent: bigint, target: bigint): bigint => {
  const step = parent / GAS_LIMIT_BOUND_DIVISOR - 1n;
  if (parent < target) return parent + step < target ? parent + step : target;
  return parent - step > target ? parent - step : target;
};

const blockAttributes = (
  parent: Header,
  wanted: PayloadAttributes,
  extraData: Uint8Array | undefined,
): BlockAttributes => ({
  timestamp: wanted.timestamp,
  coinbase: wanted.suggestedFeeRecipient,
  prevRandao: wanted.prevRandao,
  gasLimit: nextGasLimit(parent.gasLimit, wanted.targetGasLimit ?? DEFAULT_GAS_LIMIT),
  withdrawals: wanted.withdrawals ?? [],
  ...(extraData ? { extraData } : {}),
  ...(wanted.parentBeaconBlockRoot ? { parentBeaconBlockRoot: wanted.parentBeaconBlockRoot } : {}),
});

/** A block of the given transactions; every one must apply. */
const buildExactly = async (
  { chain }: RpcContext,
  parent: BlockRef,
  attributes: BlockAttributes,
  transactions: readonly Uint8Array[],
): Promise<SealedBlock> => {
  const built = await chain.buildBlock(parent, attributes, transactions);
  if (!("outcome" in built)) return built;
  const { code, message } = built.outcome;
  throw serverError(`${transactionErrorMessage(code)}: ${message}`);
};

/** A block of those pooled transactions that apply. */
const buildFromPool = async (
  { chain }: RpcContext,
  parent: BlockRef,
  attributes: BlockAttributes,
): Promise<SealedBlock> => {
  const candidates = chain.pool.content().pending.map(({ raw }) => raw);
  return (await chain.buildBlock(parent, attributes, [], candidates)) as SealedBlock;
};

/** testing_: conformance runs only. */
export const testingMethods: MethodTable = {
  testing_buildBlockV1: method({
    namespace: "testing",
    cost: "execute",
    summary: "Builds a block from given or pooled transactions without adding it to the chain.",
    params: {
      parent: hash,
      attributes: payloadAttributes,
      transactions: z.array(bytes).max(MAX_TRANSACTIONS).nullish(),
      extraData: bytes.optional(),
    },
    handle: async (params, context) => {
      const parent = context.chain.header(params.parent);
      if (!parent) throw serverError("unknown parent block");
      const attributes = blockAttributes(parent, params.attributes, params.extraData);
      const block = params.transactions
        ? await buildExactly(context, params.parent, attributes, params.transactions)
        : await buildFromPool(context, params.parent, attributes);
      return {
        executionPayload: formatPayload(block, params.attributes.withdrawals ?? [], false),
        blockValue: quantity(blockValue(block)),
        blobsBundle: { commitments: [], proofs: [], blobs: [] },
        executionRequests: block.requests.map((request) => data(request)),
        shouldOverrideBuilder: false,
      };
    },
  }),
};
