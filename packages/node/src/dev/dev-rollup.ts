import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "@hyperion/metisdb";
import {
  connectL1Account,
  type Deployment,
  deploy,
  deployConfigSchema,
  readDeployment,
  writeDeployment,
} from "@hyperion/rollup";
import { bytesToHex, http, parseEther } from "viem";
import { ConfigError } from "../config/load.ts";
import type { NodeConfig } from "../config/schema.ts";
import { type DevAccount, type DevRoles, devAccounts, devRoles } from "../dev-accounts.ts";
import { devSigner } from "../dev-signer.ts";
import { createLogger } from "../logger.ts";
import type { RunningNode, StartOptions } from "../node.ts";
import { openDatabase } from "../open-database.ts";
import { runBatcher } from "../rollup/batcher.ts";
import { openL1 } from "../rollup/l1-settings.ts";
import { runProposer } from "../rollup/proposer.ts";
import { batcherConfigSchema, proposerConfigSchema } from "../rollup/role-config.ts";
import { type Closers, closeAll } from "../rollup/rollup-node.ts";
import type { RunningRole } from "../rollup/running-role.ts";
import { type RunningSequencer, startSequencer } from "../rollup/sequencer.ts";
import { sequencerConfigSchema } from "../rollup/sequencer-config.ts";
import { type DevL1, startDevL1 } from "./dev-l1.ts";

const ROLE_BALANCE = parseEther("1000000");
/** Delays of minutes and days on a chain that matters. Seconds. */
const SHORT_DELAYS = { proofMaturitySeconds: 1, gameFinalitySeconds: 1, maxClockSeconds: 1 } as const;
/** L1 blocks; at two seconds, an hour. */
const SEQUENCER_WINDOW = 1_800;
const L2_FOLDER = "l2";
const POLL_MS = 500;
const ROLE_POLL_MS = 1_000;
const PROPOSAL_BLOCKS = 5;

/**
 * A whole rollup in one process: an L1 (anvil), the contracts on it, sequencer, batcher and proposer, with funded public
 * accounts on both layers. What was opened is closed again when a later step fails.
 *
 * @param binary anvil's path
 * @throws ConfigError, DatabaseError, DeployError, ChainError, ModelError, and Node's error when the port cannot be used
 */
export const startDevRollup = async (
  config: NodeConfig,
  binary: string,
  options: StartOptions = {},
): Promise<RunningNode> => {
  const progress = options.onProgress ?? (() => {});
  checkBlockTime(config);
  const closers: Closers = [];
  try {
    return await compose(config, binary, progress, closers);
  } catch (error) {
    await closeAll(closers).catch(() => {});
    throw error;
  }
};

/** Timestamps are whole seconds, and L1 says when the blocks of a rollup are. */
const checkBlockTime = ({ sequencer }: NodeConfig): void => {
  const { blockTimeMs, automine, emptyBlocks } = sequencer;
  if (blockTimeMs > 0 && blockTimeMs % 1000 === 0 && !automine && emptyBlocks) return;
  throw new ConfigError("On an L1, blocks come every so many whole seconds. Other ways of sealing need --no-l1.");
};

const compose = async (
  config: NodeConfig,
  binary: string,
  progress: (step: string) => void,
  closers: Closers,
): Promise<RunningNode> => {
  const folder = config.inMemory ? undefined : config.dataDir;
  const accounts = devAccounts(config.accounts.count);
  const roles = devRoles();
  // First, so that a second process on the same folder ends before it touches L1.
  const database = openDatabase(folder && join(folder, L2_FOLDER), config.database);
  let isHandedOver = false;
  closers.push(async () => {
    if (!isHandedOver) await database.close();
  });
  checkChainId(config, folder);
  const l1 = await startL1(config, binary, roles, progress, closers);
  const deployment = await deployContracts(config, l1, { roles, accounts }, progress);
  if (folder !== undefined) writeDeployment(join(folder, "deployment.json"), deployment);
  await l1.mineEvery(config.l1.blockTimeSeconds);
  progress("Starting the sequencer");
  isHandedOver = true;
  const running = await startRoles(config, { l1, deployment, database, accounts, roles }, closers);
  return describe(config, { ...running, l1, deployment, accounts }, closers);
};

const startL1 = async (
  { inMemory, dataDir, l1: { port, chainId }, accounts }: NodeConfig,
  binary: string,
  roles: DevRoles,
  progress: (step: string) => void,
  closers: Closers,
): Promise<DevL1> => {
  progress("Starting L1");
  const folder = inMemory ? undefined : join(dataDir, "l1");
  const funded = { accounts: accounts.count, balanceEth: accounts.balanceEth };
  const l1 = await startDevL1({ binary, port, chainId, folder, ...funded });
  closers.push(() => l1.stop());
  for (const { address } of Object.values(roles)) await l1.setBalance(address, ROLE_BALANCE);
  return l1;
};

interface Ground {
  readonly l1: DevL1;
  readonly deployment: Deployment;
  readonly accounts: readonly DevAccount[];
}

interface Running {
  readonly sequencer: RunningSequencer;
  readonly batcher: RunningRole;
  readonly proposer: RunningRole;
}

const startRoles = async (
  config: NodeConfig,
  ground: Ground & { readonly database: Database; readonly roles: DevRoles },
  closers: Closers,
): Promise<Running> => {
  const { l1, deployment, accounts, database, roles } = ground;
  const endpoint = { rpc: [l1.url], blobsByNumber: true, pollMs: POLL_MS };
  const client = openL1({ ...endpoint, beacon: "", altDa: [] }, deployment.rollup);
  const logger = createLogger(config.log);
  const { inMemory, inference, jit, execution, pool, rpc, log } = config;
  const settings = { inMemory, inference, jit, execution, pool, rpc, log, dataDir: join(config.dataDir, L2_FOLDER) };
  const signers = accounts.map(devSigner);
  const sequencer = await startSequencer(sequencerConfigSchema.parse({ ...settings, l1: endpoint, confirmations: 0 }), {
    deployment,
    database,
    l1: client,
    logger,
    signers,
    now: l1.now,
    l1Url: l1.url,
  });
  closers.push(() => sequencer.close());

  const { engine, deriver } = sequencer.node;
  const parts = { deployment, rollup: deployment.rollup, l1: client, l2: engine, progress: deriver, logger };
  const posting = { intervalMs: ROLE_POLL_MS, maxWaitSeconds: 0, data: "calldata" };
  const batcher = runBatcher(batcherConfigSchema.parse({ l1: endpoint, posting }), {
    ...parts,
    account: roles.batcher,
  });
  closers.push(() => batcher.close());
  const proposals = { intervalBlocks: PROPOSAL_BLOCKS, upTo: "safe", pollMs: ROLE_POLL_MS };
  const proposer = runProposer(proposerConfigSchema.parse({ l1: endpoint, proposals }), {
    ...parts,
    account: roles.proposer,
  });
  closers.push(() => proposer.close());
  return { sequencer, batcher, proposer };
};

const describe = (
  { chain: { id: chainId }, accounts: { balanceEth }, inMemory, dataDir }: NodeConfig,
  { sequencer, batcher, proposer, l1, deployment, accounts }: Running & Ground,
  closers: Closers,
): RunningNode => {
  const { rpcUrl, recovery, status, node } = sequencer;
  const { model, chain } = node;
  return {
    ...{ rpcUrl, webSocketUrl: rpcUrl.replace(/^http/, "ws"), chainId, accounts, accountBalance: balanceEth },
    model: model && { root: bytesToHex(model.root), parameters: model.parameters },
    ...{ dataDir: inMemory ? undefined : dataDir, recovery, status },
    rollup: { l1Url: l1.url, deployment, roles: { batcher, proposer } },
    onPersisted: (listener) => chain.on("persisted", (number, hash) => listener(number, bytesToHex(hash))),
    onFailure: (listener) => {
      sequencer.onFailure(listener);
      l1.onExit(() => listener(new ConfigError("The embedded L1 has ended.")));
    },
    close: () => closeAll(closers),
  };
};

const checkChainId = ({ chain, dataDir }: NodeConfig, folder: string | undefined): void => {
  const file = folder && join(folder, "deployment.json");
  if (!file || !existsSync(file) || readDeployment(file).l2ChainId === chain.id) return;
  throw new ConfigError(
    `${dataDir} holds a chain with another chain id: use its configuration or another data directory.`,
  );
};

/** Does nothing where everything has been deployed by an earlier run. */
const deployContracts = async (
  config: NodeConfig,
  l1: DevL1,
  { roles, accounts }: { readonly roles: DevRoles; readonly accounts: readonly DevAccount[] },
  progress: (step: string) => void,
): Promise<Deployment> => {
  await l1.automine();
  const balance = parseEther(`${config.accounts.balanceEth}`);
  return deploy({
    config: deployConfigSchema.parse({
      ...{ chainId: config.chain.id, gasLimit: config.chain.gasLimit },
      // The first account owns the contracts of both layers, as on a chain without an L1.
      roles: {
        ...(accounts[0] && { owner: accounts[0].address }),
        ...{ batcher: roles.batcher.address, proposer: roles.proposer.address },
      },
      bridge: { ...SHORT_DELAYS, bondWei: `${parseEther("0.001")}` },
      derivation: {
        blockTimeSeconds: config.sequencer.blockTimeMs / 1000,
        sequencerWindowBlocks: SEQUENCER_WINDOW,
      },
    }),
    l1: await connectL1Account({ account: roles.deployer, transport: http(l1.url) }),
    funded: accounts.map(({ address }) => ({ address, wei: balance })),
    onStep: progress,
  });
};
