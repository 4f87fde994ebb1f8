import { type TwinReport, twinRun } from "./twin-run.ts";

const FORKS = ["Prague", "Shanghai", "Cancun", "Paris"] as const;
const WORKERS: readonly number[] = [1, 2, 3];
/** Blocks on one pair of kernels. */
const STRETCH = 250;

/** Runs `blocks` random blocks over forks, numbers of threads and seeds, half of them with delays. @throws Error with what differs */
export async function soakBlocks(blocks: number, seed: number, log: (line: string) => void): Promise<TwinReport> {
  const total = { blocks: 0, transactions: 0, repeated: 0, abandoned: 0 };
  for (let stretch = 0; total.blocks < blocks; stretch++) {
    const report = await twinRun({
      seed: seed + stretch,
      blocks: Math.min(STRETCH, blocks - total.blocks),
      workers: WORKERS[stretch % WORKERS.length]!,
      fork: FORKS[stretch % FORKS.length]!,
      stress: stretch % 2 === 1,
      inference: stretch % 8 === 4,
      compiled: stretch % 4 === 2,
    });
    for (const key of ["blocks", "transactions", "repeated", "abandoned"] as const) total[key] += report[key];
    log(`${total.blocks} blocks, ${total.repeated} of ${total.transactions} transactions run again`);
  }
  return total;
}
