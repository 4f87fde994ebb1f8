import { expect, test } from "vitest";
import { depositEvent, TestRollup } from "../testing/test-rollup.ts";
import { DerivationLoop } from "./derivation-loop.ts";
import { Deriver } from "./deriver.ts";
import type { L1Source } from "./l1-source.ts";

test("derives what comes, outlives an L1 that fails, and stops when told", async () => {
  const rollup = await TestRollup.create(2n);
  const verifier = await rollup.verifier();
  const errors: string[] = [];
  let failures = 2;
  const flaky: L1Source = {
    head: () => rollup.l1.head(),
    finalized: () => rollup.l1.finalized(),
    payloads: (...parameters) => rollup.l1.payloads(...parameters),
    block: async (id) => {
      if (failures-- > 0) throw new Error("no route to L1");
      return rollup.l1.block(id);
    },
  };
  const deriver = new Deriver(rollup.config, flaky, verifier.engine);
  const loop = new DerivationLoop(deriver, { poll: 5, onError: (error) => errors.push(error.message) });
  loop.start();
  rollup.l1.mine([depositEvent("0x00000000000000000000000000000000000000dd", 1n)]);
  for (let i = 0; i < 4; i++) rollup.l1.mine();
  await expect.poll(() => verifier.engine.safe().origin.number, { timeout: 10_000 }).toBe(3n);
  expect(errors).toEqual(["no route to L1", "no route to L1"]);
  await loop.stop();
  rollup.l1.mine();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(verifier.engine.safe().origin.number).toBe(3n);
  await rollup.close();
});
