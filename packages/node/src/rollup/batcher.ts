import {
  Batcher,
  type L1Client,
  type L1Progress,
  type L2Source,
  RemoteL2,
  type RollupConfig,
  readDeployment,
  TransactionSender,
} from "@hyperion/rollup";
import type { Logger } from "pino";
import { type Account, hexToBigInt, parseAbi } from "viem";
import { ConfigError } from "../config/load.ts";
import { createLogger } from "../logger.ts";
import { readPrivateKey } from "../private-key.ts";
import { openAltDa, openL1 } from "./l1-settings.ts";
import { type BatcherConfig, maxFeeOf } from "./role-config.ts";
import { type RoleStep, type RunningRole, runRole } from "./running-role.ts";

const KEY_VARIABLE = "HYPERION_BATCHER_KEY";
const SYSTEM_CONFIG = parseAbi(["function batcherHash() view returns (bytes32)"]);

export interface BatcherParts {
  readonly rollup: RollupConfig;
  readonly account: Account;
  readonly l1: L1Client;
  readonly l2: L2Source;
  readonly progress: L1Progress;
  readonly logger: Logger;
}

/**
 * Starts a batcher that reads L2 from a node and posts with a key of its own.
 *
 * @throws ConfigError when there is no key, or it is not the chain's batcher's; DeployError
 */
export const startBatcher = async (config: BatcherConfig): Promise<RunningRole> => {
  const { rollup } = readDeployment(config.deployment);
  const account = readPrivateKey({ file: config.keyFile, variable: KEY_VARIABLE });
  const l1 = openL1(config.l1, rollup);
  await checkBatcher(l1, rollup, account);
  const l2 = new RemoteL2(config.sequencerUrl, rollup);
  return runBatcher(config, { rollup, account, l1, l2, progress: l2, logger: createLogger(config.log) });
};

export const runBatcher = (config: BatcherConfig, parts: BatcherParts): RunningRole => {
  const { rollup, account, l1, l2, progress, logger } = parts;
  const { intervalMs: poll, maxWaitSeconds: maxWait, ...options } = config.posting;
  const sender = new TransactionSender(l1.client, {
    ...{ account, chainId: Number(rollup.l1ChainId) },
    ...{ patience: config.patienceSeconds * 1000, maxFeePerGas: maxFeeOf(config) },
  });
  const altDa = openAltDa(config.l1, rollup);
  const batcher = new Batcher(rollup, l2, l1, progress, sender, {
    ...options,
    maxWait,
    ...(altDa && { altDa }),
    onFailOver: (err) => logger.warn({ component: "batcher", err }, "alt-DA does not take data: it goes to L1"),
  });
  const step = async (): Promise<RoleStep | undefined> => {
    const count = await batcher.post();
    // Blocks that wait until a blob is full may fill several.
    const more = maxWait > 0 || count === options.maxBlocks;
    return count === 0 ? undefined : { did: `posted ${count} blocks`, more };
  };
  return runRole({ name: "batcher", address: account.address, poll, logger, step });
};

/** Whoever else posts is ignored by derivation, and pays for nothing. */
const checkBatcher = async (l1: L1Client, rollup: RollupConfig, { address }: Account): Promise<void> => {
  const contract = { address: rollup.systemConfigAddress, abi: SYSTEM_CONFIG } as const;
  const expected = hexToBigInt(await l1.client.readContract({ ...contract, functionName: "batcherHash" }));
  if (expected === hexToBigInt(address)) return;
  const name = `0x${expected.toString(16).padStart(40, "0")}`;
  throw new ConfigError(`The key is that of ${address}; this chain's batcher is ${name}.`);
};
