import { afterEach, describe, expect, test } from "vitest";
import { anvilBinary, startAnvil } from "./anvil-process.ts";
import { LightRollup } from "./light-rollup.ts";

const binary = anvilBinary();

describe.skipIf(binary === undefined)("blobs", () => {
  let rollup: LightRollup;
  afterEach(() => rollup.close());

  test.each(["prague", "osaka"])(
    "reach an L1 at %s with the proofs that it wants, and come back",
    async (hardfork) => {
      const flags = ["--chain-id", "900", "--hardfork", hardfork, "--accounts", "0"];
      rollup = await LightRollup.create(await startAnvil(binary!, flags));
      const sequencer = await rollup.node();
      const batcher = rollup.batcher(sequencer);
      for (let round = 1n; round <= 2n; round++) {
        for (let i = 0; i < 5; i++) await rollup.build(sequencer, 1);
        while ((await batcher.post()) === 0) await sequencer.deriver.catchUp();
        await sequencer.deriver.catchUp();
        expect(sequencer.engine.safe().number).toBe(5n * round);
      }
      const verifier = await rollup.node();
      await verifier.deriver.catchUp();
      expect(verifier.engine.safe().hash).toBe(sequencer.engine.unsafe().hash);
    },
    120_000,
  );
});
