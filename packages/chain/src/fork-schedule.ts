import type { ChainConfig, ForkName } from "@hyperion/kernel";

/** The last fork of the schedule that is active at a block. */
export function activeFork(config: ChainConfig, number: bigint, timestamp: bigint): ForkName {
  let active: ForkName = "frontier";
  for (const { fork, block, timestamp: from } of config.forks) {
    const reached = (block === undefined || number >= block) && (from === undefined || timestamp >= from);
    if (reached) active = fork;
  }
  return active;
}
