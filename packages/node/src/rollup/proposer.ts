import {
  type Deployment,
  GameKeeper,
  type L1Client,
  type L2Source,
  Proposer,
  RemoteL2,
  readDeployment,
  TransactionSender,
} from "@hyperion/rollup";
import type { Logger } from "pino";
import { type Account, isAddressEqual } from "viem";
import { ConfigError } from "../config/load.ts";
import { createLogger } from "../logger.ts";
import { readPrivateKey } from "../private-key.ts";
import { openL1 } from "./l1-settings.ts";
import { maxFeeOf, type ProposerConfig } from "./role-config.ts";
import { type RoleStep, type RunningRole, runRole } from "./running-role.ts";

const KEY_VARIABLE = "HYPERION_PROPOSER_KEY";

export interface ProposerParts {
  readonly deployment: Deployment;
  readonly account: Account;
  readonly l1: L1Client;
  readonly l2: L2Source;
  readonly logger: Logger;
}

/**
 * Starts a proposer that reads L2 from a node and proposes with a key of its own.
 *
 * @throws ConfigError when there is no key, or it is not the chain's proposer's; DeployError
 */
export const startProposer = async (config: ProposerConfig): Promise<RunningRole> => {
  const deployment = readDeployment(config.deployment);
  const account = readPrivateKey({ file: config.keyFile, variable: KEY_VARIABLE });
  const { proposer } = deployment.roles;
  if (!isAddressEqual(account.address, proposer)) {
    throw new ConfigError(`The key is that of ${account.address}; this chain's proposer is ${proposer}.`);
  }
  const l1 = openL1(config.l1, deployment.rollup);
  const l2 = new RemoteL2(config.sequencerUrl, deployment.rollup);
  return runProposer(config, { deployment, account, l1, l2, logger: createLogger(config.log) });
};

export const runProposer = (config: ProposerConfig, parts: ProposerParts): RunningRole => {
  const { deployment, account, l1, l2, logger } = parts;
  const { intervalBlocks, upTo, pollMs: poll } = config.proposals;
  const sender = new TransactionSender(l1.client, {
    ...{ account, chainId: deployment.l1ChainId },
    ...{ patience: config.patienceSeconds * 1000, maxFeePerGas: maxFeeOf(config) },
  });
  const game = { factory: deployment.addresses.disputeGameFactory, gameType: deployment.bridge.gameType };
  const proposer = new Proposer(l2, l1.client, sender, { ...game, interval: BigInt(intervalBlocks), upTo });
  const keeper = new GameKeeper(l1.client, sender, game);
  const step = async (): Promise<RoleStep | undefined> => {
    // What an earlier process sent may be a proposal that is not to be seen yet.
    if (await sender.hasPending()) return undefined;
    const proposal = await proposer.propose();
    if (proposal) return { did: `proposed block ${proposal.number}`, more: true };
    const settled = await keeper.settle();
    return settled === 0 ? undefined : { did: `settled games in ${settled} transactions`, more: false };
  };
  return runRole({ name: "proposer", address: account.address, poll, logger, step });
};
