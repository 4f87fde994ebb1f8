import { executeStateless } from "@hyperion/kernel";
import { describe, expect, it } from "vitest";
import { replayBlock, translateProgram } from "./program.ts";
import { countCall, inferenceCall, loopCall, witnessedBlock } from "./testing/inference-block.ts";

describe("the stateless program in the emulator", () => {
  it("executes a block with contracts and an inference call to the node's state root", async () => {
    const { image } = await translateProgram();
    const calls = [countCall(), inferenceCall("lend 5 ETH to the pool"), loopCall(50), countCall()];
    const block = await witnessedBlock(calls);
    const { outcome } = await replayBlock(image, block.witness, block.input);
    expect(outcome).toEqual(await executeStateless(block.witness, block.input));
    expect(outcome).toMatchObject({ valid: true, root: block.stateRoot, hash: block.hash });
  });

  it("refuses a spoilt block for the reason that the node has, and stops without a preimage", async () => {
    const { image } = await translateProgram();
    const { witness, input } = await witnessedBlock([countCall()]);
    const spoilt = { ...input, block: input.block.slice(0, -1) };
    const { outcome } = await replayBlock(image, witness, spoilt);
    expect(outcome).toEqual(await executeStateless(witness, spoilt));
    expect(outcome.valid).toBe(false);
    await expect(replayBlock(image, { preimages: [] }, input)).rejects.toMatchObject({ code: "MISSING_PREIMAGE" });
  });
});
