import { gamesOn } from "./games.ts";
import { KILL_MOMENTS, type KillMoment } from "./kill-moment.ts";
import { postedBlocks } from "./posted-blocks.ts";
import { RandomTraffic } from "./random-traffic.ts";
import { eventually, RollupProcesses } from "./rollup-processes.ts";

export interface CrashMatrixOptions {
  readonly binary: string;
  readonly moments?: readonly KillMoment[];
  readonly seed: number;
  readonly log?: (line: string) => void;
}

export interface CrashMatrixResult {
  readonly kills: number;
  readonly blocks: number;
  /** What is wrong; nothing is the only good answer. */
  readonly faults: readonly string[];
}

const PATIENCE = 120_000;
const PAUSE_MS = 250;
const SENDS_PER_DEPOSIT = 20;
/** L2 blocks between proposals, as the test's proposer is told. */
const PROPOSAL_INTERVAL = 5n;

/**
 * A rollup of processes under traffic, of which one after the other is killed at a moment of its work and started again.
 * Afterwards verifier and sequencer have the same blocks, every block is on L1 once, and every proposal was made once and
 * paid out.
 */
export const crashMatrix = async (options: CrashMatrixOptions): Promise<CrashMatrixResult> => {
  const { binary, moments = KILL_MOMENTS, seed, log = () => {} } = options;
  const rollup = await RollupProcesses.create(binary, { window: 1_000 });
  try {
    await rollup.start("sequencer");
    await Promise.all([rollup.start("batcher"), rollup.start("proposer"), rollup.start("verifier")]);
    const traffic = await keepSending(rollup, seed);
    for (const moment of moments) {
      const milliseconds = await killAndRecover(rollup, moment);
      log(`${moment.role} killed: ${moment.name} (${moment.when} ${moment.call}); back after ${milliseconds} ms`);
    }
    await traffic.stop();
    const head = await rollup.client("sequencer").getBlockNumber();
    await rollup.safeAt("verifier", head, PATIENCE);
    await rollup.safeAt("sequencer", head, PATIENCE);
    const faults = [
      ...(await disagreements(rollup, head)),
      ...(await misposted(rollup, head)),
      ...(await misproposed(rollup)),
      ...(traffic.sent() > 0 ? [] : ["no transaction was sent"]),
    ];
    return { kills: moments.length, blocks: Number(head), faults };
  } finally {
    await rollup.close();
  }
};

/** Resolves to how long, from the restart, everybody needed to have what the sequencer had then. */
const killAndRecover = async (rollup: RollupProcesses, moment: KillMoment): Promise<number> => {
  const { role } = moment;
  await rollup.stop(role);
  // With nothing but L1 it has enough to derive for the moment to come in the midst of it.
  if (role === "verifier") rollup.wipe(role);
  await rollup.start(role, { killAt: moment });
  await rollup.died(role, PATIENCE);
  const start = performance.now();
  await rollup.start(role);
  const head = await rollup.client("sequencer").getBlockNumber();
  const games = (await gamesOn(rollup)).length;
  await rollup.safeAt("verifier", head + 1n, PATIENCE);
  if (role === "proposer") await eventually(async () => (await gamesOn(rollup)).length > games, PATIENCE);
  return Math.round(performance.now() - start);
};

interface Traffic {
  sent(): number;
  stop(): Promise<void>;
}

/** A sequencer that is away takes nothing; what it had not written is lost, and its nonces are free again. */
const keepSending = async (rollup: RollupProcesses, seed: number): Promise<Traffic> => {
  const traffic = new RandomTraffic(RollupProcesses.user, RollupProcesses.chainId, seed, false);
  await traffic.prepare(rollup.client("sequencer"));
  let isOver = false;
  let sent = 0;
  const run = async (): Promise<void> => {
    for (let round = 0; !isOver; round++) {
      try {
        if (round % SENDS_PER_DEPOSIT === 0) await rollup.deposit(`0x${"d".repeat(40)}`, 1n);
        sent += (await traffic.send(rollup.client("sequencer"))).length;
      } catch {
        traffic.forgetNonce();
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  const running = run();
  return {
    sent: () => sent,
    stop: async () => {
      isOver = true;
      await running;
    },
  };
};

const disagreements = async (rollup: RollupProcesses, head: bigint): Promise<readonly string[]> => {
  const found: string[] = [];
  for (let number = 0n; number <= head; number++) {
    const [ours, theirs] = [await rollup.hashAt("sequencer", number), await rollup.hashAt("verifier", number)];
    if (ours === undefined || ours !== theirs) found.push(`block ${number} is ${ours} and ${theirs}`);
  }
  return found;
};

const misposted = async ({ anvil, deployment }: RollupProcesses, head: bigint): Promise<readonly string[]> => {
  const { rollup: config } = deployment;
  const posted = await postedBlocks(anvil.url, config);
  const times = new Map<number, number>();
  for (const timestamp of posted) times.set(timestamp, (times.get(timestamp) ?? 0) + 1);
  const found: string[] = [];
  for (let number = 1; number <= Number(head); number++) {
    const count = times.get(Number(config.genesis.l2Time) + number * Number(config.blockTime)) ?? 0;
    if (count !== 1) found.push(`block ${number} was posted ${count} times`);
  }
  return found;
};

const misproposed = async (rollup: RollupProcesses): Promise<readonly string[]> => {
  const before = await gamesOn(rollup);
  const areSettled = async (): Promise<boolean> =>
    (await gamesOn(rollup)).slice(0, before.length).every(({ isSettled }) => isSettled);
  const isSettled = await eventually(areSettled, PATIENCE).then(
    () => true,
    () => false,
  );
  const close = before.filter(({ l2Block }, index) => {
    const last = index === 0 ? 0n : before[index - 1]!.l2Block;
    return l2Block < last + PROPOSAL_INTERVAL;
  });
  return [
    ...(isSettled ? [] : ["a game was not paid out"]),
    ...close.map(({ l2Block }) => `block ${l2Block} was proposed too soon`),
  ];
};
