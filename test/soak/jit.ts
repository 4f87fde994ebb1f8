import { generateContest, mutateContest, runContest, runOnThird } from "../differential/jit.ts";
import { realContracts } from "../differential/real-contracts.ts";
import { type Soak, SoakFailure } from "./soak.ts";

/** One program is run many times: compiling it takes longer than running it. */
const EXECUTIONS_PER_PROGRAM = 256;
const THIRD_EVERY = 100;
const PROGRESS_EVERY = 1000;

export const jitSoak: Soak = {
  description: `runs generated programs and spoilt real contracts interpreted and compiled by both tiers, at many gas limits;
every hundredth program also on @ethereumjs/evm`,
  options: { executions: "100000" },
  async run({ count, seed, log }) {
    const executions = count("executions");
    const contracts = realContracts();
    let done = 0;
    for (let program = 0; done < executions; program++) {
      const contest =
        contracts.length > 0 && program % 5 === 4
          ? mutateContest(seed + program, contracts)
          : generateContest(seed + program);
      const difference =
        (await runContest(contest, EXECUTIONS_PER_PROGRAM)) ??
        (program % THIRD_EVERY === 0 ? await runOnThird(contest) : undefined);
      if (difference !== undefined) throw new SoakFailure(`differs after ${done} executions\n${difference}`);
      done += EXECUTIONS_PER_PROGRAM;
      if (program % PROGRESS_EVERY === PROGRESS_EVERY - 1) log(`${done} executions`);
    }
    return `${done} executions agree`;
  },
};
