import { assemble } from "./assembler.ts";
import type { BenchTable } from "./benchmark.ts";
import { hyperionEngine } from "./engines.ts";
import { median } from "./measure.ts";
import { type PrecompileSample, precompileSamples } from "./precompile-samples.ts";
import { CONTRACT, countedLoop, SENDER, type Workload } from "./workloads.ts";

const SHOWN = 12;
const TARGET_GAS = 2_000_000;

/** Million gas per second of code that calls one precompile on the same input over and over, slowest first; Osaka rules. */
export async function slowestPrecompiles(rounds: number): Promise<BenchTable[]> {
  const engine = await hyperionEngine("Osaka");
  const rows: [string, number][] = [];
  const workloads = precompileSamples().map(callsOf);
  // The first call of some libraries starts what later calls use.
  for (const workload of workloads) {
    await engine.prepare(workload);
    await engine.run(workload, 1n);
  }
  for (const workload of workloads) {
    await engine.prepare(workload);
    const empty = await engine.run(workload, 0n);
    await engine.run(workload, 1n);
    const speeds: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const { gas, cpuMilliseconds } = await engine.run(workload, 1n);
      speeds.push(Number(gas - empty.gas) / 1000 / Math.max(cpuMilliseconds, 0.001));
    }
    rows.push([workload.name, median(speeds)]);
  }
  await engine.close();
  rows.sort(([, a], [, b]) => a - b);
  return [{ title: "slowest precompiles", columns: ["precompile", "Mgas/s"], rows: rows.slice(0, SHOWN) }];
}

/** A contract that calls the precompile with its calldata, giving exactly the price: a failure takes all it is given. */
function callsOf({ name, address, input, gas }: PrecompileSample): Workload {
  const call = [0, 0, "CALLDATASIZE", 0, address, gas, "STATICCALL", "POP"];
  const times = Math.max(1, Math.min(60_000, Math.floor(TARGET_GAS / gas)));
  const code = assemble(["CALLDATASIZE", 0, 0, "CALLDATACOPY", ...countedLoop(times, call)]);
  const account = { address: CONTRACT, code: `0x${Buffer.from(code).toString("hex")}`, balance: 0n, storage: {} };
  const data = `0x${Buffer.from(input).toString("hex")}`;
  return { name, accounts: [account], sender: SENDER, to: CONTRACT, data };
}
