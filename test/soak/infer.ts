import { inferenceDifference } from "../differential/inference.ts";
import { type Soak, SoakFailure } from "./soak.ts";

/** Threads are started for one model in so many. */
const THREADS_EVERY = 50;

export const inferenceSoak: Soak = {
  description:
    "runs random and adversarial models in the scalar and the SIMD build, one position at a time, batched and with threads",
  options: { runs: "10000" },
  async run({ count, seed }) {
    const runs = count("runs");
    for (let run = 0; run < runs; run++) {
      const difference = await inferenceDifference(seed + run, run % THREADS_EVERY === 0);
      if (difference) throw new SoakFailure(`model ${seed + run}: ${difference}`);
    }
    return `${runs} models agree`;
  },
};
