import { expect, it } from "vitest";
import { crashRun } from "./crash-run.ts";
import { diskFull } from "./disk-full.ts";
import { hasNamespaces } from "./small-disk.ts";

const KILLS = 3;

it.each([
  { end: "killed", torn: false },
  { end: "cut from power", torn: true },
])(
  "a node $end under load loses no block that it called durable, and its state is what a replay gives",
  async ({ torn }) => {
    const { durable, replayed } = await crashRun({ kills: KILLS, seed: 7, torn });
    expect(durable).toBeGreaterThan(KILLS);
    expect(replayed).toBeGreaterThanOrEqual(durable);
  },
  120_000,
);

it.skipIf(!hasNamespaces())(
  "a node whose disk gets full says so, refuses transactions, answers reads and loses nothing",
  async () => {
    expect(await diskFull(KILLS, 7)).toContain("none lost");
  },
  120_000,
);
