import { z } from "zod";
import { nodeConfigSchema } from "../config/schema.ts";
import { l1Schema } from "./l1-settings.ts";

const { log } = nodeConfigSchema.shape;
const GWEI = 10n ** 9n;

const role = {
  deployment: z.string().default("deployment.json").describe("Deployment file that `hyperion deploy` wrote"),
  sequencerUrl: z
    .string()
    .default("http://127.0.0.1:8545")
    .describe("JSON-RPC endpoint of a node whose chain is read, with debug and optimism methods"),
  keyFile: z.string().default("").describe("File with the private key, in hex; empty: from the environment"),
  l1: l1Schema,
  maxFeeGwei: z.int().min(1).max(100_000).default(1_000).describe("Most that is offered for gas on L1, in gwei"),
  patienceSeconds: z
    .int()
    .min(1)
    .max(3_600)
    .default(90)
    .describe("Time after which a transaction that is in no block is replaced for twice the price"),
  log,
};

const posting = z
  .strictObject({
    intervalMs: z.int().min(100).max(3_600_000).default(6_000).describe("Time between looks at what is due"),
    maxWaitSeconds: z
      .int()
      .min(0)
      .max(3_600)
      .default(30)
      .describe("L2 time that blocks may wait for others to fill a blob with"),
    maxBlocks: z.int().min(1).max(100_000).default(3_000).describe("Most L2 blocks of one channel"),
    data: z.enum(["auto", "blobs", "calldata"]).default("auto").describe("Where data goes; auto: where it is cheaper"),
    batches: z.enum(["span", "singular"]).default("span").describe("Form of the batches"),
    compression: z.enum(["brotli", "zlib"]).default("brotli").describe("Compression of channels"),
  })
  .prefault({});

/** Every setting of a batcher with its default. */
export const batcherConfigSchema = z.strictObject({ ...role, posting });

const proposals = z
  .strictObject({
    intervalBlocks: z.int().min(1).default(1_800).describe("L2 blocks between proposals"),
    upTo: z.enum(["finalized", "safe"]).default("finalized").describe("Newest block that is proposed"),
    pollMs: z.int().min(100).max(3_600_000).default(12_000).describe("Time between looks at what is due"),
  })
  .prefault({});

/** Every setting of a proposer with its default. */
export const proposerConfigSchema = z.strictObject({ ...role, proposals });

export type BatcherConfig = z.output<typeof batcherConfigSchema>;
export type ProposerConfig = z.output<typeof proposerConfigSchema>;

/** Wei per gas. */
export const maxFeeOf = ({ maxFeeGwei }: Pick<BatcherConfig, "maxFeeGwei">): bigint => BigInt(maxFeeGwei) * GWEI;
