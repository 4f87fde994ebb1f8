import { readDeployment } from "@hyperion/rollup";
import { type EngineOptions, readJwtSecret } from "@hyperion/rpc";
import { FollowingOrdering } from "@hyperion/sequencer";
import { bytesToHex, createPublicClient, type Hex, hexToBytes, http } from "viem";
import { createLogger } from "../logger.ts";
import { openDatabase } from "../open-database.ts";
import { openAltDa, openL1 } from "./l1-settings.ts";
import { type Closers, closeAll, openRollupNode } from "./rollup-node.ts";
import type { VerifierConfig } from "./verifier-config.ts";

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
  const database = openDatabase(config.inMemory ? undefined : config.dataDir, config.database);
  const logger = createLogger(config.log);
  const poll = config.l1.pollMs;
  const altDa = openAltDa(config.l1, deployment.rollup);
  const node = await openRollupNode({ ...config, deployment, database, l1, altDa, poll, logger }, closers);
  const engine = engineOptions(config);
  const server = node.serve(new FollowingOrdering(forwardTo(config.sequencerUrl)), config.rpc, { engine });
  const rpcUrl = await server.listen();
  closers.push(() => server.close());
  if (!engine) node.follow();
  return {
    rpcUrl,
    chainId: deployment.l2ChainId,
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
