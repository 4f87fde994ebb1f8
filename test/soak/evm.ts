import fc from "fast-check";
import { runOnEthereumjs } from "../differential/ethereumjs.ts";
import { runOnHyperion } from "../differential/hyperion.ts";
import { outcomeDifferences } from "../differential/outcome.ts";
import { type Scenario, scenarios } from "../differential/scenario.ts";
import { type Soak, SoakFailure } from "./soak.ts";

export const evmSoak: Soak = {
  description: "runs random bytecode on the kernel and on @ethereumjs/evm until N runs agree or one does not",
  options: { runs: "20000" },
  async run({ count, seed }) {
    const property = fc.asyncProperty(scenarios, async (scenario: Scenario) => {
      const differences = outcomeDifferences(await runOnEthereumjs(scenario), await runOnHyperion(scenario));
      if (differences.length > 0) throw new Error(differences.join("\n"));
    });
    const result = await fc.check(property, { numRuns: count("runs"), seed });
    if (!result.failed) return `${result.numRuns} runs agree`;
    throw new SoakFailure(
      [
        `differs after ${result.numRuns} runs (seed ${result.seed}, path ${result.counterexamplePath})`,
        printable(result.counterexample![0]),
        `${result.errorInstance}`,
      ].join("\n"),
    );
  },
};

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
