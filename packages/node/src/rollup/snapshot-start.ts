import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { adoptSnapshot, ChainError } from "@hyperion/chain";
import { Database } from "@hyperion/metisdb";
import {
  checkSnapshotBlocks,
  type Deployment,
  isProvenOutput,
  type L1Client,
  type SnapshotClaim,
  SnapshotError,
} from "@hyperion/rollup";
import type { Logger } from "pino";
import { hexToBytes } from "viem";
import { ConfigError } from "../config/load.ts";
import { loadModel } from "../model.ts";
import type { VerifierConfig } from "./verifier-config.ts";

export interface SnapshotGround {
  readonly deployment: Deployment;
  readonly l1: L1Client;
  readonly logger: Logger;
}

const GIB = 1024 ** 3;
const DATA_FILE = "data.mdb";
/** Without a byte for so long, a download is given up. */
const STALL_LIMIT = 60_000;

/**
 * Makes the verifier's database of a snapshot whose block L1 has proven, or whose hash was given. Nothing is done where there is
 * a database already. The folder appears when all is checked; until then the work is in a folder beside it, which a failure
 * removes.
 *
 * @throws SnapshotError, ConfigError, L1Error, DatabaseError, ModelError
 */
export const startFromSnapshot = async (config: VerifierConfig, ground: SnapshotGround): Promise<void> => {
  const { dataDir, snapshot } = config;
  if (config.inMemory) throw new ConfigError("A snapshot needs a data directory: it goes without --in-memory.");
  if (existsSync(join(dataDir, DATA_FILE))) return;
  checkFolder(dataDir);
  const [staging, download] = [`${dataDir}.importing`, `${dataDir}.snapshot`];
  const clean = (): void => {
    for (const path of [staging, download]) rmSync(path, { recursive: true, force: true });
  };
  clean();
  try {
    mkdirSync(dirname(dataDir), { recursive: true });
    const isRemote = /^https?:\/\//.test(snapshot);
    if (isRemote) await fetchFile(snapshot, download, config.snapshotMaxGib * GIB);
    const claim = await importChecked(isRemote ? download : snapshot, staging, config, ground.deployment);
    await checkClaim(claim, config, ground);
    if (existsSync(dataDir)) rmdirSync(dataDir);
    renameSync(staging, dataDir);
    ground.logger.info(
      { component: "snapshot", number: Number(claim.number), hash: claim.hash },
      "begun with a snapshot",
    );
  } finally {
    clean();
  }
};

const checkFolder = (dataDir: string): void => {
  if (!existsSync(dataDir) || readdirSync(dataDir).length === 0) return;
  throw new SnapshotError("DIRECTORY_IN_USE", `${dataDir} is not empty, and holds no database`);
};

/** @returns what has to be true for the snapshot to be believed */
const importChecked = async (
  file: string,
  folder: string,
  { inference }: VerifierConfig,
  { rollup }: Deployment,
): Promise<SnapshotClaim> => {
  const info = await Database.snapshotImport(file, folder);
  const database = Database.open(folder, { retain: "all" });
  try {
    const claim = checkSnapshotBlocks(database, info, rollup);
    const genesis = hexToBytes(rollup.genesis.l2.hash);
    const defaultModel = inference.enabled ? loadModel(inference.model).root : undefined;
    adoptSnapshot(database, { genesis, chainId: rollup.l2ChainId, defaultModel }, claim.number);
    await database.durable();
    return claim;
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    throw new SnapshotError("SNAPSHOT_FOREIGN", error.shortMessage, { cause: error });
  } finally {
    await database.close();
  }
};

const checkClaim = async (
  claim: SnapshotClaim,
  { snapshotHash }: VerifierConfig,
  { deployment, l1 }: SnapshotGround,
): Promise<void> => {
  const { number, hash } = claim;
  if (snapshotHash !== "") {
    if (snapshotHash.toLowerCase() === hash) return;
    throw new SnapshotError("SNAPSHOT_UNPROVEN", `its block ${number} is ${hash}, not ${snapshotHash}`);
  }
  if (await isProvenOutput(l1.client, deployment, claim)) return;
  throw new SnapshotError(
    "SNAPSHOT_UNPROVEN",
    `L1 has not proven the output root of its block ${number} (${hash}): take a snapshot at a block whose game was won, or give --snapshot-hash`,
  );
};

const fetchFile = async (url: string, path: string, limit: number): Promise<void> => {
  const ending = new AbortController();
  let timer = setTimeout(() => ending.abort(), STALL_LIMIT);
  const file = await open(path, "w");
  try {
    const { status, body } = await fetch(url, { signal: ending.signal });
    if (status !== 200 || !body)
      throw new SnapshotError("SNAPSHOT_UNREACHABLE", `${url} answers with status ${status}`);
    let length = 0;
    for await (const chunk of body) {
      clearTimeout(timer);
      timer = setTimeout(() => ending.abort(), STALL_LIMIT);
      length += chunk.length;
      if (length > limit) throw new SnapshotError("SNAPSHOT_UNREACHABLE", `${url} has more than ${limit} bytes`);
      await file.writeFile(chunk);
    }
  } catch (cause) {
    if (cause instanceof SnapshotError) throw cause;
    throw new SnapshotError("SNAPSHOT_UNREACHABLE", `${url} cannot be read`, { cause });
  } finally {
    clearTimeout(timer);
    ending.abort();
    await file.close();
  }
};
