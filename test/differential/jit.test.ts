import { expect, test } from "vitest";
import { generateContest, runContest } from "./jit.ts";

const PROGRAMS = Number(process.env.HYPERION_FUZZ_RUNS ?? 24);

test("compiled code has the outcome that the interpreter gives, at any gas limit", async () => {
  for (let seed = 1; seed <= PROGRAMS; seed++) {
    expect(await runContest(generateContest(seed), 12)).toBeUndefined();
  }
});
