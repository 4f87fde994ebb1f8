import { z } from "zod";
import { nodeConfigSchema } from "../config/schema.ts";
import { verifierConfigSchema } from "./verifier-config.ts";

const { sequencerUrl: _, ...shape } = verifierConfigSchema.shape;

/** Every setting of a sequencer with its default. */
export const sequencerConfigSchema = z.strictObject({
  ...shape,
  dataDir: z.string().default(".hyperion/sequencer").describe("Folder of the chain's database; created when missing"),
  inMemory: z.boolean().default(false).describe("Keep nothing: unsafe blocks end with the process"),
  confirmations: z
    .int()
    .min(0)
    .max(1_000)
    .default(4)
    .describe("L1 blocks above an L1 block before L2 takes it as origin"),
  pool: nodeConfigSchema.shape.pool,
});

/** Validated settings of a sequencer. */
export type SequencerConfig = z.output<typeof sequencerConfigSchema>;
