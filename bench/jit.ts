import { compile, EagerCompiler, type Tier } from "@hyperion/metisvm";
import type { Statement } from "./assembler.ts";
import { assemble } from "./assembler.ts";
import type { BenchOptions, BenchResult, BenchRow, BenchTable } from "./benchmark.ts";
import type { Engine } from "./engines.ts";
import { hyperionEngine } from "./engines.ts";
import { compare, gasPerCall, measure, repeats, revmPeer, row } from "./evm.ts";
import { fixtureWorkloads } from "./fixture-workloads.ts";
import { geometricMean, ownCpu } from "./measure.ts";
import type { Workload } from "./workloads.ts";
import { CONTRACT, OWN_WORKLOADS, SENDER } from "./workloads.ts";

export const name = "jit";
export const description = "code compiled by MetisVM against revm and against the kernel's own interpreter";

const TIERS: readonly Tier[] = ["simple", "window"];
const TARGET_GAS = 60_000_000n;
const FORK = "prague";
const SIZES_KIB = [1, 2, 4, 8, 16, 24];
/** Calls before anything is measured: the engine has optimised what it will. */
const WARM_UP_MS = 3_000;

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const rounds = quick ? 3 : 9;
  const interpreter = await hyperionEngine();
  const compiled = await hyperionEngine("Prague", new EagerCompiler("window"));
  const revm = await revmPeer(log);
  const against: Record<"revm" | "interpreter", BenchRow[]> = { revm: [], interpreter: [] };
  for (const workload of [...fixtureWorkloads(log), ...OWN_WORKLOADS]) {
    log(`measuring ${workload.name}`);
    const repeat = await repeats(compiled, workload, await gasPerCall(compiled, workload), TARGET_GAS);
    await warmUp(compiled, workload, repeat, quick);
    for (const peer of [revm, interpreter]) {
      if (!peer) continue;
      const [ours, theirs] = await compare(compiled, peer, workload, repeat, rounds);
      const named = peer === interpreter ? "interpreter" : peer.name;
      against[peer === interpreter ? "interpreter" : "revm"].push(row(ours, theirs, named));
    }
  }
  await revm?.close();
  const mean = (rows: readonly BenchRow[]): number => geometricMean(rows.map(({ ratio }) => ratio!));
  return {
    method: `Window tier, everything compiled and optimised before measuring; CPU time as in the benchmark evm, medians of ${rounds} interleaved rounds.`,
    rows: [...against.revm, ...against.interpreter],
    summary: [
      ...(revm ? [{ label: `geometric mean against ${revm.name}`, ratio: mean(against.revm), target: 2.5 }] : []),
      ...(revm ? [{ label: "lowest", ratio: Math.min(...against.revm.map(({ ratio }) => ratio!)), target: 0.9 }] : []),
      { label: "geometric mean against the interpreter", ratio: mean(against.interpreter) },
    ],
    tables: [await sizes(interpreter, quick, log)],
  };
}

async function warmUp(engine: Engine, workload: Workload, repeat: bigint, quick: boolean): Promise<void> {
  await engine.prepare(workload);
  const end = performance.now() + (quick ? WARM_UP_MS / 10 : WARM_UP_MS);
  while (performance.now() < end) {
    await engine.run(workload, repeat);
    // The optimised code is put in place between turns.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What compiling costs by the size of the contract, and after how many calls it has paid. */
async function sizes(interpreter: Engine, quick: boolean, log: (line: string) => void): Promise<BenchTable> {
  const rows: (string | number)[][] = [];
  for (const kib of SIZES_KIB) {
    const code = sizedContract(kib * 1024);
    const workload = contractOf(`${kib} KiB`, code);
    const repeat = await repeats(interpreter, workload, await gasPerCall(interpreter, workload), TARGET_GAS / 10n);
    const slow = await measure(interpreter, workload, repeat, 3);
    for (const tier of TIERS) {
      log(`compiling ${kib} KiB, ${tier}`);
      const engine = await hyperionEngine("Prague", new EagerCompiler(tier));
      const before = ownCpu();
      const module = compile(code, FORK, tier);
      const milliseconds = ownCpu() - before;
      await warmUp(engine, workload, repeat, quick);
      const fast = await measure(engine, workload, repeat, 3);
      const perCall = (speed: number): number => Number(slow.gas) / Number(repeat) / 1000 / speed;
      const saved = perCall(slow.speed) - perCall(fast.speed);
      const breakEven = saved > 0 ? Math.ceil(milliseconds / saved) : Number.POSITIVE_INFINITY;
      rows.push([
        kib,
        tier,
        milliseconds,
        module.length / 1024,
        1000 * perCall(slow.speed),
        1000 * perCall(fast.speed),
        breakEven,
      ]);
    }
  }
  return {
    title: "Contracts by size; a call runs through all of the code once",
    columns: ["KiB", "tier", "compile ms", "module KiB", "interpreted µs", "compiled µs", "pays after calls"],
    rows,
  };
}

/** Code of about `size` bytes: checked sums over memory, the kind of thing that compilers of contracts write. */
function sizedContract(size: number): Uint8Array {
  const statements: Statement[] = [0, "CALLDATALOAD"];
  const piece = (i: number): Statement[] =>
    [
      ...["DUP1", i & 0xff, "ADD", "DUP1", "DUP3", "GT", { pushLabel: "overflow" }, "JUMPI"],
      ...["DUP1", (i * 32) & 0x3e0, "MSTORE", (i * 64) & 0x3c0, "MLOAD", "XOR", "SWAP1", "POP"],
    ] as Statement[];
  const pieceBytes = assemble([...piece(200), { label: "overflow" }]).length;
  for (let i = 0; i < size / pieceBytes - 2; i++) statements.push(...piece(i));
  return assemble([...statements, 0, "MSTORE", 32, 0, "RETURN", { label: "overflow" }, 0, 0, "REVERT"]);
}

function contractOf(title: string, code: Uint8Array): Workload {
  const account = { address: CONTRACT, code: `0x${Buffer.from(code).toString("hex")}`, balance: 0n, storage: {} };
  return { name: title, accounts: [account], sender: SENDER, to: CONTRACT, data: `0x${"00".repeat(31)}07` };
}
