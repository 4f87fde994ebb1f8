import { describe, expect, it } from "vitest";
import { twinRun } from "./twin-run.ts";

describe("parallel execution", () => {
  it.each([
    ["Prague", 1],
    ["Prague", 3],
    ["Shanghai", 2],
    ["Cancun", 1],
    ["Paris", 1],
  ] as const)("is what serial execution is: %s, %i workers", async (fork, workers) => {
    const report = await twinRun({ seed: 1, blocks: 30, workers, fork });
    expect(report).toMatchObject({ blocks: 30, abandoned: 0 });
  });
});
