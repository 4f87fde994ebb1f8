import { z } from "zod";
import { nodeConfigSchema } from "../config/schema.ts";
import { verifierConfigSchema } from "./verifier-config.ts";

const { shape } = verifierConfigSchema.omit({
  ...({ sequencerUrl: true, peer: true, p2p: true } as const),
  ...({ snapshot: true, snapshotHash: true, snapshotMaxGib: true } as const),
});

const signedP2p = z
  .strictObject({
    ...verifierConfigSchema.shape.p2p.unwrap().shape,
    keyFile: z
      .string()
      .default("")
      .describe("File with the key that signs unsafe blocks, in hex; empty: from HYPERION_UNSAFE_SIGNER_KEY"),
  })
  .prefault({});

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
  p2p: signedP2p,
  pool: nodeConfigSchema.shape.pool,
});

/** Validated settings of a sequencer. */
export type SequencerConfig = z.output<typeof sequencerConfigSchema>;
