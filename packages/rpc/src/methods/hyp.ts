import { RequestError } from "@hyperion/inference";
import type { TransactionRun } from "@hyperion/kernel";
import { type ScheduledBatch, simulatedSpeedUps } from "@hyperion/parallel";
import { findBlock } from "../block-lookup.ts";
import { invalidParams, RPC_CODES, RpcError, serverError } from "../errors.ts";
import { data, quantity } from "../hex.ts";
import { blockParameter } from "../schema/block.ts";
import { generationParameter } from "../schema/generation.ts";
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

/** The JSON-RPC error for a request that a model does not answer. */
const refusalOf = (error: unknown): unknown => {
  if (!(error instanceof RequestError)) return error;
  if (error.code === "BUSY") return new RpcError(RPC_CODES.limitExceeded, error.shortMessage);
  if (error.code === "CANCELLED") return new RpcError(RPC_CODES.timeout, "request timed out");
  return error.code === "FAILED" ? serverError(error.shortMessage) : invalidParams(error.shortMessage);
};

const tokenNotification = (stream: string, text: string, tokens: number): string =>
  JSON.stringify({ jsonrpc: "2.0", method: "hyp_token", params: { stream, text, tokens } });

/** hyp_: what only Hyperion has. */
export const hypMethods: MethodTable = {
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
  hyp_generate: method({
    namespace: "hyp",
    cost: "wait",
    summary:
      "Lets a model of this node answer, outside the chain, with the bits that a contract would get. With `stream` (a name), text " +
      "arrives as it is made in `hyp_token` notifications: over WebSocket, and over HTTP as server-sent events when those are accepted.",
    params: { request: generationParameter },
    handle: async ({ request: { model, stream, ...request } }, { inference, config }, caller) => {
      if (!inference) throw serverError("this node serves no models");
      const timeout = AbortSignal.timeout(config.requestTimeoutMs);
      const signal = caller.signal ? AbortSignal.any([caller.signal, timeout]) : timeout;
      const { notify } = caller;
      const onText = (text: string, tokens: number): void => notify?.(tokenNotification(stream ?? "", text, tokens));
      try {
        const served = inference.find(model);
        const completion = await inference.complete(served, request, {
          signal,
          ...(stream !== undefined && { onText }),
        });
        return { model: data(served.root), ...completion };
      } catch (error) {
        throw refusalOf(error);
      }
    },
  }),
};
