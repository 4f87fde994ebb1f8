import { describe, expect, test } from "vitest";
import { runOnEthereumjs } from "./ethereumjs.ts";
import { HOSTILE_PROGRAMS, hostileScenario, ORDINARY_PROGRAM } from "./hostile.ts";
import { runOnHyperion } from "./hyperion.ts";
import { outcomeDifferences } from "./outcome.ts";

const COMPARED_GAS = 250_000n;
const TIMED_GAS = 10_000_000n;
const ATTEMPTS = 3;

/** Ordinary code may run this many times as much gas in the same time; on a machine that does 1 Ggas/s, 5 Mgas/s are left. */
const WORST_RATIO = 200;

describe.each(HOSTILE_PROGRAMS)("$name", (program) => {
  test("has the outcome @ethereumjs/evm gives it", async () => {
    const scenario = hostileScenario(program, COMPARED_GAS);
    expect(outcomeDifferences(await runOnEthereumjs(scenario), await runOnHyperion(scenario))).toEqual([]);
  });
});

test("no hostile program is far slower per gas than ordinary code", async () => {
  const ordinary = await gasPerMillisecond(ORDINARY_PROGRAM);
  const slow: string[] = [];
  for (const program of HOSTILE_PROGRAMS) {
    const ratio = ordinary / (await gasPerMillisecond(program));
    if (ratio > WORST_RATIO) slow.push(`${program.name}: ${ratio.toFixed(0)} times slower`);
  }
  expect(slow).toEqual([]);
});

/** The best of a few attempts, in CPU time, so that a busy machine does not fail the test. */
async function gasPerMillisecond(program: (typeof HOSTILE_PROGRAMS)[number]): Promise<number> {
  let best = 0;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const scenario = hostileScenario(program, TIMED_GAS);
    const { user, system } = process.cpuUsage();
    const { gasUsed } = await runOnHyperion(scenario);
    const spent = process.cpuUsage({ user, system });
    best = Math.max(best, Number(gasUsed) / Math.max(0.001, (spent.user + spent.system) / 1000));
  }
  return best;
}
