import { Blockchain } from "@hyperion/chain";
import type { ModelStore } from "@hyperion/inference";
import type { Database, RecoveryReport } from "@hyperion/metisdb";
import {
  type AltDa,
  AltDaSource,
  createL2Genesis,
  type Deployment,
  DerivationLoop,
  Deriver,
  genesisOptions,
  type L1Client,
  L2Engine,
  rollupChainConfig,
} from "@hyperion/rollup";
import { createRpcServer, type DevSigner, type EngineOptions, type RpcConfig, type RpcServer } from "@hyperion/rpc";
import type { Ordering } from "@hyperion/sequencer";
import type { Logger } from "pino";
import { createCompiler, type NodeCompiler } from "../compiler.ts";
import { ConfigError } from "../config/load.ts";
import type { NodeConfig } from "../config/schema.ts";
import { createInferenceService } from "../inference-service.ts";
import { createMetrics, type PeersView } from "../metrics.ts";
import { type LoadedModel, loadModel } from "../model.ts";
import { followRegistry } from "../model-registry.ts";
import { createModelStore } from "../model-store.ts";
import { VERSION } from "../version.ts";
import { workersOf } from "../workers.ts";

const CACHE_BYTES = 512 * 1024 * 1024;

export interface RollupNodeOptions
  extends Pick<NodeConfig, "inference" | "jit" | "execution" | "inMemory" | "dataDir"> {
  readonly deployment: Deployment;
  /** Closed with the node, also when opening fails. */
  readonly database: Database;
  readonly l1: L1Client;
  readonly altDa?: AltDa | undefined;
  /** Told to clients: development chains only. */
  readonly l1Url?: string;
  /** Milliseconds between looks at L1. */
  readonly poll: number;
  readonly pool?: NodeConfig["pool"];
  readonly logger: Logger;
}

/** What not every node serves. */
export interface ServeExtras {
  readonly signers?: readonly DevSigner[] | undefined;
  readonly engine?: EngineOptions | undefined;
  /** Shown in the metrics. */
  readonly peers?: PeersView | undefined;
}

/** What has to be closed, newest last. */
export type Closers = (() => Promise<void>)[];

/** A chain that follows L1: what sequencer and verifier have in common. */
export interface RollupNode {
  readonly deployment: Deployment;
  readonly chain: Blockchain;
  readonly engine: L2Engine;
  readonly deriver: Deriver;
  readonly l1: L1Client;
  readonly model: LoadedModel | undefined;
  /** What a start after a crash did; `undefined` when the last end was in good order. */
  readonly recovery: RecoveryReport | undefined;
  /** Starts to follow L1. `onIdle` hears whenever it has been read to its end. */
  follow(onIdle?: () => void): void;
  /** Called at most once, when the chain or its derivation can never go on. */
  onFailure(listener: (error: Error) => void): void;
  serve(ordering: Ordering, rpc: RpcConfig, extras?: ServeExtras): RpcServer;
}

/** @throws ConfigError, DatabaseError, ChainError, ModelError */
export const openRollupNode = async (options: RollupNodeOptions, closers: Closers): Promise<RollupNode> => {
  const { deployment, database, l1, logger } = options;
  const { rollup } = deployment;
  const recovery = database.recovery.clean ? undefined : database.recovery;
  if (recovery) logger.warn({ component: "database", ...recovery, height: Number(recovery.height) }, "recovered");
  const compiler = createCompiler(options.jit, (err) => logger.error({ component: "jit", err }, "not compiled"));
  closers.push(() => compiler.close());
  const { chain, model, models } = await openChain(options, compiler);
  closers.push(() => chain.close());
  const fetcher = followRegistry(chain, models, options.inference, logger.child({ component: "models" }));
  closers.push(async () => fetcher.close());
  const service = createInferenceService(options, model, models);
  closers.push(async () => service?.close());
  const engine = new L2Engine(chain, rollup);
  const deriver = new Deriver(rollup, options.altDa ? new AltDaSource(l1, options.altDa) : l1, engine);

  let failure: Error | undefined;
  let onFailure: (error: Error) => void = () => {};
  const fail = (error: Error): void => {
    failure ??= error;
    onFailure(error);
  };
  chain.on("failed", (error) => {
    logger.error({ component: "chain", err: error }, "no more blocks are made");
    fail(error);
  });
  return {
    ...{ deployment, chain, engine, deriver, l1, model, recovery },
    follow: (onIdle) => {
      const loop = new DerivationLoop(deriver, {
        poll: options.poll,
        ...(onIdle && { onIdle }),
        onError: (error, fatal) => {
          logger[fatal ? "error" : "warn"]({ component: "derivation", err: error }, "derivation step failed");
          if (fatal) fail(error);
        },
      });
      loop.start();
      closers.push(() => loop.stop());
    },
    onFailure: (listener) => {
      onFailure = listener;
      if (failure) listener(failure);
    },
    serve: (ordering, rpc, { signers, engine: engineApi, peers } = {}) =>
      createRpcServer({
        ...{ chain, ordering },
        config: { ...rpc, namespaces: [...new Set([...rpc.namespaces, "optimism" as const])] },
        logger: logger.child({ component: "rpc" }),
        metrics: createMetrics(chain, compiler.background, peers).rpc,
        clientVersion: `Hyperion/v${VERSION}/${process.platform}-${process.arch}/node${process.versions.node}`,
        rollup: {
          config: rollup,
          deployment,
          engine,
          l1,
          progress: deriver,
          ...(options.l1Url && { l1Url: options.l1Url }),
        },
        ...(signers && { signers }),
        ...(engineApi && { engine: engineApi }),
        ...(service && { inference: service }),
      }),
  };
};

/** Closes everything, also when one fails. */
export const closeAll = async (closers: Closers): Promise<void> => {
  const failures: unknown[] = [];
  for (const close of closers.splice(0).reverse()) await close().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
};

const openChain = async (
  options: RollupNodeOptions,
  { compiler }: NodeCompiler,
): Promise<Pick<RollupNode, "model" | "chain"> & { readonly models: ModelStore }> => {
  const { deployment, database, inference, pool } = options;
  try {
    const model = inference.enabled ? loadModel(inference.model) : undefined;
    const genesis = await createL2Genesis(genesisOptions(deployment));
    const expected = deployment.rollup.genesis.l2.hash;
    if (genesis.hash !== expected) {
      throw new ConfigError(`This version's predeploys give the genesis ${genesis.hash}, not ${expected}.`);
    }
    const models = createModelStore(options, model);
    const chain = await Blockchain.open({
      config: { ...rollupChainConfig(deployment.rollup), ...(model && { inference: { defaultModel: model.root } }) },
      genesis: genesis.block,
      database,
      models: (root) => models.get(root),
      cacheBytes: CACHE_BYTES,
      ...(compiler && { compiler }),
      ...workersOf(options.execution),
      pool: { acceptBlobs: false, ...(pool && poolOptions(pool)) },
    });
    return { chain, model, models };
  } catch (error) {
    await database.close();
    throw error;
  }
};

const poolOptions = ({ minTipWei, globalLimit, senderLimit, lifetimeSeconds }: NodeConfig["pool"]): object => ({
  minTip: BigInt(minTipWei),
  ...{ globalLimit, senderLimit, lifetime: lifetimeSeconds * 1000 },
});
