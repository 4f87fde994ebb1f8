import type { BlockOverrides } from "@hyperion/chain";
import { z } from "zod";
import {
  blockOverrides,
  type CallParameter,
  callParameter,
  type StateOverrideParameter,
  stateOverrides,
} from "./call.ts";

/** One element of `blockStateCalls`. */
export interface BlockStateCall {
  readonly blockOverrides?: BlockOverrides | null | undefined;
  readonly stateOverrides?: StateOverrideParameter | null | undefined;
  readonly calls?: readonly CallParameter[] | null | undefined;
}

/** First parameter of eth_simulateV1. */
export interface Simulation {
  readonly blockStateCalls: readonly BlockStateCall[];
  readonly traceTransfers?: boolean | null | undefined;
  readonly validation?: boolean | null | undefined;
  readonly returnFullTransactions?: boolean | null | undefined;
}

const MAX_CALLS = 5_000;
/** Above the 256 that are simulated, so that a longer list is answered with the error of its own. */
const MAX_BLOCKS = 10_000;

export const simulation: z.ZodType<Simulation> = z.object({
  blockStateCalls: z
    .array(
      z.object({
        blockOverrides: blockOverrides.nullish(),
        stateOverrides: stateOverrides.nullish(),
        calls: z.array(callParameter).max(MAX_CALLS).nullish(),
      }),
    )
    .max(MAX_BLOCKS),
  traceTransfers: z.boolean().nullish(),
  validation: z.boolean().nullish(),
  returnFullTransactions: z.boolean().nullish(),
});
