import { parseArgs } from "node:util";
import fc from "fast-check";
import { runOnEthereumjs } from "./ethereumjs.ts";
import { runOnHyperion } from "./hyperion.ts";
import { outcomeDifferences } from "./outcome.ts";
import { type Scenario, scenarios } from "./scenario.ts";

const USAGE = `Usage: npm run soak -- evm [--runs N] [--seed N]

Runs random bytecode on the kernel and on @ethereumjs/evm until N runs agree or one does not. Without --seed a new one is
taken and printed; the same seed repeats the same runs.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: "string", default: "20000" }, seed: { type: "string" } },
});
if (positionals.length !== 1 || positionals[0] !== "evm") {
  console.error(USAGE);
  process.exit(2);
}
const seed = values.seed === undefined ? Date.now() & 0x7fffffff : Number(values.seed);
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
