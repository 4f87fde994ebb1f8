import { rpcConfigSchema } from "@hyperion/rpc";
import { z } from "zod";
import { nodeConfigSchema } from "../config/schema.ts";
import { l1Schema } from "./l1-settings.ts";

const { database, execution, inference, jit, log } = nodeConfigSchema.shape;

/** Every setting of a verifier with its default. */
export const verifierConfigSchema = z.strictObject({
  dataDir: z.string().default(".hyperion/verifier").describe("Folder of the chain's database; created when missing"),
  inMemory: z.boolean().default(false).describe("Keep nothing: derive from genesis at every start"),
  deployment: z.string().default("deployment.json").describe("Deployment file that `hyperion deploy` wrote"),
  sequencerUrl: z
    .string()
    .default("")
    .describe("JSON-RPC endpoint that transactions are handed to; empty: refuse them"),
  l1: l1Schema,
  jit,
  execution,
  database,
  inference,
  rpc: rpcConfigSchema.prefault({}),
  log,
});

/** Validated settings of a verifier. */
export type VerifierConfig = z.output<typeof verifierConfigSchema>;
