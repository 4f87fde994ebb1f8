import type { BatchSchedule, TransactionOutcome } from "@hyperion/kernel";
import { Kernel, presetConfig } from "@hyperion/kernel";
import { EagerCompiler } from "@hyperion/metisvm";
import { simulatedSpeedUps, WorkerPool } from "@hyperion/parallel";
import { hexToBytes } from "viem";
import type { BenchOptions, BenchResult, BenchRow, BenchSummary } from "./benchmark.ts";
import { FORK, openState } from "./engines.ts";
import type { GigagasBlock } from "./gigagas-blocks.ts";
import { gigagasBlocks } from "./gigagas-blocks.ts";
import { busiestThread, cpuDuring, geometricMean, median } from "./measure.ts";
import type { Revm } from "./revm.ts";
import { openRevm, startRevm } from "./revm.ts";

export const name = "gigagas";
export const description =
  "1-gigagas blocks of independent transactions in memory against revm, serial and on two threads";

const GIGAGAS = 1_000_000_000;
/** Transactions that are checked and executed together, far fewer than the kernel remembers senders of. */
const GROUP = 256;
/** Threads besides the kernel's own. */
const WORKERS = 1;
const CORES: readonly number[] = [8, 16, 32];

/** CPU milliseconds of one block. */
interface Cost {
  readonly recover: number;
  readonly execute: number;
  readonly gas: bigint;
}

/** Runs the block on the same state each time. */
type Executor = () => Promise<Cost>;

interface Compared {
  readonly rows: BenchRow[];
  readonly speedUps: readonly string[];
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const rounds = quick ? 3 : 7;
  const revm = await startRevm(log);
  const rows: BenchRow[] = [];
  const simulated: string[][] = [];
  for (const block of gigagasBlocks(quick ? GIGAGAS / 10 : GIGAGAS, log)) {
    log(`measuring ${block.transactions.length} ${block.name}`);
    const compared = await compare(block, revm, rounds);
    rows.push(...compared.rows);
    simulated.push([block.name, ...compared.speedUps]);
  }
  revm?.close();
  return {
    method:
      "CPU time of a whole block, its state in memory, after one block to warm up; medians of " +
      `${rounds} interleaved rounds; ${FORK} rules. Signatures: decoding and recovering the sender of every transaction. ` +
      "Compiled: all contracts, before the first measured block. Two threads: CPU time of the busier one, which is what the " +
      "block takes where both have a core.",
    rows,
    summary: [
      ...summary(rows, EXECUTION, "execution against revm, geometric mean", 1),
      ...summary(rows, TWO_THREADS, "two threads against one, geometric mean", 1.6),
    ],
    tables: [
      {
        title: "Simulated speed-up over one core: costs and dependencies as measured, cores as many as named",
        columns: ["block", ...CORES.map((cores) => `${cores} cores`)],
        rows: simulated,
      },
    ],
  };
}

const EXECUTION = "execution only";
const TWO_THREADS = "execution on two threads";

function summary(rows: readonly BenchRow[], what: string, label: string, target: number): BenchSummary[] {
  const ratios = rows.filter(({ workload }) => workload.endsWith(what)).flatMap(({ ratio }) => ratio ?? []);
  return ratios.length === 0 ? [] : [{ label, ratio: geometricMean(ratios), target }];
}

async function compare(block: GigagasBlock, revm: Revm | undefined, rounds: number): Promise<Compared> {
  const ours = await hyperionSerial(block);
  const withSignatures: Executor = async () => ({ ...(await ours()), recover: await recoverAll(block) });
  const compiled = await hyperionSerial(block, new EagerCompiler("simple"));
  const twoThreads = await hyperionOnTwoThreads(block);
  const theirs = revm && (await revmSerial(revm, block));
  const executors = [withSignatures, compiled, twoThreads.run, ...(theirs ? [theirs] : [])];
  const costs = executors.map((): Cost[] => []);
  for (let round = -1; round < rounds; round++) {
    for (const [index, execute] of executors.entries()) {
      const cost = await execute();
      if (round >= 0) costs[index]!.push(cost);
    }
  }
  const [own, jit, parallel, peer] = costs as [Cost[], Cost[], Cost[], Cost[]?];
  const gas = own[0]!.gas;
  if (costs.some(([cost]) => cost!.gas !== gas)) {
    throw new Error(`${block.name}: gas differs: ${costs.map(([cost]) => cost!.gas)}`);
  }
  await twoThreads.close();
  const speed = (all: readonly Cost[], part: Part): number => Number(gas) / 1e6 / median(all.map(part));
  const row = (
    what: string,
    all: readonly Cost[],
    others: readonly Cost[] | undefined,
    part: Part,
    peerName: string,
  ) => {
    const workload = `${block.transactions.length} ${block.name}, ${what}`;
    const mine = speed(all, part);
    if (!others) return { workload, ours: mine, unit: "Ggas/s" };
    const other = speed(others, part);
    return { workload, ours: mine, peer: other, peerName, unit: "Ggas/s", ratio: mine / other };
  };
  const execute: Part = (cost) => cost.execute;
  return {
    rows: [
      row(EXECUTION, own, peer, execute, "revm"),
      row("signatures included", own, peer, ({ recover, execute }) => recover + execute, "revm"),
      row("execution compiled", jit, peer, execute, "revm"),
      row(TWO_THREADS, parallel, own, execute, "one thread"),
    ],
    speedUps: simulatedSpeedUps(twoThreads.schedule(), CORES).map(({ speedUp }) => `×${speedUp.toFixed(1)}`),
  };
}

type Part = (cost: Cost) => number;

const NO_ORACLE = { preimage: () => undefined, blockHash: () => undefined };

/** The kernel as the sequencer drives it: transactions are checked, which recovers their senders, and executed together. */
async function hyperionSerial(block: GigagasBlock, compiler?: EagerCompiler): Promise<Executor> {
  const options = { config: presetConfig(FORK)!, oracle: NO_ORACLE, ...(compiler && { compiler }) };
  const kernel = await Kernel.create(options);
  openState(kernel, block.accounts);
  return blockRunner(kernel, block, cpuDuring);
}

async function hyperionOnTwoThreads(
  block: GigagasBlock,
): Promise<{ run: Executor; schedule: () => BatchSchedule; close: () => Promise<void> }> {
  const pool = new WorkerPool({ workers: WORKERS, mode: "parallel" });
  const kernel = await Kernel.create({ config: presetConfig(FORK)!, oracle: NO_ORACLE, workers: pool });
  openState(kernel, block.accounts);
  await pool.ready();
  if (pool.running < WORKERS) throw pool.failure;
  let schedule: BatchSchedule = [];
  const run = blockRunner(kernel, block, busiestThread, () => {
    schedule = joined(schedule, pool.lastBatch?.schedule?.() ?? []);
  });
  return {
    run: () => {
      schedule = [];
      return run();
    },
    schedule: () => schedule,
    close: () => pool.close(),
  };
}

/** As if the transactions of both had been in one batch. */
function joined(first: BatchSchedule, second: BatchSchedule): BatchSchedule {
  const moved = second.map(
    (run) => run && { ...run, dependencies: run.dependencies.map((position) => position + first.length) },
  );
  return [...first, ...moved];
}

/** @param timed CPU milliseconds of some work */
function blockRunner(
  kernel: Kernel,
  block: GigagasBlock,
  timed: (work: () => void) => number,
  afterGroup: () => void = () => {},
): Executor {
  const transactions = block.transactions.map((raw) => hexToBytes(raw));
  return async () => {
    const mark = kernel.checkpoint();
    let [execute, gas] = [0, 0n];
    for (let at = 0; at < transactions.length; at += GROUP) {
      const group = transactions.slice(at, at + GROUP);
      let outcomes: readonly TransactionOutcome[] = [];
      for (const raw of group) kernel.checkTransaction(raw, "prague");
      execute += timed(() => {
        outcomes = kernel.executeBatch(group);
      });
      for (const outcome of outcomes) gas += gasOf(outcome);
      afterGroup();
    }
    kernel.rollback(mark);
    return { recover: 0, execute, gas };
  };
}

/** By a kernel of its own, which has not seen any of the senders. */
async function recoverAll({ transactions }: GigagasBlock): Promise<number> {
  const kernel = await Kernel.create({ config: presetConfig(FORK)!, oracle: NO_ORACLE });
  const raws = transactions.map((raw) => hexToBytes(raw));
  return cpuDuring(() => {
    for (const raw of raws) kernel.checkTransaction(raw, "prague");
  });
}

function gasOf(outcome: TransactionOutcome): bigint {
  if (!outcome.valid) throw new Error(outcome.message);
  if (outcome.halt !== "success") throw new Error(`a transaction of the block ended with ${outcome.halt}`);
  return outcome.record.gasUsed;
}

async function revmSerial(revm: Revm, { accounts, transactions }: GigagasBlock): Promise<Executor> {
  await openRevm(revm, FORK, accounts);
  return async () => {
    const { recover, execute, gas, failed } = await revm.ask({ op: "block", transactions });
    if (failed > 0) throw new Error(`${failed} transactions failed in revm`);
    return { recover: recover / 1e6, execute: execute / 1e6, gas: BigInt(gas) };
  };
}
