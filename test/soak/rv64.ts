import { rv64Run } from "../differential/rv64.ts";
import { type Soak, SoakFailure } from "./soak.ts";

export const rv64Soak: Soak = {
  description: `runs N random WebAssembly modules under V8 and as RV64IM images in the emulator, and for every twentieth a random model
with SIMD and in the emulator: results, memory, traps, tokens, gas and per-layer roots have to be the same`,
  options: { runs: "5000" },
  async run({ count, seed, log }) {
    const { difference, counts } = rv64Run(count("runs"), seed, log);
    if (difference !== undefined) throw new SoakFailure(difference);
    return counts;
  },
};
