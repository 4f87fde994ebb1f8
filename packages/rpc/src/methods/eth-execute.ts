import { createAccessList } from "../access-list.ts";
import { stateRef } from "../block-lookup.ts";
import { executionError, haltMessage } from "../errors.ts";
import { capGas, checkChainId, estimateGas, execute, sessionOptions } from "../execution.ts";
import { formatAccessList } from "../format/transaction.ts";
import { data, quantity } from "../hex.ts";
import { blockParameter } from "../schema/block.ts";
import { blockOverrides, callParameter, stateOverrides } from "../schema/call.ts";
import { simulation } from "../schema/simulation.ts";
import { simulate } from "../simulate/simulate.ts";
import { type MethodTable, method } from "./method.ts";

const callParams = {
  call: callParameter,
  block: blockParameter.optional(),
  stateOverrides: stateOverrides.optional(),
  blockOverrides: blockOverrides.optional(),
};

/** Messages that are executed without a transaction. */
export const ethExecuteMethods: MethodTable = {
  eth_call: method({
    namespace: "eth",
    cost: "execute",
    summary: "Executes a message without a transaction and returns its output.",
    params: callParams,
    handle: async (params, context) => {
      checkChainId(context, params.call);
      const options = sessionOptions(params.stateOverrides, params.blockOverrides);
      const call = capGas(params.call, BigInt(context.config.gasCap));
      const { halt, output } = await execute(context, stateRef(context.chain, params.block), call, options);
      if (halt !== "success") throw executionError(halt, output);
      return data(output);
    },
  }),
  eth_estimateGas: method({
    namespace: "eth",
    cost: "execute",
    summary: "Gas with which a message succeeds; the state is the open block's unless another is named.",
    params: callParams,
    handle: async (params, context) => {
      checkChainId(context, params.call);
      const { chainId: _, ...call } = params.call;
      const options = sessionOptions(params.stateOverrides, params.blockOverrides);
      const ref = params.block ? stateRef(context.chain, params.block) : "pending";
      return quantity(await context.chain.session(ref, options, (session) => estimateGas(context, session, call)));
    },
  }),
  eth_createAccessList: method({
    namespace: "eth",
    cost: "execute",
    summary: "The access list (EIP-2930) of a message and its gas with that list.",
    params: { call: callParameter, block: blockParameter.optional(), stateOverrides: stateOverrides.optional() },
    handle: async (params, context) => {
      checkChainId(context, params.call);
      const call = capGas(params.call, BigInt(context.config.gasCap));
      const options = sessionOptions(params.stateOverrides, undefined);
      const ref = stateRef(context.chain, params.block);
      const { accessList, outcome } = await context.chain.session(ref, options, (session) =>
        createAccessList(session, call),
      );
      return {
        accessList: formatAccessList(accessList),
        ...(outcome.halt === "success" ? {} : { error: haltMessage(outcome.halt) }),
        gasUsed: quantity(outcome.gasUsed),
      };
    },
  }),
  eth_simulateV1: method({
    namespace: "eth",
    cost: "execute",
    summary: "Executes messages in a chain of simulated blocks with state and block overrides.",
    params: { simulation, block: blockParameter.optional() },
    handle: (params, context) => simulate(context, stateRef(context.chain, params.block), params.simulation),
  }),
};
