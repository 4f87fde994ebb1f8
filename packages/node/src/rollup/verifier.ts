import { type PeerState, readDeployment } from "@hyperion/rollup";
import { type EngineOptions, readJwtSecret } from "@hyperion/rpc";
import { FollowingOrdering } from "@hyperion/sequencer";
import { bytesToHex, createPublicClient, type Hex, hexToBytes, http } from "viem";
import { ConfigError } from "../config/load.ts";
import { createLogger } from "../logger.ts";
import { openDatabase } from "../open-database.ts";
import { openAltDa, openL1 } from "./l1-settings.ts";
import { type Closers, closeAll, openRollupNode } from "./rollup-node.ts";
import { startFromSnapshot } from "./snapshot-start.ts";
import { followPeers } from "./unsafe-blocks.ts";
import type { VerifierConfig } from "./verifier-config.ts";

/** A node that believes L1 alone; peers may tell it blocks that L1 does not have yet. */
export interface RunningVerifier {
  readonly rpcUrl: string;
  readonly chainId: number;
  /** Where it hands on unsafe blocks, if it does. */
  readonly p2pUrl: string | undefined;
  /** Newest block, from L1 or from peers. */
  unsafe(): { readonly number: bigint; readonly hash: Hex };
  peers(): readonly PeerState[];
  /** Blocks by which it is behind the best peer. */
  lag(): number;
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
 * @throws ConfigError, DeployError, SnapshotError, L1Error, DatabaseError, ChainError, ModelError, and Node's error when the port cannot be used
 */
export const startVerifier = async (config: VerifierConfig): Promise<RunningVerifier> => {
  const closers: Closers = [];
  try {
    return await compose(config, closers);
  } catch (error) {
    await closeAll(closers).catch(() => {});
    throw error;
  }
};

const compose = async (config: VerifierConfig, closers: Closers): Promise<RunningVerifier> => {
  const deployment = readDeployment(config.deployment);
  const l1 = openL1(config.l1, deployment.rollup);
  const logger = createLogger(config.log);
  if (config.snapshot !== "") await startFromSnapshot(config, { deployment, l1, logger });
  const database = openDatabase(config.inMemory ? undefined : config.dataDir, config.database);
  const poll = config.l1.pollMs;
  const altDa = openAltDa(config.l1, deployment.rollup);
  const node = await openRollupNode({ ...config, deployment, database, l1, altDa, poll, logger }, closers);
  const engine = engineOptions(config);
  if (engine && (config.peer.length > 0 || config.p2p.enabled)) {
    throw new ConfigError(
      "A consensus client sets the heads: --engine-enabled goes with neither --peer nor --p2p-enabled.",
    );
  }
  const unsafe = await followPeers(config, node, logger, closers);
  const ordering = new FollowingOrdering(forwardTo(config.sequencerUrl));
  const server = node.serve(ordering, config.rpc, { engine, peers: unsafe });
  const rpcUrl = await server.listen();
  closers.push(() => server.close());
  if (!engine) node.follow(() => unsafe.start());
  return {
    rpcUrl,
    chainId: deployment.l2ChainId,
    p2pUrl: unsafe.url,
    unsafe: () => node.engine.unsafe(),
    peers: () => unsafe.peers,
    lag: () => unsafe.lag,
    safe: () => node.engine.safe(),
    onFailure: node.onFailure,
    close: () => closeAll(closers),
  };
};

const engineOptions = ({ engine }: VerifierConfig): EngineOptions | undefined =>
  engine.enabled ? { host: engine.host, port: engine.port, secret: readJwtSecret(engine.jwtSecret) } : undefined;

const forwardTo = (url: string): ((raw: Uint8Array) => Promise<Uint8Array>) | undefined => {
  if (url === "") return undefined;
  const client = createPublicClient({ transport: http(url) });
  return async (raw) =>
    hexToBytes(await client.sendRawTransaction({ serializedTransaction: bytesToHex(raw) as `0x02${string}` }));
};
