import { Blockchain } from "@hyperion/chain";
import type { ModelStore } from "@hyperion/inference";
import type { Database, RecoveryReport } from "@hyperion/metisdb";
import type { Deployment } from "@hyperion/rollup";
import { createRpcServer, type RpcConfig } from "@hyperion/rpc";
import { SoloOrdering } from "@hyperion/sequencer";
import type { Logger } from "pino";
import { bytesToHex } from "viem";
import { type NodeStatus, observeActivity } from "./activity.ts";
import { createCompiler, type NodeCompiler } from "./compiler.ts";
import type { NodeConfig } from "./config/schema.ts";
import { type DevAccount, devAccounts } from "./dev-accounts.ts";
import { devChainConfig, devGenesis } from "./dev-genesis.ts";
import { devSigner } from "./dev-signer.ts";
import { createInferenceService } from "./inference-service.ts";
import { createLogger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";
import { type LoadedModel, loadModel } from "./model.ts";
import { followRegistry } from "./model-registry.ts";
import { createModelStore } from "./model-store.ts";
import { openDatabase } from "./open-database.ts";
import type { RunningRole } from "./rollup/running-role.ts";
import { VERSION } from "./version.ts";
import { workersOf } from "./workers.ts";

const MIB = 1024 * 1024;

export interface StartOptions {
  /** Told what is being done, in words for a person. */
  readonly onProgress?: (step: string) => void;
}

/** The L1 side of a development rollup. */
export interface DevRollup {
  readonly l1Url: string;
  readonly deployment: Deployment;
  /** The batcher and the proposer. */
  readonly roles: Readonly<Record<"batcher" | "proposer", RunningRole>>;
}

/** A development node that serves requests until it is closed. */
export interface RunningNode {
  readonly rpcUrl: string;
  readonly webSocketUrl: string;
  readonly chainId: number;
  readonly accounts: readonly DevAccount[];
  /** ETH at genesis. */
  readonly accountBalance: number;
  readonly model: { readonly root: `0x${string}`; readonly parameters: number } | undefined;
  /** `undefined`: nothing is kept. */
  readonly dataDir: string | undefined;
  /** What a start after a crash did; `undefined` when the last end was in good order. */
  readonly recovery: RecoveryReport | undefined;
  /** L1 and what stands on it; `undefined`: the chain is no rollup. */
  readonly rollup: DevRollup | undefined;
  status(): NodeStatus;
  /** Called for blocks that are durable now, with all before them. */
  onPersisted(listener: (number: bigint, hash: `0x${string}`) => void): void;
  /** Called at most once, when the node can no longer seal blocks. It refuses transactions then, and answers reads. */
  onFailure(listener: (error: Error) => void): void;
  /** Seals what was accepted, makes it durable, closes everything. Idempotent. */
  close(): Promise<void>;
}

/**
 * Composes database, chain, ordering and JSON-RPC into a development node. What was opened is closed again when a later
 * step fails.
 *
 * @throws DatabaseError, ChainError, ModelError, and Node's error when the port cannot be used
 */
export const startNode = async (config: NodeConfig, options: StartOptions = {}): Promise<RunningNode> => {
  const progress = options.onProgress ?? (() => {});
  const closers: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const close of closers.splice(0).reverse()) await close().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };
  try {
    return await compose(config, progress, closers, closeAll);
  } catch (error) {
    await closeAll().catch(() => {});
    throw error;
  }
};

const compose = async (
  config: NodeConfig,
  progress: (step: string) => void,
  closers: (() => Promise<void>)[],
  closeAll: () => Promise<void>,
): Promise<RunningNode> => {
  const logger = createLogger(config.log);
  let failure: Error | undefined;
  let onFailure: (error: Error) => void = () => {};

  progress("Loading the model");
  const model = config.inference.enabled ? loadModel(config.inference.model) : undefined;

  progress("Opening the chain");
  const accounts = devAccounts(config.accounts.count);
  const database = openDatabase(config.inMemory ? undefined : config.dataDir, config.database);
  const recovery = database.recovery.clean ? undefined : database.recovery;
  if (recovery) logger.warn({ component: "database", ...recovery, height: Number(recovery.height) }, "recovered");
  const compiler = createCompiler(config.jit, (err) => logger.error({ component: "jit", err }, "not compiled"));
  closers.push(() => compiler.close());
  const models = createModelStore(config, model);
  const chain = await openChain(config, database, model, models, accounts, compiler);
  closers.push(() => chain.close());
  const fetcher = followRegistry(chain, models, config.inference, logger.child({ component: "models" }));
  closers.push(async () => fetcher.close());
  chain.on("failed", (error) => {
    failure = error;
    logger.error({ component: "chain", err: error }, "no more blocks are made");
    onFailure(error);
  });

  const ordering = new SoloOrdering({
    chain,
    interval: config.sequencer.blockTimeMs,
    automine: config.sequencer.automine,
    emptyBlocks: config.sequencer.emptyBlocks,
    onError: (error) => chain.builder.halt(error),
  });

  progress("Starting JSON-RPC");
  const inference = createInferenceService(config, model, models);
  closers.push(async () => inference?.close());
  const server = createRpcServer({
    chain,
    ordering,
    sealing: ordering,
    config: devRpcConfig(config.rpc),
    logger: rpcLogger(logger),
    metrics: createMetrics(chain, compiler.background).rpc,
    clientVersion: `Hyperion/v${VERSION}/${process.platform}-${process.arch}/node${process.versions.node}`,
    signers: accounts.map(devSigner),
    ...(inference && { inference }),
  });
  const rpcUrl = await server.listen();
  closers.push(() => server.close());
  await ordering.start();
  closers.push(() => ordering.stop());

  return {
    rpcUrl,
    webSocketUrl: rpcUrl.replace(/^http/, "ws"),
    chainId: config.chain.id,
    accounts,
    accountBalance: config.accounts.balanceEth,
    model: model && { root: bytesToHex(model.root), parameters: model.parameters },
    dataDir: config.inMemory ? undefined : config.dataDir,
    recovery,
    rollup: undefined,
    status: observeActivity(chain),
    onPersisted: (listener) => chain.on("persisted", (number, hash) => listener(number, bytesToHex(hash))),
    onFailure: (listener) => {
      onFailure = listener;
      if (failure) listener(failure);
    },
    close: closeAll,
  };
};

const openChain = (
  config: NodeConfig,
  database: Database,
  model: LoadedModel | undefined,
  models: ModelStore,
  accounts: readonly DevAccount[],
  { compiler }: NodeCompiler,
): Promise<Blockchain> =>
  Blockchain.open({
    config: devChainConfig(config, model?.root),
    genesis: devGenesis(config, accounts),
    database,
    models: (root) => models.get(root),
    cacheBytes: config.chain.cacheMib * MIB,
    ...(compiler && { compiler }),
    ...workersOf(config.execution),
    pool: {
      minTip: BigInt(config.pool.minTipWei),
      globalLimit: config.pool.globalLimit,
      senderLimit: config.pool.senderLimit,
      lifetime: config.pool.lifetimeSeconds * 1000,
    },
  }).catch(async (error: unknown) => {
    await database.close();
    throw error;
  });

/** A development chain serves the development methods besides what was asked for. */
const devRpcConfig = (config: RpcConfig): RpcConfig => ({
  ...config,
  namespaces: [...new Set([...config.namespaces, "dev" as const])],
});

const rpcLogger = (logger: Logger): Logger => logger.child({ component: "rpc" });
