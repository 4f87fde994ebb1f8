import {
  BlockHistory,
  type BlockServer,
  createBlockServer,
  L1Signer,
  PeerError,
  PeerFollower,
  type PeerState,
  SignedFeed,
  type StreamChain,
  UnsafeImporter,
} from "@hyperion/rollup";
import type { Logger } from "pino";
import type { Hex } from "viem";
import { ConfigError } from "../config/load.ts";
import type { PeersView } from "../metrics.ts";
import { readPrivateKey } from "../private-key.ts";
import type { Closers, RollupNode } from "./rollup-node.ts";
import type { SequencerConfig } from "./sequencer-config.ts";
import type { VerifierConfig } from "./verifier-config.ts";

const KEY_VARIABLE = "HYPERION_UNSAFE_SIGNER_KEY";

/** The unsafe blocks that a verifier hears of and hands on. */
export interface FollowedPeers extends PeersView {
  /** Where they are handed on, if they are. */
  readonly url: string | undefined;
  readonly peers: readonly PeerState[];
  /** Idempotent. L1 has to have been read to its end: peers' blocks stand on what it says. */
  start(): void;
}

/**
 * Streams the sequencer's blocks, signed.
 *
 * @throws ConfigError when there is no key, or it is not the one that L1 names; L1Error, and Node's error when the port cannot be used
 */
export const streamOwnBlocks = async (
  p2p: SequencerConfig["p2p"],
  node: RollupNode,
  logger: Logger,
  closers: Closers,
): Promise<BlockServer> => {
  const { chain } = node;
  const { systemConfigAddress, l2ChainId: chainId } = node.deployment.rollup;
  const account = readPrivateKey({ file: p2p.keyFile, variable: KEY_VARIABLE, flag: "--p2p-key-file" });
  const expected = await new L1Signer(node.l1.client, systemConfigAddress).current();
  if (account.address.toLowerCase() !== expected) {
    throw new ConfigError(`The key is that of ${account.address}; ${expected} signs this chain's unsafe blocks.`);
  }
  const history = new BlockHistory();
  const server = await openServer(p2p, node, history, closers);
  const feed = new SignedFeed({
    ...{ chain, chainId, history, sign: (hash: Hex) => account.sign({ hash }) },
    onError: (err) => logger.error({ component: "peers", err }, "a block is not streamed"),
  });
  closers.push(() => feed.close());
  logger.info({ component: "peers", url: server.url, signer: expected }, "unsafe blocks are streamed");
  return server;
};

/** Prepares to follow the configured peers, and to hand on what they say. @throws Node's error when the port cannot be used */
export const followPeers = async (
  { peer: urls, p2p }: VerifierConfig,
  node: RollupNode,
  logger: Logger,
  closers: Closers,
): Promise<FollowedPeers> => {
  const { chain, engine, l1, deployment } = node;
  const config = deployment.rollup;
  const history = new BlockHistory();
  const signer = new L1Signer(l1.client, config.systemConfigAddress);
  const importer = new UnsafeImporter({ config, chain, engine, l1, signer, history });
  const follower = new PeerFollower({
    ...{ urls, importer, heads: engine, chain: streamChain(node) },
    onLeft: (url, err) => {
      const level = err instanceof PeerError && !err.isHostile ? "info" : "warn";
      logger[level]({ component: "peers", url, err, unsafe: Number(engine.unsafe().number) }, "a peer was left");
    },
  });
  const server = p2p.enabled ? await openServer(p2p, node, history, closers) : undefined;
  closers.push(() => follower.stop());
  return {
    url: server?.url,
    start: () => follower.start(),
    get peers() {
      return follower.peers;
    },
    get lag() {
      return Math.max(0, Number((follower.head ?? 0n) - engine.unsafe().number));
    },
    get readers() {
      return server?.connections ?? 0;
    },
  };
};

const streamChain = ({ deployment: { rollup } }: RollupNode): StreamChain => ({
  chainId: rollup.l2ChainId,
  genesis: rollup.genesis.l2.hash,
});

const openServer = async (
  { host, port, maxConnections }: VerifierConfig["p2p"],
  node: RollupNode,
  history: BlockHistory,
  closers: Closers,
): Promise<BlockServer> => {
  const head = (): bigint => node.engine.unsafe().number;
  const server = await createBlockServer({ host, port, maxConnections, history, head, chain: streamChain(node) });
  closers.push(() => server.close());
  return server;
};
