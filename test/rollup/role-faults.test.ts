import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anvilBinary } from "./anvil-process.ts";
import { crashMatrix } from "./crash-matrix.ts";
import { KILL_MOMENTS } from "./kill-moment.ts";
import { disturbL1, drainBatcher } from "./role-faults.ts";
import { RollupProcesses } from "./rollup-processes.ts";

const binary = anvilBinary();
/** One of each role; `npm run soak -- roles` has them all. */
const FEW = [
  "a transaction is executed, and its sender not answered",
  "between submission and receipt",
  "in the middle of a game: resolved, and no receipt",
  "mid-import: a block is being executed",
];

describe.skipIf(binary === undefined)("the roles of a rollup under faults", { timeout: 240_000 }, () => {
  test("killed at moments of their work, they go on without a gap, and post and propose nothing twice", async () => {
    const moments = KILL_MOMENTS.filter(({ name }) => FEW.includes(name));
    const { kills, faults } = await crashMatrix({ binary: binary!, moments, seed: 7 });
    expect({ kills, faults }).toEqual({ kills: FEW.length, faults: [] });
  });

  describe("when L1", () => {
    let rollup: RollupProcesses;

    beforeAll(async () => {
      rollup = await RollupProcesses.create(binary!);
      await rollup.start("sequencer");
      await Promise.all([rollup.start("batcher"), rollup.start("proposer"), rollup.start("verifier")]);
    });

    afterAll(() => rollup?.close());

    test("has no ether of the batcher any more, it says so, and goes on when it has", async () => {
      expect(await drainBatcher(rollup)).toBe("L1_FUNDS");
    });

    test.each(["garbage", "failing", "silent", "behind"] as const)(
      "is %s, L2 goes on, and all agree",
      async (fault) => {
        expect(await disturbL1(rollup, fault, 3_000)).toBe(true);
      },
    );
  });
});
