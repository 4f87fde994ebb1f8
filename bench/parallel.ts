import type { BatchSchedule } from "@hyperion/kernel";
import { Kernel, presetConfig } from "@hyperion/kernel";
import { simulatedSpeedUps, WorkerPool } from "@hyperion/parallel";
import { hexToBytes, pad, toHex } from "viem";
import type { BenchOptions, BenchResult, BenchRow } from "./benchmark.ts";
import { conflictingBlock } from "./conflicting-block.ts";
import { FORK, openState } from "./engines.ts";
import type { GigagasBlock } from "./gigagas-blocks.ts";
import { gigagasBlocks } from "./gigagas-blocks.ts";
import { busiestThread, geometricMean, median } from "./measure.ts";

export const name = "parallel";
export const description = "blocks on two threads against the same kernel on one";

const WORKERS = 1;
const GAS = 60_000_000;
/** Of more transactions some would displace the senders of others from what the kernel remembers. */
const MOST_TRANSACTIONS = 2000;
/** With signatures: as many again come before, to warm up. */
const SIGNED_TRANSACTIONS = 400;
const CORES: readonly number[] = [2, 4, 8, 16, 32, 64];
const CONFLICTS: readonly number[] = [0, 0.1, 0.25, 0.5, 0.75, 1];
const CONFLICTING = 400;
/** Each starts two kernels. */
const COLD_ROUNDS = 8;
/** Changed slots of one account, and other changed accounts, whose tries are hashed. */
const [SLOTS, ACCOUNTS] = [2000, 1000];
const [ALL_SLOTS, ALL_ACCOUNTS] = [100_000, 20_000];

/** A kernel with threads on a block's state, in which the block can be executed again and again. */
interface Setting {
  readonly kernel: Kernel;
  readonly pool: SwitchedPool;
  readonly transactions: readonly Uint8Array[];
}

/** Measured both ways in turn, so that what else the machine does meets both. */
class SwitchedPool extends WorkerPool {
  parallel = true;

  override choose(transactions: number): boolean {
    return this.parallel && super.choose(transactions);
  }
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const rounds = quick ? 8 : 40;
  const rows: BenchRow[] = [];
  const simulated: (string | number)[][] = [];
  for (const whole of gigagasBlocks(GAS, log)) {
    const block = { ...whole, transactions: whole.transactions.slice(0, MOST_TRANSACTIONS) };
    log(`measuring ${block.transactions.length} ${block.name}`);
    const both = await compareWithSignatures(block);
    const { execution, schedule } = await compareExecution(block, rounds);
    const count = block.transactions.length;
    rows.push(row(`${count} ${block.name}, execution only`, execution, count));
    rows.push(row(`${both.count} ${block.name}, signatures included`, both, both.count));
    simulated.push([block.name, ...simulatedSpeedUps(schedule, CORES).map(({ speedUp }) => `×${speedUp.toFixed(1)}`)]);
  }
  log("measuring tries");
  rows.push(row(`root after ${SLOTS + ACCOUNTS} changes`, await compareHashing(rounds), SLOTS + ACCOUNTS));
  const sweep: BenchRow[] = [];
  for (const conflicts of CONFLICTS) {
    log(`measuring ${conflicts * 100} % conflicts`);
    const block = conflictingBlock(CONFLICTING, conflicts);
    const { execution } = await compareExecution(block, rounds * 2, "adaptive");
    sweep.push(row(`${CONFLICTING} ${block.name}, adaptive`, execution, CONFLICTING));
  }
  const speedUps = rows.flatMap(({ ratio }) => ratio ?? []);
  return {
    method:
      "CPU time of the busiest thread, waiting in loops included, which is the time that the work takes where threads have " +
      `cores of their own, per transaction or change; medians of ${rounds} rounds in turn, state in memory, ${FORK} rules.`,
    rows: [...rows, ...sweep],
    summary: [
      { label: "two threads against one, geometric mean", ratio: geometricMean(speedUps), target: 1.6 },
      {
        label: "adaptive, slowest share of conflicts",
        ratio: Math.min(...sweep.map(({ ratio }) => ratio!)),
        target: 0.95,
      },
    ],
    tables: [
      {
        title: "Simulated speed-up: costs and dependencies as measured, cores as many as named",
        columns: ["block", ...CORES.map((cores) => `${cores} cores`)],
        rows: simulated,
      },
    ],
  };
}

interface Pair {
  readonly serial: number;
  readonly parallel: number;
}

const row = (workload: string, { serial, parallel }: Pair, count: number): BenchRow => ({
  workload,
  ours: (parallel / count) * 1000,
  peer: (serial / count) * 1000,
  peerName: "one thread",
  unit: "µs each",
  ratio: serial / parallel,
});

async function open(block: GigagasBlock, mode: "parallel" | "adaptive"): Promise<Setting> {
  const pool = new SwitchedPool({ workers: WORKERS, mode });
  const noOracle = { preimage: () => undefined, blockHash: () => undefined };
  const kernel = await Kernel.create({ config: presetConfig(FORK)!, oracle: noOracle, workers: pool });
  openState(kernel, block.accounts);
  await pool.ready();
  if (pool.running < WORKERS) throw pool.failure;
  return { kernel, pool, transactions: block.transactions.map((raw) => hexToBytes(raw)) };
}

async function compareExecution(
  block: GigagasBlock,
  rounds: number,
  mode: "parallel" | "adaptive" = "parallel",
): Promise<{ execution: Pair; schedule: BatchSchedule }> {
  const { kernel, pool, transactions } = await open(block, mode);
  const times: Record<"serial" | "parallel", number[]> = { serial: [], parallel: [] };
  let schedule: BatchSchedule = [];
  for (let round = -4; round < rounds; round++) {
    for (const way of ["serial", "parallel"] as const) {
      pool.parallel = way === "parallel";
      const mark = kernel.checkpoint();
      for (const raw of transactions) kernel.checkTransaction(raw, "prague");
      const time = busiestThread(() => {
        for (const outcome of kernel.executeBatch(transactions)) if (!outcome.valid) throw new Error(outcome.message);
      });
      if (round >= 0) times[way].push(time);
      schedule = quickest(schedule, pool.lastBatch?.schedule?.());
      kernel.rollback(mark);
    }
  }
  await pool.close();
  return { execution: { serial: median(times.serial), parallel: median(times.parallel) }, schedule };
}

/** The newest dependencies, with the shortest run of each transaction: what else the machine did only adds to runs. */
function quickest(before: BatchSchedule, now: BatchSchedule | undefined): BatchSchedule {
  return (now ?? before).map((run, position) => {
    const other = before[position];
    const shorter = run && other && other.end - other.begin < run.end - run.begin;
    return shorter ? { ...run, begin: 0, end: other.end - other.begin } : run;
  });
}

/** Execution by kernels that have not seen any of the senders, which each can do once; others warmed them up. */
async function compareWithSignatures(block: GigagasBlock): Promise<Pair & { count: number }> {
  const times: Record<"serial" | "parallel", number[]> = { serial: [], parallel: [] };
  const count = Math.min(SIGNED_TRANSACTIONS, Math.floor(block.transactions.length / 2));
  for (let round = 0; round < COLD_ROUNDS; round++) {
    for (const way of ["serial", "parallel"] as const) {
      const { kernel, pool, transactions } = await open(block, "parallel");
      pool.parallel = way === "parallel";
      kernel.executeBatch(transactions.slice(0, count));
      const time = busiestThread(() => kernel.executeBatch(transactions.slice(count, 2 * count)));
      if (round > 0) times[way].push(time);
      await pool.close();
    }
  }
  return { serial: median(times.serial), parallel: median(times.parallel), count };
}

/** A large storage trie and a state trie of which some leaves change, hashed by a kernel with a helper and by one without. */
async function compareHashing(rounds: number): Promise<Pair> {
  const noOracle = { preimage: () => undefined, blockHash: () => undefined };
  const pool = new WorkerPool({ workers: WORKERS });
  const kernels = {
    serial: await Kernel.create({ config: presetConfig(FORK)!, oracle: noOracle }),
    parallel: await Kernel.create({ config: presetConfig(FORK)!, oracle: noOracle, workers: pool }),
  };
  const times: Record<"serial" | "parallel", number[]> = { serial: [], parallel: [] };
  for (const kernel of Object.values(kernels)) {
    openState(kernel, []);
    change(kernel, { slots: ALL_SLOTS, accounts: ALL_ACCOUNTS, step: 1, round: 1 });
    kernel.commit();
  }
  await pool.ready();
  for (let round = 0; round < rounds; round++) {
    for (const way of ["serial", "parallel"] as const) {
      change(kernels[way], { slots: SLOTS, accounts: ACCOUNTS, step: 49, round: round + 2 });
      times[way].push(busiestThread(() => kernels[way].stateRoot()));
      kernels[way].commit();
    }
  }
  await pool.close();
  return { serial: median(times.serial), parallel: median(times.parallel) };
}

interface Change {
  readonly slots: number;
  readonly accounts: number;
  /** From one that changes to the next. */
  readonly step: number;
  readonly round: number;
}

function change(kernel: Kernel, { slots, accounts, step, round }: Change): void {
  const token = hexToBytes(pad("0x70", { size: 20 }));
  const word = (value: number): Uint8Array => hexToBytes(toHex(value, { size: 32 }));
  const at = (index: number, of: number): number => (index * step + round * 7) % of;
  for (let from = 0; from < slots; from += 10_000) {
    const length = Math.min(10_000, slots - from);
    const stateDiff = Array.from(
      { length },
      (_, index) => [word(at(from + index, ALL_SLOTS)), word(index + round)] as const,
    );
    kernel.override(token, { nonce: 1n, stateDiff });
  }
  for (let index = 0; index < accounts; index++) {
    const address = hexToBytes(pad(toHex(0x1000_0000 + at(index, ALL_ACCOUNTS)), { size: 20 }));
    kernel.override(address, { balance: BigInt(index + round) });
  }
}
