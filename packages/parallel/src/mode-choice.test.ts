import { describe, expect, it } from "vitest";
import { AdaptiveMode, modeChoice } from "./mode-choice.ts";

const batch = (repeated: number) => ({
  transactions: 100,
  parallel: true,
  abandoned: false,
  repeated,
  longestChain: 10,
  milliseconds: 1,
});

/** Of the next batches, how many run in parallel, each with as many repeated runs. */
function parallelOf(mode: AdaptiveMode, batches: number, repeated: number): number {
  let count = 0;
  for (let i = 0; i < batches; i++) {
    if (!mode.choose(100)) continue;
    count++;
    mode.report(batch(repeated));
  }
  return count;
}

describe("adaptive mode", () => {
  it("leaves few transactions to one thread", () => {
    expect(new AdaptiveMode().choose(3)).toBe(false);
    expect(new AdaptiveMode().choose(100)).toBe(true);
  });

  it("stays parallel while conflicts are few, and seldom tries while they are many", () => {
    expect(parallelOf(new AdaptiveMode(), 1000, 5)).toBe(1000);
    expect(parallelOf(new AdaptiveMode(), 1000, 100)).toBeLessThan(20);
  });

  it("comes back when the conflicts end", () => {
    const mode = new AdaptiveMode();
    parallelOf(mode, 1000, 100);
    expect(parallelOf(mode, 2000, 0)).toBeGreaterThan(1500);
  });

  it("counts a batch that was given up as all conflicts", () => {
    const mode = new AdaptiveMode();
    mode.report({ ...batch(0), abandoned: true });
    expect(mode.choose(100)).toBe(false);
  });

  it("leaves what runs one after the other to one thread, and tries again now and then", () => {
    const mode = new AdaptiveMode();
    let parallel = 0;
    for (let i = 0; i < 1000; i++) {
      if (!mode.choose(100)) continue;
      parallel++;
      mode.report({ ...batch(0), longestChain: 90 });
    }
    expect(parallel).toBeGreaterThan(3);
    expect(parallel).toBeLessThan(20);
    expect(parallelOf(mode, 2000, 0)).toBeGreaterThan(1500);
  });

  it("the other modes choose the same always", () => {
    expect(modeChoice("serial").choose(1000)).toBe(false);
    expect(modeChoice("parallel").choose(1)).toBe(true);
  });
});
