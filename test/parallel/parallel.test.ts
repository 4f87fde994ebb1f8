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

  it("is what serial execution is, with delays at random places of the schedule", async () => {
    const report = await twinRun({ seed: 2, blocks: 20, workers: 2, fork: "Prague", stress: true });
    expect(report).toMatchObject({ blocks: 20, abandoned: 0 });
  });

  it("is what serial execution is, with compiled code in every thread", async () => {
    const report = await twinRun({ seed: 4, blocks: 20, workers: 2, fork: "Prague", compiled: true });
    expect(report).toMatchObject({ blocks: 20, abandoned: 0 });
  });

  it("is what serial execution is, with contracts that ask a model", async () => {
    const report = await twinRun({ seed: 3, blocks: 8, workers: 2, fork: "Prague", inference: true });
    expect(report).toMatchObject({ blocks: 8, abandoned: 0 });
  });
});
