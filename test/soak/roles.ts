import { anvilBinary } from "../rollup/anvil-process.ts";
import { crashMatrix } from "../rollup/crash-matrix.ts";
import { KILL_MOMENTS } from "../rollup/kill-moment.ts";
import { faultsOfL1, loseDaServer } from "../rollup/role-faults.ts";
import { type Soak, SoakFailure, SoakUnavailable } from "./soak.ts";

export const rolesSoak: Soak = {
  description: `kills each role of a rollup at every named moment of its work that has TEXT in it (before and after posting, between
submission and receipt, mid-import, in the middle of a game); without a filter it then takes the batcher's ether, the L1
and the alt-DA server away, too: all have to go on with the same blocks, without a gap and without a second post`,
  options: { filter: "" },
  async run({ text, seed, log }) {
    const binary = anvilBinary();
    if (binary === undefined) throw new SoakUnavailable("no anvil for this platform");
    const filter = text("filter");
    const moments = KILL_MOMENTS.filter(({ role, name }) => `${role} killed: ${name}`.includes(filter));
    const { kills, blocks, faults } = await crashMatrix({ binary, seed, log, moments });
    const more = filter === "" ? await otherFaults(binary, log) : [];
    if (faults.length + more.length > 0) throw new SoakFailure([...faults, ...more].join("\n"));
    return `${kills} kills in ${blocks} blocks: no difference, no gap, nothing posted or proposed twice`;
  },
};

async function otherFaults(binary: string, log: (line: string) => void): Promise<readonly string[]> {
  const faults = await faultsOfL1(binary, log);
  await loseDaServer(binary);
  log("the alt-DA server was away, and all agree");
  return faults;
}
