import { encodeReceipt } from "@hyperion/chain";
import { z } from "zod";
import { requireBlock, stateRef } from "../block-lookup.ts";
import { serverError } from "../errors.ts";
import { data } from "../hex.ts";
import { blockNumberOrTag, blockParameter } from "../schema/block.ts";
import { blockOverrides, callParameter, stateOverrides } from "../schema/call.ts";
import { hash } from "../schema/scalars.ts";
import { traceBlock, traceCall, traceTransaction } from "../tracers/trace.ts";
import { type MethodTable, method } from "./method.ts";

const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? undefined);

const traceFields = {
  tracer: z
    .string()
    .max(64, "JavaScript tracers are not supported")
    .nullish()
    .transform((value) => value ?? undefined),
  tracerConfig: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((value) => value ?? undefined),
  enableMemory: flag,
  disableStack: flag,
  disableStorage: flag,
  enableReturnData: flag,
  limit: z
    .int()
    .min(0)
    .nullish()
    .transform((value) => value ?? undefined),
};

const traceOptions = z.object(traceFields).optional();

const traceCallOptions = z
  .object({
    ...traceFields,
    stateOverrides: stateOverrides.nullish().transform((value) => value ?? undefined),
    blockOverrides: blockOverrides.nullish().transform((value) => value ?? undefined),
  })
  .optional();

/** debug_: raw forms and traces. */
export const debugMethods: MethodTable = {
  debug_getRawHeader: method({
    namespace: "debug",
    cost: "read",
    summary: "RLP of a block header.",
    params: { block: blockParameter },
    handle: ({ block }, { chain }) => data(requireBlock(chain, block.ref).headerRlp),
  }),
  debug_getRawBlock: method({
    namespace: "debug",
    cost: "read",
    summary: "RLP of a block.",
    params: { block: blockParameter },
    handle: ({ block }, { chain }) => data(requireBlock(chain, block.ref).rlp),
  }),
  debug_getRawReceipts: method({
    namespace: "debug",
    cost: "read",
    summary: "Consensus encodings of a block's receipts.",
    params: { block: blockParameter },
    handle: ({ block }, { chain }) => {
      const receipts = chain.receipts(requireBlock(chain, block.ref).hash) ?? [];
      return receipts.map(({ receipt }) => data(encodeReceipt(receipt)));
    },
  }),
  debug_getRawTransaction: method({
    namespace: "debug",
    cost: "read",
    summary: "The signed transaction as it was sent.",
    params: { hash },
    handle: (params, { chain }) => {
      const located = chain.transaction(params.hash);
      if (!located) throw serverError("transaction not found");
      return data(located.transaction.raw);
    },
  }),
  debug_traceTransaction: method({
    namespace: "debug",
    cost: "trace",
    summary: "Trace of a sealed transaction: struct logs, or callTracer, prestateTracer, 4byteTracer, noopTracer.",
    params: { hash, options: traceOptions },
    handle: (params, context) => traceTransaction(context, params.hash, params.options ?? {}),
  }),
  debug_traceBlockByNumber: method({
    namespace: "debug",
    cost: "trace",
    summary: "Traces of all transactions of a block.",
    params: { block: blockNumberOrTag, options: traceOptions },
    handle: (params, context) =>
      traceBlock(context, requireBlock(context.chain, params.block).hash, params.options ?? {}),
  }),
  debug_traceBlockByHash: method({
    namespace: "debug",
    cost: "trace",
    summary: "Traces of all transactions of a block.",
    params: { hash, options: traceOptions },
    handle: (params, context) =>
      traceBlock(context, requireBlock(context.chain, params.hash).hash, params.options ?? {}),
  }),
  debug_traceCall: method({
    namespace: "debug",
    cost: "trace",
    summary: "Trace of a message that is no transaction.",
    params: { call: callParameter, block: blockParameter.optional(), options: traceCallOptions },
    handle: (params, context) =>
      traceCall(context, stateRef(context.chain, params.block), params.call, params.options ?? {}),
  }),
};
