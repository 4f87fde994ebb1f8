import type { TransactionRun } from "@hyperion/kernel";
import { type ScheduledBatch, simulatedSpeedUps } from "@hyperion/parallel";
import { findBlock } from "../block-lookup.ts";
import type { RpcContext } from "../context.ts";
import { data, quantity } from "../hex.ts";
import { blockParameter } from "../schema/block.ts";
import { type MethodTable, method } from "./method.ts";

const CORES: readonly number[] = [2, 4, 8, 16, 32, 64];

const formatRun = (hashes: readonly Uint8Array[], run: TransactionRun): Record<string, unknown> => {
  const { address, slot, writer } = run.conflict ?? {};
  return {
    worker: run.worker,
    beginMicros: run.begin,
    endMicros: run.end,
    runs: run.runs,
    dependsOn: run.dependencies.map((position) => data(hashes[position]!)),
    ...(address && {
      conflict: {
        address: data(address),
        ...(slot === undefined ? {} : { slot: `0x${slot.toString(16).padStart(64, "0")}` }),
        ...(writer === undefined ? {} : { transactionHash: data(hashes[writer]!) }),
      },
    }),
  };
};

const formatBatch = ({ hashes, milliseconds, schedule }: ScheduledBatch): Record<string, unknown> => ({
  milliseconds,
  transactions: schedule.map((run, position) => ({
    transactionHash: data(hashes[position]!),
    ...(run ? formatRun(hashes, run) : {}),
  })),
  simulated: simulatedSpeedUps(schedule, CORES),
});

/** What clients need to know of L1; the endpoint only where it is the chain's own. */
const deploymentOf = ({ rollup }: RpcContext): object | null => {
  if (!rollup) return null;
  const { deployment, l1Url } = rollup;
  const { l1ChainId, l2ChainId, addresses, bridge } = deployment;
  return {
    ...{ l1ChainId, l2ChainId, addresses },
    bridge: { ...bridge, bondWei: quantity(bridge.bondWei) },
    ...(l1Url !== undefined && { l1RpcUrl: l1Url }),
  };
};

/** hyp_: what only Hyperion has. */
export const hypMethods: MethodTable = {
  hyp_deployment: method({
    namespace: "hyp",
    cost: "cheap",
    summary:
      "L1 contracts and delays of a rollup, and a development chain's L1 endpoint; null: the chain is no rollup.",
    params: {},
    handle: (_, context) => deploymentOf(context),
  }),
  hyp_getBlockSchedule: method({
    namespace: "hyp",
    cost: "read",
    summary:
      "How a recent block was executed on several threads: per batch who ran what and when (microseconds), conflicts, " +
      "dependencies, and the speed-up that a simulation expects of more cores. No batches: it ran serially, or too long ago.",
    params: { block: blockParameter },
    handle: ({ block }, { chain }) => {
      const found = findBlock(chain, block.ref);
      if (!found) return null;
      return {
        blockHash: data(found.hash),
        blockNumber: quantity(found.header.number),
        batches: chain.schedule(found.hash).map(formatBatch),
      };
    },
  }),
};
