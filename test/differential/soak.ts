import { parseArgs } from "node:util";
import fc from "fast-check";
import { crashRun } from "../crash/crash-run.ts";
import { runOnEthereumjs } from "./ethereumjs.ts";
import { runOnHyperion } from "./hyperion.ts";
import { generateContest, mutateContest, runContest, runOnThird } from "./jit.ts";
import { outcomeDifferences } from "./outcome.ts";
import { realContracts } from "./real-contracts.ts";
import { type Scenario, scenarios } from "./scenario.ts";

const USAGE = `Usage: npm run soak -- evm [--runs N] [--seed N]
       npm run soak -- jit [--executions N] [--seed N]
       npm run soak -- crash [--kills N] [--seed N]

evm     runs random bytecode on the kernel and on @ethereumjs/evm until N runs agree or one does notjit     runs generated programs and spoilt real contracts interpreted and compiled by both tiers, at many gas limits; every
        hundredth program also on @ethereumjs/evm
crash   kills a development node N times at random moments under load: no block it called durable may be lost

Without --seed a new one is taken and printed; the same seed repeats the same runs.`;

/** One program is run many times: compiling it takes longer than running it. */
const EXECUTIONS_PER_PROGRAM = 64;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: "20000" },
    executions: { type: "string", default: "100000" },
    kills: { type: "string", default: "300" },
    seed: { type: "string" },
  },
});
const seed = values.seed === undefined ? Date.now() & 0x7fffffff : Number(values.seed);

const SOAKS: Readonly<Record<string, () => Promise<void>>> = { evm: soakEvm, jit: soakJit, crash: soakCrash };
const soak = positionals.length === 1 && Object.hasOwn(SOAKS, positionals[0]!) ? SOAKS[positionals[0]!] : undefined;
if (!soak) {
  console.error(USAGE);
  process.exit(2);
}
await soak();

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

async function soakCrash(): Promise<void> {
  console.log(`seed ${seed}, ${values.kills} kills`);
  const outcome = await crashRun({
    kills: Number(values.kills),
    seed,
    onKill: (done, persisted) => console.log(`${done} kills, ${persisted} blocks were durable`),
  });
  console.log(`${outcome.persisted} durable blocks, none lost; a replay of ${outcome.height} blocks agrees`);
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
