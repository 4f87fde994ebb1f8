import { rpcConfigSchema } from "@hyperion/rpc";
import { z } from "zod";
import { nodeConfigSchema } from "../config/schema.ts";
import { l1Schema } from "./l1-settings.ts";

const { database, execution, inference, jit, log } = nodeConfigSchema.shape;

const engine = z
  .strictObject({
    enabled: z.boolean().default(false).describe("Let a consensus client set the heads, and derive nothing here"),
    host: z.string().min(1).default("127.0.0.1").describe("Address the Engine API listens on"),
    port: z.int().min(0).max(65_535).default(8551).describe("Port of the Engine API; 0 picks a free one"),
    jwtSecret: z.string().default(".hyperion/jwt.hex").describe("File of the shared secret; created when missing"),
  })
  .prefault({});

const p2p = z
  .strictObject({
    enabled: z.boolean().default(false).describe("Stream this node's unsafe blocks to others"),
    host: z.string().min(1).default("127.0.0.1").describe("Address on which unsafe blocks are streamed"),
    port: z.int().min(0).max(65_535).default(9545).describe("Port of the stream; 0 picks a free one"),
    maxConnections: z.int().min(1).max(10_000).default(64).describe("Most readers of the stream"),
  })
  .prefault({});

/** Every setting of a verifier with its default. */
export const verifierConfigSchema = z.strictObject({
  dataDir: z.string().default(".hyperion/verifier").describe("Folder of the chain's database; created when missing"),
  inMemory: z.boolean().default(false).describe("Keep nothing: derive from genesis at every start"),
  deployment: z.string().default("deployment.json").describe("Deployment file that `hyperion deploy` wrote"),
  sequencerUrl: z
    .string()
    .default("")
    .describe("JSON-RPC endpoint that transactions are handed to; empty: refuse them"),
  snapshot: z
    .string()
    .default("")
    .describe("File or address of a snapshot that a new database begins with, instead of genesis"),
  snapshotHash: z
    .string()
    .regex(/^(0x[0-9a-fA-F]{64})?$/, "a 32-byte hash in hex is expected")
    .default("")
    .describe("Hash of the snapshot's block, if it is known; empty: L1 has to have proven its output root"),
  snapshotMaxGib: z.int().min(1).max(65_536).default(256).describe("Largest snapshot that is fetched, in GiB"),
  peer: z
    .array(z.url({ protocol: /^https?$/ }))
    .default([])
    .describe("Nodes whose unsafe blocks are followed, as http://host:port; signed blocks only"),
  p2p,
  l1: l1Schema,
  jit,
  execution,
  database,
  inference,
  engine,
  rpc: rpcConfigSchema.prefault({}),
  log,
});

/** Validated settings of a verifier. */
export type VerifierConfig = z.output<typeof verifierConfigSchema>;
