import { formatRollupConfig, type L1Ref, type L2Block, outputRoot } from "@hyperion/rollup";
import type { RollupView, RpcContext } from "../context.ts";
import { RPC_CODES, RpcError, serverError } from "../errors.ts";
import { data } from "../hex.ts";
import { quantity64 } from "../schema/scalars.ts";
import { type MethodTable, method } from "./method.ts";

const rollupOf = ({ rollup }: RpcContext): RollupView => {
  if (!rollup) throw serverError("this chain is no rollup");
  return rollup;
};

const NO_L1_BLOCK: L1Ref = {
  number: 0n,
  hash: `0x${"00".repeat(32)}`,
  parentHash: `0x${"00".repeat(32)}`,
  timestamp: 0n,
};

const formatL1 = (ref: L1Ref = NO_L1_BLOCK): object => ({
  hash: ref.hash,
  number: Number(ref.number),
  parentHash: ref.parentHash,
  timestamp: Number(ref.timestamp),
});

const formatL2 = ({ hash, number, parentHash, timestamp, origin, sequenceNumber }: L2Block): object => ({
  hash,
  number: Number(number),
  parentHash,
  timestamp: Number(timestamp),
  l1origin: { hash: origin.hash, number: Number(origin.number) },
  sequenceNumber: Number(sequenceNumber),
});

const syncStatus = async ({ engine, l1, progress }: RollupView): Promise<object> => {
  const [head, finalized] = await Promise.all([
    l1.head().catch(() => undefined),
    l1.finalized().catch(() => undefined),
  ]);
  const safe = formatL2(engine.safe());
  return {
    current_l1: formatL1(progress.origin),
    current_l1_finalized: formatL1(finalized),
    head_l1: formatL1(head),
    safe_l1: formatL1(head),
    finalized_l1: formatL1(finalized),
    unsafe_l2: formatL2(engine.unsafe()),
    safe_l2: safe,
    finalized_l2: formatL2(engine.finalized()),
    pending_safe_l2: safe,
    cross_unsafe_l2: formatL2(engine.unsafe()),
    local_safe_l2: safe,
  };
};

const outputAtBlock = async (context: RpcContext, number: bigint): Promise<object> => {
  const rollup = rollupOf(context);
  const block = context.chain.block(number);
  const ref = rollup.engine.block(number);
  if (!block || !ref) throw new RpcError(RPC_CODES.notFound, `block ${number} not found`);
  const { stateRoot, withdrawalsRoot } = block.header;
  const storageRoot = data(withdrawalsRoot!) as `0x${string}`;
  const parts = { stateRoot: data(stateRoot) as `0x${string}`, blockHash: ref.hash };
  return {
    version: `0x${"00".repeat(32)}`,
    outputRoot: outputRoot({ ...parts, messagePasserStorageRoot: storageRoot }),
    blockRef: formatL2(ref),
    withdrawalStorageRoot: storageRoot,
    stateRoot: parts.stateRoot,
    syncStatus: await syncStatus(rollup),
  };
};

/** op-node's methods. */
export const optimismMethods: MethodTable = {
  optimism_outputAtBlock: method({
    namespace: "optimism",
    cost: "read",
    summary: "Output root of a block, and what it commits to.",
    params: { block: quantity64 },
    handle: ({ block }, context) => outputAtBlock(context, block),
  }),
  optimism_syncStatus: method({
    namespace: "optimism",
    cost: "read",
    summary: "How far L1 has been read, and the unsafe, safe and finalized heads.",
    params: {},
    handle: (_, context) => syncStatus(rollupOf(context)),
  }),
  optimism_rollupConfig: method({
    namespace: "optimism",
    cost: "cheap",
    summary: "The rollup configuration, in op-node's form.",
    params: {},
    handle: (_, context) => formatRollupConfig(rollupOf(context).config),
  }),
};
