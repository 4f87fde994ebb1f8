import { parseArgs } from "node:util";
import fc from "fast-check";
import { forge, forgeTest } from "../contracts/forge.ts";
import { crashRun } from "../crash/crash-run.ts";
import { diskFull } from "../crash/disk-full.ts";
import { soakBlocks } from "../parallel/soak-blocks.ts";
import { anvilBinary } from "../rollup/anvil-process.ts";
import { equalityRun } from "../rollup/equality-run.ts";
import { differencesInDamaged, differencesInWhole } from "../rollup/op-node/differences.ts";
import { opNode, opNodeDecoder } from "../rollup/op-node/op-node-build.ts";
import { runOnEthereumjs } from "./ethereumjs.ts";
import { runOnHyperion } from "./hyperion.ts";
import { inferenceDifference } from "./inference.ts";
import { generateContest, mutateContest, runContest, runOnThird } from "./jit.ts";
import { outcomeDifferences } from "./outcome.ts";
import { realContracts } from "./real-contracts.ts";
import { rv64Run } from "./rv64.ts";
import { type Scenario, scenarios } from "./scenario.ts";

const USAGE = `Usage: npm run soak -- evm [--runs N] [--seed N]
       npm run soak -- jit [--executions N] [--seed N]
       npm run soak -- parallel [--blocks N] [--seed N]
       npm run soak -- infer [--runs N] [--seed N]
       npm run soak -- crash [--faults none|torn|enospc|all] [--kills N] [--seed N]
       npm run soak -- contracts [--runs N] [--seed N]
       npm run soak -- op-node [--runs N] [--seed N]
       npm run soak -- rollup [--blocks N] [--kills N] [--seed N]
       npm run soak -- rv64 [--runs N] [--seed N]

evm     runs random bytecode on the kernel and on @ethereumjs/evm until N runs agree or one does not
jit     runs generated programs and spoilt real contracts interpreted and compiled by both tiers, at many gas limits; every
        hundredth program also on @ethereumjs/evm
parallel  executes random blocks on one and on several threads, half of them with delays at random places of the schedule:
        everything has to be the same
infer   runs random and adversarial models in the scalar and the SIMD build, one position at a time, batched and with threads
crash   kills a development node N times at random moments under load: no block it called durable may be lost
        none: the process ends; torn: and what was not synced is damaged, as by a power cut; enospc: the disk is full
contracts  runs every fuzz test of the contracts N times and every invariant N / 20 times, under forge
op-node  builds op-node's batch decoder (needs Go and a module proxy) and lets it read N channels as the batcher writes them and
        N spoilt in twelve ways each: it has to find what is found here. Builds op-node, too, for the test that lets it derive

rollup  random traffic with contracts and prompts over N blocks on a rollup whose roles are processes, killed N times in turn;
        then the sequencer begins again from L1 alone: it, the verifier and the first sequencer must have the same blocks
rv64    runs N random WebAssembly modules under V8 and as RV64IM images in the emulator, and for every twentieth a random model
        with SIMD and in the emulator: results, memory, traps, tokens, gas and per-layer roots have to be the same

Without --seed a new one is taken and printed; the same seed repeats the same runs.`;

/** One program is run many times: compiling it takes longer than running it. */
const EXECUTIONS_PER_PROGRAM = 256;
/** All of one question and its answer are in memory. */
const CHANNELS_PER_QUESTION = 200;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: "20000" },
    executions: { type: "string", default: "100000" },
    blocks: { type: "string", default: "10000" },
    kills: { type: "string", default: "300" },
    faults: { type: "string", default: "all" },
    seed: { type: "string" },
  },
});
const seed = values.seed === undefined ? Date.now() & 0x7fffffff : Number(values.seed);

const SOAKS: Readonly<Record<string, () => Promise<void>>> = {
  evm: soakEvm,
  jit: soakJit,
  parallel: soakParallel,
  infer: soakInference,
  crash: soakCrash,
  contracts: soakContracts,
  "op-node": soakOpNode,
  rollup: soakRollup,
  rv64: soakRv64,
};
const soak = positionals.length === 1 && Object.hasOwn(SOAKS, positionals[0]!) ? SOAKS[positionals[0]!] : undefined;
if (!soak) {
  console.error(USAGE);
  process.exit(2);
}

async function soakParallel(): Promise<void> {
  console.log(`seed ${seed}, ${values.blocks} blocks`);
  const { blocks, transactions, repeated } = await soakBlocks(Number(values.blocks), seed, (line) => console.log(line));
  console.log(`${blocks} blocks of ${transactions} transactions agree; ${repeated} runs were repeated`);
}

async function soakOpNode(): Promise<void> {
  const { path, reason } = await opNodeDecoder(true);
  if (path === undefined) {
    console.log(`skipped: ${reason}`);
    return;
  }
  const { reason: missing } = await opNode(true);
  if (missing) console.log(`no op-node: ${missing}`);
  console.log(`seed ${seed}, ${values.runs} channels`);
  const runs = Number(values.runs);
  for (let done = 0; done < runs; done += CHANNELS_PER_QUESTION) {
    const count = Math.min(CHANNELS_PER_QUESTION, runs - done);
    const whole = await differencesInWhole(path, count, seed + done);
    const [difference] = [...whole, ...(await differencesInDamaged(path, count, seed + done))];
    if (difference) {
      console.log(JSON.stringify(difference, undefined, 1));
      process.exit(1);
    }
  }
  console.log(`${runs} channels and their spoilt versions agree`);
}

async function soakRollup(): Promise<void> {
  const binary = anvilBinary();
  if (binary === undefined) {
    console.log("skipped: no anvil for this platform");
    return;
  }
  const [blocks, kills] = [values.blocks, values.kills].map(Number) as [number, number];
  console.log(`seed ${seed}, ${blocks} blocks, ${kills} kills`);
  const options = { binary, blocks, kills, seed, inference: true, log: (line: string) => console.log(line) };
  const { blocks: made, transactions, differences } = await equalityRun(options);
  if (differences.length > 0) {
    console.log(differences.join("\n"));
    process.exit(1);
  }
  console.log(`${made} blocks with ${transactions} transactions agree`);
}

async function soakInference(): Promise<void> {
  console.log(`seed ${seed}, ${values.runs} models`);
  for (let run = 0; run < Number(values.runs); run++) {
    const difference = await inferenceDifference(seed + run, run % 50 === 0);
    if (difference) {
      console.log(`model ${seed + run}: ${difference}`);
      process.exit(1);
    }
  }
  console.log(`${values.runs} models agree`);
}

async function soakRv64(): Promise<void> {
  console.log(`seed ${seed}, ${values.runs} modules`);
  const { difference, counts } = rv64Run(Number(values.runs), seed, (line) => console.log(line));
  if (difference !== undefined) {
    console.log(difference);
    process.exit(1);
  }
  console.log(counts);
}

async function soakEvm(): Promise<void> {
  console.log(`seed ${seed}, ${values.runs} runs`);
  const property = fc.asyncProperty(scenarios, async (scenario: Scenario) => {
    const differences = outcomeDifferences(await runOnEthereumjs(scenario), await runOnHyperion(scenario));
    if (differences.length > 0) throw new Error(differences.join("\n"));
  });
  const result = await fc.check(property, { numRuns: Number(values.runs), seed });
  if (result.failed) {
    console.log(`differs after ${result.numRuns} runs (seed ${result.seed}, path ${result.counterexamplePath})`);
    console.log(printable(result.counterexample![0]));
    console.log(`${result.errorInstance}`);
    process.exit(1);
  }
  console.log(`${result.numRuns} runs agree`);
}

async function soakContracts(): Promise<void> {
  if (forge === undefined) throw new Error("forge is installed on Linux on x64 only");
  console.log(`seed ${seed}, ${values.runs} runs`);
  const { results } = await forgeTest({
    FOUNDRY_FUZZ_RUNS: values.runs,
    FOUNDRY_FUZZ_SEED: `0x${seed.toString(16)}`,
    FOUNDRY_INVARIANT_RUNS: `${Math.ceil(Number(values.runs) / 20)}`,
    FOUNDRY_INVARIANT_DEPTH: "200",
  });
  const failed = results.filter(({ passed }) => !passed);
  for (const { suite, test, reason } of failed) console.log(`${suite} ${test}: ${reason}`);
  if (failed.length > 0) process.exit(1);
  console.log(`${results.length} tests passed`);
}

async function soakJit(): Promise<void> {
  const executions = Number(values.executions);
  console.log(`seed ${seed}, ${executions} executions on each of interpreter, simple and window`);
  const contracts = realContracts();
  let done = 0;
  for (let program = 0; done < executions; program++) {
    const contest =
      contracts.length > 0 && program % 5 === 4
        ? mutateContest(seed + program, contracts)
        : generateContest(seed + program);
    const difference =
      (await runContest(contest, EXECUTIONS_PER_PROGRAM)) ??
      (program % 100 === 0 ? await runOnThird(contest) : undefined);
    if (difference !== undefined) {
      console.log(`differs after ${done} executions\n${difference}`);
      process.exit(1);
    }
    done += EXECUTIONS_PER_PROGRAM;
    if (program % 1000 === 999) console.log(`${done} executions`);
  }
  console.log(`${done} executions agree`);
}

const FAULTS: Readonly<Record<string, () => Promise<void>>> = {
  none: () => soakKills(false),
  torn: () => soakKills(true),
  enospc: soakFullDisks,
};

async function soakCrash(): Promise<void> {
  const chosen = values.faults === "all" ? Object.keys(FAULTS) : [values.faults];
  for (const fault of chosen) {
    const run = Object.hasOwn(FAULTS, fault) ? FAULTS[fault] : undefined;
    if (!run) {
      console.error(USAGE);
      process.exit(2);
    }
    console.log(`faults ${fault}, seed ${seed}, ${values.kills} times`);
    await run();
  }
}

async function soakKills(torn: boolean): Promise<void> {
  const { durable, replayed, damages } = await crashRun({
    kills: Number(values.kills),
    seed,
    torn,
    onKill: (done, blocks, damage) => console.log(`${done} kills, ${blocks} blocks were durable (${damage})`),
  });
  console.log([...damages].map(([kind, count]) => `${kind}: ${count}`).join(", "));
  console.log(`${values.kills} kills, ${durable} blocks acknowledged, none lost; replay of ${replayed} blocks equal`);
}

async function soakFullDisks(): Promise<void> {
  await diskFull(Number(values.kills), seed, (text) => process.stdout.write(text));
}

function printable(scenario: Scenario): string {
  return JSON.stringify(
    scenario,
    (_, value) => {
      if (typeof value === "bigint") return `${value}`;
      return value instanceof Uint8Array ? `0x${Buffer.from(value).toString("hex")}` : value;
    },
    2,
  );
}

await soak();
