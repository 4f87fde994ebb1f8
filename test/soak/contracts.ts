import { forge, forgeTest } from "../contracts/forge.ts";
import { type Soak, SoakFailure, SoakUnavailable } from "./soak.ts";

/** An invariant's run is that many calls long. */
const CALLS = 200;
const RUNS_PER_INVARIANT_RUN = 20;

export const contractsSoak: Soak = {
  description: "runs every fuzz test of the contracts N times and every invariant N / 20 times, under forge",
  options: { runs: "20000" },
  async run({ count, seed }) {
    if (forge === undefined) throw new SoakUnavailable("forge is installed on Linux on x64 only");
    const { results } = await forgeTest({
      FOUNDRY_FUZZ_RUNS: `${count("runs")}`,
      FOUNDRY_FUZZ_SEED: `0x${seed.toString(16)}`,
      FOUNDRY_INVARIANT_RUNS: `${Math.ceil(count("runs") / RUNS_PER_INVARIANT_RUN)}`,
      FOUNDRY_INVARIANT_DEPTH: `${CALLS}`,
    });
    const failed = results.filter(({ passed }) => !passed);
    if (failed.length === 0) return `${results.length} tests passed`;
    throw new SoakFailure(failed.map(({ suite, test, reason }) => `${suite} ${test}: ${reason}`).join("\n"));
  },
};
