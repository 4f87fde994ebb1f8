import type { BatchSchedule, TransactionOutcome } from "@hyperion/kernel";
import { Kernel, presetConfig } from "@hyperion/kernel";
import { EagerCompiler } from "@hyperion/metisvm";
import { simulatedSpeedUps, WorkerPool } from "@hyperion/parallel";
import { hexToBytes } from "viem";
import type { BenchOptions, BenchResult, BenchRow, BenchSummary } from "./benchmark.ts";
import { FORK, openState } from "./engines.ts";
import type { GigagasBlock } from "./gigagas-blocks.ts";
import { gigagasBlocks } from "./gigagas-blocks.ts";
import { busiestThread, median, ownThreadDuring } from "./measure.ts";
import type { Revm } from "./revm.ts";
import { openRevm, startRevm } from "./revm.ts";

export const name = "gigagas";
export const description =
  "1-gigagas blocks of independent transactions in memory against revm, serial and on two threads";

const GIGAGAS = 1_000_000_000;
/** Transactions whose senders are recovered before they are executed, far fewer than the kernel remembers. */
const CHECKED = 1024;
/** Transactions that one thread executes at a time: what is said about them stays in the processor's caches. */
const GROUP = 32;
/** Transactions whose senders are recovered for the figure with signatures, by kernels that have seen none of them. */
const SIGNATURES = 2000;
/** Milliseconds of the same work before anything is measured: the engine has optimised what it will. */
const WARM_UP = 1500;
/** And of compiled contracts, whose large functions take the engine seconds on its own threads. */
const WARM_UP_COMPILED = 10_000;
/** Threads besides the kernel's own. */
const WORKERS = 1;
/** Different contracts of a block. */
const MOST_COMPILED = 8;
const CORES: readonly number[] = [8, 16, 32];

/** Milliseconds: CPU of the thread that had most to do, and by the clock. */
interface Time {
  readonly cpu: number;
  readonly wall: number;
}

/** What a whole block takes. */
interface Cost {
  readonly execute: Time;
  readonly recover: Time;
  readonly gas: bigint;
}

/** Runs the block on the same state each time. */
interface Executor {
  readonly run: () => Promise<Cost>;
}

type Part = (cost: Cost) => number;
type Parts = "execution only" | "signatures included";

interface Compared {
  readonly rows: BenchRow[];
  readonly summary: BenchSummary[];
  readonly speedUps: readonly string[];
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const rounds = quick ? 2 : 3;
  const revm = await startRevm(log);
  const all: (Compared & { readonly block: string })[] = [];
  for (const block of gigagasBlocks(quick ? GIGAGAS / 10 : GIGAGAS, log)) {
    log(`measuring ${block.transactions.length} ${block.name}`);
    all.push({ block: block.name, ...(await compare(block, revm, rounds)) });
  }
  revm?.close();
  return {
    method:
      `CPU time of the thread that executes a whole block, its state in memory, everything optimised before; medians of ` +
      `${rounds} interleaved rounds; ${FORK} rules. Signatures: decoding and recovering the sender of every transaction, ` +
      `from ${SIGNATURES} of them. Compiled: by the window tier, where contracts are few. Two threads: by the clock, and by the CPU ` +
      "time of the busier one, which is what the block takes where other work does not take either's core.",
    rows: all.flatMap(({ rows }) => rows),
    summary: all.flatMap(({ summary }) => summary),
    tables: [
      {
        title: "Simulated speed-up over one core: costs and dependencies as measured, cores as many as named",
        columns: ["block", ...CORES.map((cores) => `${cores} cores`)],
        rows: all.map(({ block, speedUps }) => [block, ...speedUps]),
      },
    ],
  };
}

async function compare(block: GigagasBlock, revm: Revm | undefined, rounds: number): Promise<Compared> {
  const twoThreads = await hyperionOnTwoThreads(block);
  const serial = await hyperionSerial(block, WARM_UP);
  const peers = revm ? [await revmSerial(revm, block)] : [];
  const [ours, parallel, ...theirs] = (await inTurn([serial, twoThreads, ...peers], rounds)) as [Cost[], ...Cost[][]];
  await twoThreads.close();
  // Last: the engine's threads that optimise compiled contracts would disturb all others.
  const compiled = worthCompiling(block)
    ? await inTurn([await hyperionSerial(block, WARM_UP_COMPILED, new EagerCompiler("window"))], rounds)
    : [];
  const costs = [ours, parallel!, theirs[0] ?? [], compiled[0] ?? []];
  const gas = ours[0]!.gas;
  if (costs.some(([cost]) => cost && cost.gas !== gas)) {
    throw new Error(`${block.name}: gas differs: ${costs.map(([cost]) => cost?.gas)}`);
  }
  const speedUps = simulatedSpeedUps(twoThreads.schedule(), CORES).map(({ speedUp }) => `×${speedUp.toFixed(1)}`);
  return { ...figures(block, Number(gas), costs), speedUps };
}

/** Pools differ in the addresses within their code: each would be compiled for one call. */
function worthCompiling({ accounts }: GigagasBlock): boolean {
  return new Set(accounts.map(({ code }) => code)).size <= MOST_COMPILED;
}

async function inTurn(executors: readonly Executor[], rounds: number): Promise<Cost[][]> {
  const costs = executors.map((): Cost[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, { run }] of executors.entries()) costs[index]!.push(await run());
  }
  return costs;
}

/** Costs of one thread, two threads, revm and compiled code; the last two may be missing. */
function figures(block: GigagasBlock, gas: number, costs: readonly (readonly Cost[])[]): Omit<Compared, "speedUps"> {
  const [serial, parallel, revm, compiled] = costs as [Cost[], Cost[], Cost[], Cost[]];
  const speed = (all: readonly Cost[], part: Part): number => gas / 1e6 / median(all.map(part));
  const named = `${block.transactions.length} ${block.name}`;
  const row = (what: string, mine: number, peer: number | undefined, peerName: string): BenchRow => ({
    workload: `${named}, ${what}`,
    ours: mine,
    unit: "Ggas/s",
    ...(peer !== undefined && { peer, peerName, ratio: mine / peer }),
  });
  const rowsOf = (parts: Parts, clock: keyof Time): BenchRow[] => {
    const part: Part = ({ execute, recover }) =>
      parts === "execution only" ? execute[clock] : execute[clock] + recover[clock];
    const against = revm.length > 0 ? speed(revm, part) : undefined;
    const one = speed(serial, part);
    const two = speed(parallel, part);
    if (clock === "wall") return [row(`${parts}, two threads by the clock`, two, one, "one thread")];
    return [
      row(parts, one, against, "revm"),
      ...(compiled.length > 0 ? [row(`${parts}, compiled`, speed(compiled, part), against, "revm")] : []),
      row(`${parts}, two threads`, two, one, "one thread"),
    ];
  };
  const rows = [
    ...rowsOf("execution only", "cpu"),
    ...rowsOf("execution only", "wall"),
    ...rowsOf("signatures included", "cpu"),
    ...rowsOf("signatures included", "wall"),
  ];
  return { rows, summary: targets(block.name, rows) };
}

function targets(block: string, rows: readonly BenchRow[]): BenchSummary[] {
  const target = (end: string, label: string, wanted: number): BenchSummary[] => {
    const ratio = rows.find(({ workload }) => workload.endsWith(end))?.ratio;
    return ratio === undefined ? [] : [{ label: `${block}: ${label}`, ratio, target: wanted }];
  };
  return [
    ...target("execution only", "execution against revm", 1),
    ...target("execution only, two threads by the clock", "two threads against one", 1.6),
  ];
}

const NO_ORACLE = { preimage: () => undefined, blockHash: () => undefined };

/** The kernel as the sequencer drives it: transactions are checked, which recovers their senders, and executed together. */
async function hyperionSerial(block: GigagasBlock, warm: number, compiler?: EagerCompiler): Promise<Executor> {
  const options = { config: presetConfig(FORK)!, oracle: NO_ORACLE };
  const kernel = await Kernel.create({ ...options, ...(compiler && { compiler }) });
  openState(kernel, block.accounts);
  const transactions = block.transactions.map((raw) => hexToBytes(raw));
  const check = (some: readonly Uint8Array[], by: Kernel): void => {
    for (const raw of some) by.checkTransaction(raw, "prague");
  };
  const execute = (some: readonly Uint8Array[]): bigint => {
    let gas = 0n;
    for (const group of groupsOf(some, GROUP)) gas += gasOf(kernel.executeBatch(group));
    return gas;
  };
  const executeAll = (some: readonly Uint8Array[]): Omit<Cost, "recover"> =>
    executed(kernel, some, { check: (group) => check(group, kernel), execute, time: ownThreadTime });
  await warmUp(warm, () => executeAll(transactions.slice(0, CHECKED)));
  return {
    async run() {
      const fresh = await Kernel.create(options);
      const recover = ownThreadTime(() => check(transactions.slice(0, SIGNATURES), fresh));
      return { ...executeAll(transactions), recover: scaled(recover, transactions.length) };
    },
  };
}

async function hyperionOnTwoThreads(
  block: GigagasBlock,
): Promise<Executor & { schedule(): BatchSchedule; close(): Promise<void> }> {
  const transactions = block.transactions.map((raw) => hexToBytes(raw));
  const { kernel, pool } = await kernelWithWorkers();
  openState(kernel, block.accounts);
  let schedule: BatchSchedule = [];
  const steps = {
    check: (group: readonly Uint8Array[]) => kernel.recoverSenders(group),
    execute: (group: readonly Uint8Array[]) => gasOf(kernel.executeBatch(group)),
    time: busiestTime,
    after: () => {
      schedule = joined(schedule, pool.lastBatch?.schedule?.() ?? []);
    },
  };
  await warmUp(WARM_UP, () => executed(kernel, transactions.slice(0, CHECKED), steps));
  return {
    async run() {
      schedule = [];
      const recover = await recoveredOnTwoThreads(transactions.slice(0, SIGNATURES));
      return { ...executed(kernel, transactions, steps), recover: scaled(recover, transactions.length) };
    },
    schedule: () => schedule,
    close: () => pool.close(),
  };
}

async function kernelWithWorkers(): Promise<{ kernel: Kernel; pool: WorkerPool }> {
  const pool = new WorkerPool({ workers: WORKERS, mode: "parallel" });
  const kernel = await Kernel.create({ config: presetConfig(FORK)!, oracle: NO_ORACLE, workers: pool });
  await pool.ready();
  if (pool.running < WORKERS) throw pool.failure;
  return { kernel, pool };
}

/** By threads that have not seen any of the senders; the first of them warm up. */
async function recoveredOnTwoThreads(transactions: readonly Uint8Array[]): Promise<Time> {
  const { kernel, pool } = await kernelWithWorkers();
  openState(kernel, []);
  const half = Math.floor(transactions.length / 2);
  kernel.recoverSenders(transactions.slice(0, half));
  const { cpu, wall } = busiestTime(() => kernel.recoverSenders(transactions.slice(half)));
  await pool.close();
  const whole = transactions.length / (transactions.length - half);
  return { cpu: cpu * whole, wall: wall * whole };
}

/** As if the transactions of both had been in one batch. */
function joined(first: BatchSchedule, second: BatchSchedule): BatchSchedule {
  const moved = second.map(
    (run) => run && { ...run, dependencies: run.dependencies.map((position) => position + first.length) },
  );
  return [...first, ...moved];
}

interface Steps {
  /** Lets the kernel know the senders. */
  check(transactions: readonly Uint8Array[]): void;
  /** Returns the gas. */
  execute(transactions: readonly Uint8Array[]): bigint;
  time(work: () => void): Time;
  after?(): void;
}

/** Executes transactions whose senders are known, and takes them back. */
function executed(
  kernel: Kernel,
  transactions: readonly Uint8Array[],
  { check, execute, time, after }: Steps,
): Omit<Cost, "recover"> {
  const mark = kernel.checkpoint();
  const total = { cpu: 0, wall: 0 };
  let gas = 0n;
  for (const group of groupsOf(transactions, CHECKED)) {
    check(group);
    const { cpu, wall } = time(() => {
      gas += execute(group);
    });
    total.cpu += cpu;
    total.wall += wall;
    after?.();
  }
  kernel.rollback(mark);
  return { execute: total, gas };
}

function* groupsOf<T>(items: readonly T[], length: number): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += length) yield items.slice(at, at + length);
}

async function warmUp(milliseconds: number, work: () => void): Promise<void> {
  for (const end = performance.now() + milliseconds; performance.now() < end; ) {
    work();
    // Optimised code is put in place between turns.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const ownThreadTime = (work: () => void): Time => timed(work, ownThreadDuring);
const busiestTime = (work: () => void): Time => timed(work, busiestThread);

function timed(work: () => void, cpuOf: (work: () => void) => number): Time {
  let wall = 0;
  const cpu = cpuOf(() => {
    const begin = performance.now();
    work();
    wall = performance.now() - begin;
  });
  return { cpu, wall };
}

/** What the first transactions took, for as many as there are. */
function scaled({ cpu, wall }: Time, count: number): Time {
  const times = count / Math.min(count, SIGNATURES);
  return { cpu: cpu * times, wall: wall * times };
}

function gasOf(outcomes: readonly TransactionOutcome[]): bigint {
  let gas = 0n;
  for (const outcome of outcomes) {
    if (!outcome.valid) throw new Error(outcome.message);
    if (outcome.halt !== "success") throw new Error(`a transaction of the block ended with ${outcome.halt}`);
    gas += outcome.record.gasUsed;
  }
  return gas;
}

/** The harness tells CPU time, which by the clock it is at least. */
async function revmSerial(revm: Revm, { accounts, transactions }: GigagasBlock): Promise<Executor> {
  await openRevm(revm, FORK, accounts);
  const run = async (): Promise<Cost> => {
    const { recover, execute, gas, failed } = await revm.ask({ op: "block", transactions });
    if (failed > 0) throw new Error(`${failed} transactions failed in revm`);
    const time = (nanoseconds: number): Time => ({ cpu: nanoseconds / 1e6, wall: nanoseconds / 1e6 });
    return { recover: time(recover), execute: time(execute), gas: BigInt(gas) };
  };
  await run();
  return { run };
}
