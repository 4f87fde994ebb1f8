import { AltDaClient, BeaconBlobs, L1Client, type RollupConfig } from "@hyperion/rollup";
import { z } from "zod";
import { ConfigError } from "../config/load.ts";

/** Where L1 is. */
export const l1Schema = z
  .strictObject({
    rpc: z.array(z.string()).default([]).describe("JSON-RPC endpoints of L1, in order of preference"),
    beacon: z.string().default("").describe("Beacon node that has the blobs; empty: the first JSON-RPC endpoint"),
    blobsByNumber: z
      .boolean()
      .default(false)
      .describe("Ask the beacon node by block number instead of by slot, as anvil wants it"),
    altDa: z
      .array(z.string())
      .default([])
      .describe("Servers that keep batches outside of L1, in order of preference, where the chain uses them"),
    pollMs: z.int().min(50).max(600_000).default(2_000).describe("Time between looks at L1"),
  })
  .prefault({});

export type L1Settings = z.output<typeof l1Schema>;

/** @throws ConfigError when no endpoint is named */
export const openL1 = ({ rpc, beacon, blobsByNumber }: L1Settings, rollup: RollupConfig): L1Client => {
  const blobs = new BeaconBlobs(beacon === "" ? firstEndpoint(rpc) : beacon, { byNumber: blobsByNumber });
  return new L1Client({ urls: rpc, blobs, config: rollup });
};

/** Where the chain's batches are that are not on L1; `undefined` for a chain that has all of them there. */
export const openAltDa = ({ altDa: urls }: L1Settings, { altDa }: RollupConfig): AltDaClient | undefined =>
  altDa && new AltDaClient({ urls, kind: altDa.kind });

/** @throws ConfigError when there is none */
const firstEndpoint = ([first]: readonly string[]): string => {
  if (!first) throw new ConfigError("An L1 is needed: give --l1-rpc.");
  return first;
};
