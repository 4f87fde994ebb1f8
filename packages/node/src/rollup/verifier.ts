import { Blockchain } from "@hyperion/chain";
import { Database } from "@hyperion/metisdb";
import {
  BeaconBlobs,
  createL2Genesis,
  type Deployment,
  DerivationLoop,
  Deriver,
  genesisOptions,
  L1Client,
  L2Engine,
  type RollupConfig,
  readDeployment,
  rollupChainConfig,
} from "@hyperion/rollup";
import { createRpcServer } from "@hyperion/rpc";
import { FollowingOrdering } from "@hyperion/sequencer";
import { pino } from "pino";
import { bytesToHex, createPublicClient, type Hex, hexToBytes, http } from "viem";
import { ConfigError } from "../config/load.ts";
import { createMetrics } from "../metrics.ts";
import { loadModel } from "../model.ts";
import { createModelStore } from "../model-store.ts";
import { VERSION } from "../version.ts";
import type { VerifierConfig } from "./verifier-config.ts";

const MIB = 1024 * 1024;

/** A node that believes L1 alone. */
export interface RunningVerifier {
  readonly rpcUrl: string;
  readonly chainId: number;
  /** Newest safe block. */
  safe(): { readonly number: bigint; readonly hash: Hex };
  /** Called at most once, when derivation can never go on. */
  onFailure(listener: (error: Error) => void): void;
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * Composes database, chain, derivation and JSON-RPC. What was opened is closed again when a later step fails.
 *
 * @throws ConfigError, DeployError, DatabaseError, ChainError, ModelError, and Node's error when the port cannot be used
 */
export const startVerifier = async (config: VerifierConfig): Promise<RunningVerifier> => {
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closers.splice(0).reverse()) await step();
  };
  try {
    return await compose(config, closers, close);
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
};

const compose = async (
  config: VerifierConfig,
  closers: (() => Promise<void>)[],
  close: () => Promise<void>,
): Promise<RunningVerifier> => {
  const logger = pino({ name: "hyperion", level: config.log.level }, pino.destination({ dest: 2, sync: true }));
  const deployment = readDeployment(config.deployment);
  const rollup = deployment.rollup;
  const chain = await openChain(config, deployment, rollup);
  closers.push(() => chain.close());
  const engine = new L2Engine(chain, rollup);
  const l1 = openL1(config, rollup);
  const deriver = new Deriver(rollup, l1, engine);

  let failure: Error | undefined;
  let onFailure: (error: Error) => void = () => {};
  const loop = new DerivationLoop(deriver, {
    poll: config.l1.pollMs,
    onError: (error, fatal) => {
      logger[fatal ? "error" : "warn"]({ component: "derivation", err: error }, "derivation step failed");
      if (!fatal) return;
      failure = error;
      onFailure(error);
    },
  });

  const server = createRpcServer({
    chain,
    ordering: new FollowingOrdering(forwardTo(config.sequencerUrl)),
    config: { ...config.rpc, namespaces: [...new Set([...config.rpc.namespaces, "optimism" as const])] },
    logger: logger.child({ component: "rpc" }),
    metrics: createMetrics(chain).rpc,
    clientVersion: `Hyperion/v${VERSION}/${process.platform}-${process.arch}/node${process.versions.node}`,
    rollup: { config: rollup, engine, l1, progress: deriver },
  });
  const rpcUrl = await server.listen();
  closers.push(() => server.close());
  loop.start();
  closers.push(() => loop.stop());

  return {
    rpcUrl,
    chainId: Number(rollup.l2ChainId),
    safe: () => engine.safe(),
    onFailure: (listener) => {
      onFailure = listener;
      if (failure) listener(failure);
    },
    close,
  };
};

const openL1 = ({ l1 }: VerifierConfig, rollup: RollupConfig): L1Client => {
  const [first] = l1.rpc;
  if (!first) throw new ConfigError("A verifier needs an L1: give --l1-rpc.");
  const blobs = new BeaconBlobs(l1.beacon === "" ? first : l1.beacon, { byNumber: l1.blobsByNumber });
  return new L1Client({ urls: l1.rpc, blobs, config: rollup });
};

const openChain = async (config: VerifierConfig, deployment: Deployment, rollup: RollupConfig): Promise<Blockchain> => {
  const genesis = await createL2Genesis(genesisOptions(deployment));
  if (genesis.hash !== rollup.genesis.l2.hash) {
    throw new ConfigError(`This version's predeploys give the genesis ${genesis.hash}, not ${rollup.genesis.l2.hash}.`);
  }
  const model = config.inference.enabled ? loadModel(config.inference.model) : undefined;
  const store = createModelStore(config, model);
  const { durability, syncIntervalMs, archive, retainBlocks, pendingMib } = config.database;
  const retain = archive ? "all" : retainBlocks;
  const database = config.inMemory
    ? Database.temporary()
    : Database.open(config.dataDir, { durability, syncIntervalMs, retain, pendingBytes: pendingMib * MIB });
  return Blockchain.open({
    config: { ...rollupChainConfig(rollup), ...(model && { inference: { defaultModel: model.root } }) },
    genesis: genesis.block,
    database,
    models: (root) => store.get(root),
  }).catch(async (error: unknown) => {
    await database.close();
    throw error;
  });
};

const forwardTo = (url: string): ((raw: Uint8Array) => Promise<Uint8Array>) | undefined => {
  if (url === "") return undefined;
  const client = createPublicClient({ transport: http(url) });
  return async (raw) =>
    hexToBytes(await client.sendRawTransaction({ serializedTransaction: bytesToHex(raw) as `0x02${string}` }));
};
