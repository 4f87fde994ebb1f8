import { anvilBinary } from "../rollup/anvil-process.ts";
import { equalityRun } from "../rollup/equality-run.ts";
import { type Soak, SoakFailure, SoakUnavailable } from "./soak.ts";

export const rollupSoak: Soak = {
  description: `random traffic with contracts and prompts over N blocks on a rollup whose roles are processes, killed N times in
turn; then the sequencer begins again from L1 alone: it, the verifier and the first sequencer must have the same blocks`,
  options: { blocks: "1000", kills: "8" },
  async run({ count, seed, log }) {
    const binary = anvilBinary();
    if (binary === undefined) throw new SoakUnavailable("no anvil for this platform");
    const options = { binary, blocks: count("blocks"), kills: count("kills"), seed, inference: true, log };
    const { blocks, transactions, differences } = await equalityRun(options);
    if (differences.length > 0) throw new SoakFailure(differences.join("\n"));
    return `${blocks} blocks with ${transactions} transactions agree`;
  },
};
