import { soakBlocks } from "../parallel/soak-blocks.ts";
import type { Soak } from "./soak.ts";

export const parallelSoak: Soak = {
  description: `executes random blocks on one and on several threads, half of them with delays at random places of the schedule:
everything has to be the same`,
  options: { blocks: "10000" },
  async run({ count, seed, log }) {
    const { blocks, transactions, repeated } = await soakBlocks(count("blocks"), seed, log);
    return `${blocks} blocks of ${transactions} transactions agree; ${repeated} runs were repeated`;
  },
};
