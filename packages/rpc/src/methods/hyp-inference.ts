import { describeCall, type InferenceService, RequestError, type ServedModel } from "@hyperion/inference";
import type { Caller } from "../caller.ts";
import type { RpcContext } from "../context.ts";
import { invalidParams, RPC_CODES, RpcError, serverError } from "../errors.ts";
import { data, quantity } from "../hex.ts";
import { generationParameter } from "../schema/generation.ts";
import { hash } from "../schema/scalars.ts";
import { type InferenceCall, inferenceTracer } from "../tracers/inference.ts";
import { budgetOf, collectTransaction } from "../tracers/trace.ts";
import { type MethodTable, method } from "./method.ts";

/** The JSON-RPC error for a request that a model does not answer. */
const refusalOf = (error: unknown): unknown => {
  if (!(error instanceof RequestError)) return error;
  if (error.code === "BUSY") return new RpcError(RPC_CODES.limitExceeded, error.shortMessage);
  if (error.code === "CANCELLED") return new RpcError(RPC_CODES.timeout, "request timed out");
  return error.code === "FAILED" ? serverError(error.shortMessage) : invalidParams(error.shortMessage);
};

/** Aborts when the caller is gone or its time is over. */
const signalOf = ({ signal }: Caller, { config }: RpcContext): AbortSignal => {
  const timeout = AbortSignal.timeout(config.requestTimeoutMs);
  return signal ? AbortSignal.any([signal, timeout]) : timeout;
};

const tokenNotification = (stream: string, text: string, tokens: number): string =>
  JSON.stringify({ jsonrpc: "2.0", method: "hyp_token", params: { stream, text, tokens } });

const ZERO_ROOT = `0x${"00".repeat(32)}`;

/** The model that a call asked for; `undefined` when this node has none of that root. */
const modelOf = (
  { inference, chain }: RpcContext,
  root: string,
): { readonly service: InferenceService; readonly model: ServedModel } | undefined => {
  const own = chain.config.inference?.defaultModel;
  const model = inference?.findRoot(root === ZERO_ROOT && own ? data(own) : root);
  return inference && model && { service: inference, model };
};

/** Whether a call found its model in the registry. */
const isRegistered = ({ chain }: RpcContext, root: string): boolean => {
  const own = chain.config.inference?.defaultModel;
  return root !== ZERO_ROOT && root !== (own && data(own));
};

const describeInference = async (context: RpcContext, call: InferenceCall, signal: AbortSignal): Promise<object> => {
  const described = describeCall(call.input, call.output, call.status !== 0);
  const found = modelOf(context, described.model);
  const registered = isRegistered(context, described.model);
  const question = { calldata: call.input, gas: call.gas, registered };
  const evidence = await found?.service.examine(found.model, question, { signal });
  return {
    from: call.from,
    ...described,
    ...(found && { model: data(found.model.root) }),
    registered,
    input: data(call.input),
    gas: quantity(call.gas),
    status: call.status,
    output: data(call.output),
    gasUsed: quantity(call.gasUsed),
    stateRoot: evidence?.stateRoot ?? null,
    layers: evidence?.layers ?? [],
  };
};

/** hyp_: models, and what they did in transactions. */
export const hypInferenceMethods: MethodTable = {
  hyp_generate: method({
    namespace: "hyp",
    cost: "wait",
    summary:
      "Lets a model of this node answer, outside the chain, with the bits that a contract would get. With `stream` (a name), text " +
      "arrives as it is made in `hyp_token` notifications: over WebSocket, and over HTTP as server-sent events when those are accepted.",
    params: { request: generationParameter },
    handle: async ({ request: { model, stream, ...request } }, context, caller) => {
      const { inference } = context;
      if (!inference) throw serverError("this node serves no models");
      const signal = signalOf(caller, context);
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
  hyp_getInference: method({
    namespace: "hyp",
    cost: "trace",
    summary:
      "Every call of the inference precompile in a sealed transaction, by running it again: model, arguments, result or error, gas, " +
      "and hashes of what each layer computed (docs/spec/inference.md, Evidence).",
    params: { hash },
    handle: async (params, context, caller) => {
      const signal = signalOf(caller, context);
      const calls = (await collectTransaction(
        context,
        params.hash,
        inferenceTracer(budgetOf(context)),
      )) as readonly InferenceCall[];
      try {
        const described: object[] = [];
        for (const call of calls) described.push(await describeInference(context, call, signal));
        return { transactionHash: data(params.hash), calls: described };
      } catch (error) {
        throw refusalOf(error);
      }
    },
  }),
};
