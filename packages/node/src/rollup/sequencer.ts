import type { Database, RecoveryReport } from "@hyperion/metisdb";
import { BlockPlanner, type Deployment, type L1Client, readDeployment } from "@hyperion/rollup";
import type { DevSigner } from "@hyperion/rpc";
import { ScheduledOrdering } from "@hyperion/sequencer";
import type { Logger } from "pino";
import { type NodeStatus, observeActivity } from "../activity.ts";
import { createLogger } from "../logger.ts";
import { openDatabase } from "../open-database.ts";
import { openAltDa, openL1 } from "./l1-settings.ts";
import { type Closers, closeAll, openRollupNode, type RollupNode } from "./rollup-node.ts";
import type { SequencerConfig } from "./sequencer-config.ts";
import { streamOwnBlocks } from "./unsafe-blocks.ts";

export interface SequencerParts {
  readonly deployment: Deployment;
  readonly database: Database;
  readonly l1: L1Client;
  readonly logger: Logger;
  /** Told to clients: development chains only. */
  readonly l1Url?: string;
  /** Accounts that the node signs for: development chains only. */
  readonly signers?: readonly DevSigner[];
  /** Milliseconds since the epoch, as L1's timestamps count. Default: the wall clock. */
  readonly now?: () => number;
}

/** A node that orders transactions, and derives the safe chain from L1 like every other. */
export interface RunningSequencer {
  readonly rpcUrl: string;
  /** Where its unsafe blocks are streamed, if they are. */
  readonly p2pUrl: string | undefined;
  readonly node: RollupNode;
  readonly recovery: RecoveryReport | undefined;
  status(): NodeStatus;
  /** Called at most once, when no more blocks can be made. */
  onFailure(listener: (error: Error) => void): void;
  /** Seals what was accepted, makes it durable, closes everything. Idempotent. */
  close(): Promise<void>;
}

/**
 * Composes database, chain, derivation, the schedule of blocks and JSON-RPC. Blocks are made as soon as L1 has been read to
 * its end once: an earlier run's blocks may not be what L1 says by now.
 *
 * @throws ConfigError, DeployError, DatabaseError, ChainError, ModelError, and Node's error when the port cannot be used
 */
export const startSequencer = async (config: SequencerConfig, parts?: SequencerParts): Promise<RunningSequencer> => {
  const closers: Closers = [];
  try {
    return await compose(config, parts ?? partsOf(config), closers);
  } catch (error) {
    await closeAll(closers).catch(() => {});
    throw error;
  }
};

const partsOf = (config: SequencerConfig): SequencerParts => {
  const deployment = readDeployment(config.deployment);
  const l1 = openL1(config.l1, deployment.rollup);
  const database = openDatabase(config.inMemory ? undefined : config.dataDir, config.database);
  return { deployment, database, l1, logger: createLogger(config.log) };
};

const compose = async (config: SequencerConfig, parts: SequencerParts, closers: Closers): Promise<RunningSequencer> => {
  const { deployment, l1, logger, signers, now } = parts;
  const poll = config.l1.pollMs;
  const node = await openRollupNode(
    { ...config, ...parts, altDa: openAltDa(config.l1, deployment.rollup), poll },
    closers,
  );
  const { chain } = node;
  const warn = (err: Error): void => logger.warn({ component: "sequencer", err }, "the next block has to wait");
  const planner = new BlockPlanner(deployment.rollup, l1, {
    confirmations: BigInt(config.confirmations),
    poll,
    onError: (err) => logger.warn({ component: "sequencer", err }, "L1 does not answer"),
  });
  chain.builder.openWith(planner.opening);
  const ordering = new ScheduledOrdering({
    chain,
    prepare: () => planner.prepare(chain.head()),
    onError: warn,
    ...(now && { now }),
  });
  const server = node.serve(ordering, config.rpc, { signers });
  const rpcUrl = await server.listen();
  closers.push(() => server.close());
  closers.push(() => ordering.stop());
  const stream = config.p2p.enabled ? await streamOwnBlocks(config.p2p, node, logger, closers) : undefined;
  node.follow(() => void ordering.start());
  return {
    rpcUrl,
    p2pUrl: stream?.url,
    node,
    recovery: node.recovery,
    status: observeActivity(chain),
    onFailure: node.onFailure,
    close: () => closeAll(closers),
  };
};
