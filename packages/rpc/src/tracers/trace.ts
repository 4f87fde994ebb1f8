import type { BlockOverrides, BlockRef, BlockTracer } from "@hyperion/chain";
import type { CallOutcome, CallRequest, Transaction } from "@hyperion/kernel";
import type { RpcContext } from "../context.ts";
import { RPC_CODES, RpcError, serverError } from "../errors.ts";
import { capGas, checkChainId, invalidCallError, sessionOptions } from "../execution.ts";
import { data } from "../hex.ts";
import type { CallParameter, StateOverrideParameter } from "../schema/call.ts";
import { createTracer } from "./create-tracer.ts";
import type { MessageTracer, TraceBudget, TracedMessage, TraceEnvironment, TraceOptions } from "./tracer.ts";

/** Options of debug_traceCall: where its block and state differ from the named block's. */
export interface TraceCallOptions extends TraceOptions {
  readonly stateOverrides?: StateOverrideParameter | undefined;
  readonly blockOverrides?: BlockOverrides | undefined;
}

/** Counts the bytes a trace keeps and stops it at the node's limit or when its time is over. */
export const budgetOf = ({ config }: RpcContext): TraceBudget => {
  const deadline = performance.now() + config.requestTimeoutMs;
  let left = config.maxTraceBytes;
  let ticks = 0;
  return (bytes) => {
    left -= bytes;
    if (left < 0) throw new RpcError(RPC_CODES.limitExceeded, "trace is too large, use a more selective tracer");
    if (++ticks % 4096 === 0 && performance.now() > deadline)
      throw new RpcError(RPC_CODES.timeout, "execution timeout");
  };
};

const messageOf = (transaction: Transaction): TracedMessage => ({
  from: transaction.from,
  ...(transaction.to ? { to: transaction.to } : {}),
  value: transaction.value,
  data: transaction.data,
  gas: transaction.gasLimit,
  authorities: (transaction.authorizationList ?? []).flatMap(({ authority }) => (authority ? [authority] : [])),
});

/** Traces every transaction of a block, or only the one at `index`, on the state it ran on. */
export const traceBlock = (
  context: RpcContext,
  ref: BlockRef,
  options: TraceOptions,
  index?: number,
): Promise<{ readonly txHash: string; readonly result: unknown }[]> =>
  collectBlock(context, ref, createTracer(options, budgetOf(context)), index);

const collectBlock = async (
  { chain }: RpcContext,
  ref: BlockRef,
  collector: MessageTracer,
  index?: number,
): Promise<{ readonly txHash: string; readonly result: unknown }[]> => {
  if (chain.header(ref)?.number === 0n) throw serverError("genesis is not traceable");
  const results: { txHash: string; result: unknown }[] = [];
  let environment: TraceEnvironment | undefined;
  const blockTracer: BlockTracer = {
    tracer: collector.tracer,
    begin(transaction, _, kernel, header) {
      environment = { config: chain.config, header, kernel };
      collector.begin(messageOf(transaction), environment);
    },
    end(transaction, _, outcome, kernel) {
      if (!outcome.valid || !environment) return;
      const replay = (): void => void kernel.execute(transaction.raw);
      const result = collector.finish(outcome, environment, replay);
      results.push({ txHash: data(transaction.hash), result });
    },
  };
  await chain.traceBlock(ref, blockTracer, index);
  return results;
};

/** Traces a sealed transaction. */
export const traceTransaction = (context: RpcContext, hash: Uint8Array, options: TraceOptions): Promise<unknown> =>
  collectTransaction(context, hash, createTracer(options, budgetOf(context)));

/** Runs a sealed transaction again under `collector`; what that gives. */
export const collectTransaction = async (
  context: RpcContext,
  hash: Uint8Array,
  collector: MessageTracer,
): Promise<unknown> => {
  const located = context.chain.transaction(hash);
  if (!located) throw serverError("transaction not found");
  if (!located.blockHash || located.index === undefined) throw serverError("transaction is not in a sealed block yet");
  const [traced] = await collectBlock(context, located.blockHash, collector, located.index);
  if (!traced) throw serverError("transaction not found");
  return traced.result;
};

const messageOfCall = (call: CallRequest): TracedMessage => ({
  from: call.from ?? new Uint8Array(20),
  ...(call.to ? { to: call.to } : {}),
  value: call.value ?? 0n,
  data: call.data ?? new Uint8Array(0),
  gas: call.gas ?? 0n,
  authorities: (call.authorizationList ?? []).flatMap(({ authority }) => (authority ? [authority] : [])),
});

/** Traces a message on the state of a block. */
export const traceCall = (
  context: RpcContext,
  ref: BlockRef,
  parameter: CallParameter,
  options: TraceCallOptions,
): Promise<unknown> => {
  checkChainId(context, parameter);
  const collector = createTracer(options, budgetOf(context));
  const keep = collector.readsEffects === true;
  const cap = BigInt(context.config.gasCap);
  const session = sessionOptions(options.stateOverrides, options.blockOverrides);
  return context.chain.session(ref, { ...session, tracer: collector.tracer }, ({ kernel, header }): unknown => {
    // A message whose effects stay is part of the block and must fit into it.
    const call = capGas(parameter, keep && header.gasLimit < cap ? header.gasLimit : cap);
    const run = (): CallOutcome => kernel.call(call, { keep });
    const environment: TraceEnvironment = { config: context.chain.config, header, kernel };
    collector.begin(messageOfCall(call), environment);
    const outcome = run();
    if (!outcome.valid) throw invalidCallError(outcome);
    return collector.finish(outcome, environment, () => void run());
  });
};
