import fc from "fast-check";
import { expect, test } from "vitest";
import { runOnEthereumjs } from "./ethereumjs.ts";
import { runOnHyperion } from "./hyperion.ts";
import { outcomeDifferences } from "./outcome.ts";
import { scenarios } from "./scenario.ts";

const RUNS = Number(process.env.HYPERION_FUZZ_RUNS ?? 200);

test("random and mutated bytecode has the outcome @ethereumjs/evm gives it", async () => {
  await fc.assert(
    fc.asyncProperty(scenarios, async (scenario) => {
      const expected = await runOnEthereumjs(scenario);
      expect(outcomeDifferences(expected, await runOnHyperion(scenario))).toEqual([]);
    }),
    { numRuns: RUNS, interruptAfterTimeLimit: 45_000 },
  );
});
