import { rpcConfigSchema } from "@hyperion/rpc";
import { z } from "zod";

const chain = z
  .strictObject({
    id: z.int().min(1).default(133_777).describe("Chain id"),
    gasLimit: z.int().min(5_000_000).max(2_000_000_000).default(300_000_000).describe("Gas limit of a block"),
    cacheMib: z.int().min(16).max(3_072).default(512).describe("Memory for state and trie nodes, in MiB"),
  })
  .prefault({});

const execution = z
  .strictObject({
    threads: z
      .int()
      .min(0)
      .max(64)
      .default(0)
      .describe("Threads that execute transactions; 0: one per core, at most 8; 1: no parallel execution"),
    mode: z
      .enum(["adaptive", "serial", "parallel"])
      .default("adaptive")
      .describe("When batches of transactions are executed in parallel; adaptive decides by conflicts"),
  })
  .prefault({});

const database = z
  .strictObject({
    durability: z
      .enum(["block", "interval", "os"])
      .default("block")
      .describe(
        "What a persisted block survives: power cuts; power cuts but for the last interval; crashes of the process only",
      ),
    syncIntervalMs: z.int().min(1).max(60_000).default(100).describe("Time between syncs with durability interval"),
    retainBlocks: z.int().min(1).default(100_000).describe("Blocks below the newest whose state stays readable"),
    archive: z.boolean().default(false).describe("Keep the state of every block"),
    pendingMib: z.int().min(1).max(4_096).default(64).describe("Memory for changes on their way to disk, in MiB"),
  })
  .prefault({});

const sequencer = z
  .strictObject({
    blockTimeMs: z.int().min(0).max(3_600_000).default(1_000).describe("Time between blocks; 0 seals on demand only"),
    automine: z.boolean().default(false).describe("Seal a block for every accepted transaction"),
    emptyBlocks: z.boolean().default(true).describe("Seal blocks without transactions"),
  })
  .prefault({});

const pool = z
  .strictObject({
    minTipWei: z.int().min(0).default(0).describe("Lowest priority fee accepted, wei per gas"),
    globalLimit: z.int().min(1).default(10_000).describe("Most transactions that wait"),
    senderLimit: z.int().min(1).default(256).describe("Most transactions of one sender that wait"),
    lifetimeSeconds: z.int().min(1).default(10_800).describe("Time after which a waiting transaction is dropped"),
  })
  .prefault({});

const accounts = z
  .strictObject({
    count: z.int().min(0).max(1_000).default(10).describe("Funded public accounts at genesis"),
    balanceEth: z.int().min(0).max(1_000_000_000).default(10_000).describe("Balance of each, in ETH"),
  })
  .prefault({});

const inference = z
  .strictObject({
    enabled: z.boolean().default(true).describe("Serve the inference precompile at 0x…0999"),
    model: z.string().default("").describe("File of the default model; empty: the one that ships with Hyperion"),
    api: z.boolean().default(true).describe("Answer users off chain: hyp_generate, and OpenAI's API under /v1"),
    models: z
      .array(z.string())
      .default([])
      .describe("Files of further models for users off chain, of any size; named by their file names"),
    sources: z
      .array(z.string())
      .default([])
      .describe("Folders or addresses where registered models are, as SOURCE/0x….model"),
    fetch: z.boolean().default(true).describe("Fetch registered models also where their publishers say they are"),
    daServers: z
      .array(z.string())
      .default([])
      .describe("Alt-DA servers that are asked for registered models whose location is da:0x…"),
    queue: z.int().min(0).max(10_000).default(32).describe("Most requests off chain that wait for a model"),
    maxTokens: z.int().min(1).max(8_192).default(1_024).describe("Most tokens of an answer off chain"),
    threads: z.int().min(1).max(64).default(1).describe("Threads that share one answer off chain, for large models"),
    residentMib: z
      .int()
      .min(4)
      .max(65_536)
      .default(1_024)
      .describe("Memory for models off chain, in MiB of their files"),
  })
  .prefault({});

const l1 = z
  .strictObject({
    enabled: z.boolean().default(true).describe("Run as a rollup on an L1 of its own; --no-l1 is short for false"),
    port: z.int().min(0).max(65_535).default(0).describe("Port of the embedded L1; 0 picks a free one"),
    chainId: z.int().min(1).default(900).describe("Chain id of the embedded L1"),
    blockTimeSeconds: z.int().min(1).max(60).default(2).describe("Time between blocks of the embedded L1"),
  })
  .prefault({});

const log = z
  .strictObject({
    level: z.enum(["silent", "fatal", "error", "warn", "info", "debug", "trace"]).default("warn").describe("Log level"),
  })
  .prefault({});

/** Every setting of a node with its default: the one source of flags, environment names, `--help` and docs/configuration.md. */
export const nodeConfigSchema = z.strictObject({
  dataDir: z
    .string()
    .default(".hyperion/dev")
    .describe("Folder of the chain's database; created when missing. Ignored with --in-memory"),
  jit: z
    .enum(["off", "auto", "simple", "window"])
    .default("auto")
    .describe("Compile contracts: none; those that run often, in the background; all before they run, by one tier"),
  inMemory: z.boolean().default(false).describe("Keep nothing: the chain ends with the process"),
  chain,
  execution,
  database,
  sequencer,
  pool,
  accounts,
  inference,
  l1,
  rpc: rpcConfigSchema.prefault({}),
  log,
});

/** Validated settings of a node. */
export type NodeConfig = z.output<typeof nodeConfigSchema>;
