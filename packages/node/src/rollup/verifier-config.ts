import { rpcConfigSchema } from "@hyperion/rpc";
import { z } from "zod";
import { nodeConfigSchema } from "../config/schema.ts";

const l1 = z
  .strictObject({
    rpc: z.array(z.string()).default([]).describe("JSON-RPC endpoints of L1, in order of preference"),
    beacon: z.string().default("").describe("Beacon node that has the blobs; empty: the first JSON-RPC endpoint"),
    blobsByNumber: z
      .boolean()
      .default(false)
      .describe("Ask the beacon node by block number instead of by slot, as anvil wants it"),
    pollMs: z.int().min(50).max(600_000).default(2_000).describe("Time between looks at L1"),
  })
  .prefault({});

const { database, inference, log } = nodeConfigSchema.shape;

/** Every setting of a verifier with its default. */
export const verifierConfigSchema = z.strictObject({
  dataDir: z.string().default(".hyperion/verifier").describe("Folder of the chain's database; created when missing"),
  inMemory: z.boolean().default(false).describe("Keep nothing: derive from genesis at every start"),
  deployment: z.string().default("deployment.json").describe("Deployment file that `hyperion deploy` wrote"),
  sequencerUrl: z
    .string()
    .default("")
    .describe("JSON-RPC endpoint that transactions are handed to; empty: refuse them"),
  l1,
  database,
  inference,
  rpc: rpcConfigSchema.prefault({}),
  log,
});

/** Validated settings of a verifier. */
export type VerifierConfig = z.output<typeof verifierConfigSchema>;
