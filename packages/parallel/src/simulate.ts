import type { BatchSchedule } from "@hyperion/kernel";

/**
 * How long a batch would take on a number of cores, in microseconds: every transaction takes what its last run took and
 * begins, in order, when a core is free and what it read from is finished. A simulation: it knows all dependencies
 * beforehand, and nothing of the cost of finding them out.
 */
export function simulatedMicroseconds(schedule: BatchSchedule, cores: number): number {
  const free = new Array<number>(cores).fill(0);
  const finished: number[] = [];
  for (const run of schedule) {
    if (!run) {
      finished.push(0);
      continue;
    }
    const ready = run.dependencies.reduce((latest, position) => Math.max(latest, finished[position] ?? 0), 0);
    const core = earliest(free);
    const end = Math.max(free[core]!, ready) + run.end - run.begin;
    free[core] = end;
    finished.push(end);
  }
  return Math.max(0, ...free);
}

/** Simulated time on one core over that on each number of cores. */
export function simulatedSpeedUps(
  schedule: BatchSchedule,
  cores: readonly number[],
): { readonly cores: number; readonly speedUp: number }[] {
  const one = simulatedMicroseconds(schedule, 1);
  return cores.map((count) => {
    const many = simulatedMicroseconds(schedule, count);
    return { cores: count, speedUp: many === 0 ? 1 : one / many };
  });
}

function earliest(times: readonly number[]): number {
  let index = 0;
  for (let i = 1; i < times.length; i++) if (times[i]! < times[index]!) index = i;
  return index;
}
