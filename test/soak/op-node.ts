import { differencesInDamaged, differencesInWhole } from "../rollup/op-node/differences.ts";
import { opNode, opNodeDecoder } from "../rollup/op-node/op-node-build.ts";
import { type Soak, SoakFailure, SoakUnavailable } from "./soak.ts";

/** All of one question and its answer are in memory. */
const CHANNELS_PER_QUESTION = 200;

export const opNodeSoak: Soak = {
  description: `builds op-node's batch decoder (needs Go and a module proxy) and lets it read N channels as the batcher writes them
and N spoilt in twelve ways each: it has to find what is found here. Builds op-node, too, for the test that lets it derive`,
  options: { runs: "2000" },
  async run({ count, seed, log }) {
    const { path, reason } = await opNodeDecoder(true);
    if (path === undefined) throw new SoakUnavailable(reason ?? "op-node's decoder could not be built");
    const { reason: missing } = await opNode(true);
    if (missing) log(`no op-node: ${missing}`);
    const runs = count("runs");
    for (let done = 0; done < runs; done += CHANNELS_PER_QUESTION) {
      const some = Math.min(CHANNELS_PER_QUESTION, runs - done);
      const whole = await differencesInWhole(path, some, seed + done);
      const [difference] = [...whole, ...(await differencesInDamaged(path, some, seed + done))];
      if (difference) throw new SoakFailure(JSON.stringify(difference, undefined, 1));
    }
    return `${runs} channels and their spoilt versions agree`;
  },
};
