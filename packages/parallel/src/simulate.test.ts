import type { BatchSchedule } from "@hyperion/kernel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { simulatedMicroseconds, simulatedSpeedUps } from "./simulate.ts";

const run = (begin: number, end: number, dependencies: readonly number[] = []) => ({
  worker: 0,
  begin,
  end,
  runs: 1,
  dependencies,
});

describe("simulated schedules", () => {
  it("use all cores for what is independent, and one for a chain", () => {
    const independent = [run(0, 10), run(0, 10), run(5, 15), run(0, 10)];
    expect(simulatedSpeedUps(independent, [1, 2, 4, 8]).map(({ speedUp }) => speedUp)).toEqual([1, 2, 4, 4]);
    const chain = [run(0, 10), run(0, 10, [0]), run(0, 10, [1])];
    expect(simulatedMicroseconds(chain, 8)).toBe(30);
  });

  it("pass over transactions that did not run", () => {
    expect(simulatedMicroseconds([undefined, run(0, 7, [0])], 2)).toBe(7);
    expect(simulatedSpeedUps([undefined], [2])).toEqual([{ cores: 2, speedUp: 1 }]);
  });

  it("take no less than the longest chain and the work shared out, and no more than one core does", () => {
    const schedules = fc.array(fc.tuple(fc.nat(50), fc.array(fc.nat(30), { maxLength: 3 })), { maxLength: 30 });
    fc.assert(
      fc.property(schedules, fc.integer({ min: 1, max: 16 }), (parts, cores) => {
        const schedule: BatchSchedule = parts.map(([cost, before], position) =>
          run(0, cost, position === 0 ? [] : before.map((index) => index % position)),
        );
        const work = parts.reduce((sum, [cost]) => sum + cost, 0);
        const time = simulatedMicroseconds(schedule, cores);
        expect(time).toBeGreaterThanOrEqual(work / cores);
        expect(time).toBeLessThanOrEqual(work);
      }),
    );
  });
});
