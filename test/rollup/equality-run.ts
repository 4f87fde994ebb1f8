import type { Hex } from "viem";
import { RandomTraffic, settled } from "./random-traffic.ts";
import { type RoleName, RollupProcesses } from "./rollup-processes.ts";

export interface EqualityOptions {
  readonly binary: string;
  /** L2 blocks. */
  readonly blocks: number;
  readonly seed: number;
  readonly inference: boolean;
  /** Kill a random role now and then. */
  readonly kills: number;
  readonly log?: (line: string) => void;
}

export interface EqualityResult {
  readonly blocks: number;
  readonly transactions: number;
  /** Height, and the hashes that do not agree; none is the only good answer. */
  readonly differences: readonly string[];
}

const ROLES: readonly RoleName[] = ["batcher", "sequencer", "proposer", "verifier"];
const PATIENCE = 600_000;

/**
 * Random traffic on a rollup of processes; then the sequencer's disk is wiped and it derives its chain from L1 like anybody
 * else. Sequencer before, verifier, and sequencer afterwards have to have the same blocks.
 */
export const equalityRun = async (options: EqualityOptions): Promise<EqualityResult> => {
  const { binary, seed, inference, log = () => {} } = options;
  // The blocks of the time that L1 lies behind are made without a pause, most of them empty.
  const behind = Math.min(1_500, Math.floor(options.blocks / 2));
  const rollup = await RollupProcesses.create(binary, { window: 1_000, inference, behind });
  try {
    await rollup.start("sequencer");
    await Promise.all([rollup.start("batcher"), rollup.start("proposer"), rollup.start("verifier")]);
    const transactions = await makeTraffic(rollup, options);
    const head = await rollup.client("sequencer").getBlockNumber();
    log(`${head} blocks, ${transactions} transactions; waiting for the verifier`);
    await rollup.safeAt("verifier", head, PATIENCE);
    await rollup.safeAt("sequencer", head, PATIENCE);
    const before = await hashes(rollup, "sequencer", head);
    const verified = await hashes(rollup, "verifier", head);
    await rollup.stop("batcher");
    await rollup.stop("sequencer");
    rollup.wipe("sequencer");
    log("the sequencer begins again with nothing but L1");
    await rollup.start("sequencer");
    await rollup.safeAt("sequencer", head, PATIENCE);
    const after = await hashes(rollup, "sequencer", head);
    const differences = before.flatMap((hash, number) =>
      hash === verified[number] && hash === after[number]
        ? []
        : `${number}: ${hash} ${verified[number]} ${after[number]}`,
    );
    return { blocks: Number(head), transactions, differences };
  } catch (error) {
    log(`seed ${seed}`);
    throw error;
  } finally {
    await rollup.close();
  }
};

const makeTraffic = async (rollup: RollupProcesses, options: EqualityOptions): Promise<number> => {
  const { blocks, seed, inference, kills, log = () => {} } = options;
  const traffic = new RandomTraffic(RollupProcesses.user, RollupProcesses.chainId, seed, inference);
  const client = rollup.client("sequencer");
  await traffic.prepare(client);
  let sent = 0;
  let last: readonly Hex[] = [];
  let killed = 0;
  for (let head = 0n; head < BigInt(blocks); head = await client.getBlockNumber()) {
    if (killed < kills && Number(head) > ((killed + 1) * blocks) / (kills + 1)) {
      const role = ROLES[killed++ % ROLES.length]!;
      log(`block ${head}: kill -9 ${role}`);
      await rollup.kill(role);
      await rollup.start(role);
      // What was not on disk is gone, and its nonces are free again.
      traffic.forgetNonce();
    }
    if (sent % 20 === 0) await rollup.deposit(`0x${"d".repeat(40)}`, 1n);
    last = await traffic.send(client);
    sent += last.length;
    if (last.length === 0) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await settled(client, last);
  return sent;
};

const hashes = async (
  rollup: RollupProcesses,
  role: "sequencer" | "verifier",
  head: bigint,
): Promise<readonly (Hex | undefined)[]> => {
  const found: (Hex | undefined)[] = [];
  for (let number = 0n; number <= head; number++) found.push(await rollup.hashAt(role, number));
  return found;
};
