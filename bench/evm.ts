import { anvilBinary } from "./anvil.ts";
import type { BenchOptions, BenchResult, BenchRow } from "./benchmark.ts";
import type { Engine } from "./engines.ts";
import { anvilEngine, CallFailed, ethereumjsEngine, hyperionEngine, revmEngine } from "./engines.ts";
import { fixtureWorkloads } from "./fixture-workloads.ts";
import { geometricMean, median } from "./measure.ts";
import { slowestOperations } from "./operation-costs.ts";
import { slowestPrecompiles } from "./precompiles.ts";
import { startRevm } from "./revm.ts";
import type { Workload } from "./workloads.ts";
import { OWN_WORKLOADS } from "./workloads.ts";

export const name = "evm";
export const description = "the kernel's interpreter against revm without an inspector and @ethereumjs/evm";

/** Gas per measured call: long enough for the clock, short enough for many rounds. */
const TARGET_GAS = 60_000_000n;
const ETHEREUMJS_TARGET_GAS = 1_000_000n;
/** A single call above this is not asked of ethereumjs, which would need minutes. */
const ETHEREUMJS_MAXIMUM_GAS = 100_000_000n;

export interface Measured {
  readonly workload: Workload;
  readonly repeat: bigint;
  readonly gas: bigint;
  /** Million gas per second of CPU time. */
  readonly speed: number;
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const hyperion = await hyperionEngine();
  const ethereumjs = await ethereumjsEngine();
  const revm = await revmPeer(log);
  const rounds = quick ? 3 : 11;
  const againstRevm: BenchRow[] = [];
  const againstEthereumjs: BenchRow[] = [];
  for (const workload of [...fixtureWorkloads(log), ...OWN_WORKLOADS]) {
    log(`measuring ${workload.name}`);
    const once = await gasPerCall(hyperion, workload);
    if (revm !== undefined) {
      const repeat = await repeats(hyperion, workload, once, TARGET_GAS);
      const [ours, theirs] = await compare(hyperion, revm, workload, repeat, rounds);
      againstRevm.push(row(ours, theirs, revm.name));
    }
    if (once > ETHEREUMJS_MAXIMUM_GAS) continue;
    const few = await repeats(hyperion, workload, once, ETHEREUMJS_TARGET_GAS);
    const [, theirs] = await compare(hyperion, ethereumjs, workload, few, quick ? 2 : 5);
    const many = await repeats(hyperion, workload, once, TARGET_GAS);
    const ours = await measure(hyperion, workload, many, rounds);
    againstEthereumjs.push(row(ours, theirs, ethereumjs.name));
  }
  await revm?.close();
  const tables = [...(await slowestOperations(hyperion, quick ? 3 : 7)), ...(await slowestPrecompiles(quick ? 3 : 7))];
  const ratios = (rows: readonly BenchRow[]): number => geometricMean(rows.map(({ ratio }) => ratio!));
  return {
    method: `CPU time of one call in which a loop contract calls the workload often enough, an empty loop subtracted; medians of ${rounds} interleaved rounds; Prague rules; both sides used the same gas.`,
    rows: [...againstRevm, ...againstEthereumjs],
    summary: [
      ...(revm === undefined
        ? []
        : [{ label: `geometric mean against ${revm.name}`, ratio: ratios(againstRevm), target: 0.9 }]),
      { label: "geometric mean against @ethereumjs/evm", ratio: ratios(againstEthereumjs), target: 60 },
    ],
    tables,
  };
}

/** The `revm` crate, or what of it a development node shows where there is no cargo. */
export async function revmPeer(log: (line: string) => void): Promise<Engine | undefined> {
  const revm = await startRevm(log);
  if (revm !== undefined) return revmEngine(revm);
  if (anvilBinary() === undefined) {
    log("no anvil binary for this platform: compared with ethereumjs only");
    return undefined;
  }
  log("compared with anvil instead: revm with anvil's inspectors");
  return anvilEngine();
}

/** Gas of one inner call, without the surrounding loop's set-up. */
export async function gasPerCall(engine: Engine, workload: Workload): Promise<bigint> {
  await engine.prepare(workload);
  const { gas: empty } = await engine.run(workload, 0n);
  const { gas: one } = await engine.run(workload, 1n);
  const { gas: two } = await engine.run(workload, 2n);
  return two - one > 0n ? two - one : one - empty;
}

async function gasOf(engine: Engine, workload: Workload, repeat: bigint): Promise<bigint> {
  return (await engine.run(workload, repeat)).gas - (await engine.run(workload, 0n)).gas;
}

/** How often to call for about `target` gas: fewer where the contract does not allow it, such as a balance that runs out. */
export async function repeats(engine: Engine, workload: Workload, gasPerRun: bigint, target: bigint): Promise<bigint> {
  await engine.prepare(workload);
  for (let repeat = gasPerRun >= target ? 1n : target / gasPerRun; repeat > 1n; repeat /= 2n) {
    try {
      await engine.run(workload, repeat);
      return repeat;
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
    }
  }
  return 1n;
}

/** A benchmark of two different computations would say nothing. */
async function checkGas(first: Engine, second: Engine, workload: Workload, repeat: bigint): Promise<void> {
  if (!second.reportsGas) return;
  const { gas } = await first.run(workload, repeat);
  const { gas: peerGas } = await second.run(workload, repeat);
  if (peerGas !== gas) throw new Error(`${workload.name}: ${gas} gas here, ${peerGas} gas with ${second.name}`);
}

type Sample = { [K in "full" | "empty"]: number[] };

/** Both engines in alternation, so that a change of the machine's speed meets both. */
export async function compare(
  first: Engine,
  second: Engine,
  workload: Workload,
  repeat: bigint,
  rounds: number,
): Promise<[Measured, Measured]> {
  const samples: [Sample, Sample] = [emptySample(), emptySample()];
  for (const engine of [first, second]) await engine.prepare(workload);
  for (let round = -1; round < rounds; round++) {
    await sample(first, workload, repeat, round < 0 ? emptySample() : samples[0]);
    await sample(second, workload, repeat, round < 0 ? emptySample() : samples[1]);
  }
  await checkGas(first, second, workload, repeat);
  const gas = await gasOf(first, workload, repeat);
  return [
    { workload, repeat, gas, speed: speed(samples[0], gas) },
    { workload, repeat, gas, speed: speed(samples[1], gas) },
  ];
}

export async function measure(engine: Engine, workload: Workload, repeat: bigint, rounds: number): Promise<Measured> {
  const samples = emptySample();
  for (let round = -1; round < rounds; round++)
    await sample(engine, workload, repeat, round < 0 ? emptySample() : samples);
  const gas = await gasOf(engine, workload, repeat);
  return { workload, repeat, gas, speed: speed(samples, gas) };
}

function emptySample(): Sample {
  return { full: [], empty: [] };
}

async function sample(engine: Engine, workload: Workload, repeat: bigint, into: Sample): Promise<void> {
  into.empty.push((await engine.run(workload, 0n)).cpuMilliseconds);
  into.full.push((await engine.run(workload, repeat)).cpuMilliseconds);
}

function speed({ full, empty }: Sample, gas: bigint): number {
  const milliseconds = Math.max(median(full) - median(empty), 0.001);
  return Number(gas) / 1000 / milliseconds;
}

export function row(ours: Measured, theirs: Measured, peerName: string): BenchRow {
  return {
    workload: ours.workload.name,
    ours: ours.speed,
    peer: theirs.speed,
    peerName,
    unit: "Mgas/s",
    ratio: ours.speed / theirs.speed,
  };
}
