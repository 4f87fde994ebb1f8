import { type Hex, hexToBytes } from "viem";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type PayloadAttributes, payloadAttributes } from "../derive/payload-attributes.ts";
import { depositEvent, TestRollup, type TestSequencer, type TestVerifier } from "../testing/test-rollup.ts";
import { BlockPlanner } from "./block-planner.ts";

const RICH: Hex = `0x${"dd".repeat(20)}`;

let rollup: TestRollup;
let sequencer: TestSequencer;
let verifier: TestVerifier;
let planner: BlockPlanner;
let problems: Error[];

beforeEach(async () => {
  rollup = await TestRollup.create();
  [sequencer, verifier] = await Promise.all([rollup.sequencer(), rollup.verifier()]);
  problems = [];
  planner = new BlockPlanner(rollup.config, rollup.l1, {
    ...{ confirmations: 0n, poll: 0, onError: (error: Error) => void problems.push(error) },
  });
  sequencer.chain.builder.openWith(planner.opening);
});

afterEach(() => rollup.close());

/** Seals the next block, where it is known how it begins. */
async function seal(): Promise<boolean> {
  const { chain } = sequencer;
  await planner.prepare(chain.head());
  chain.builder.reconsider();
  if (chain.builder.openTimestamp() === undefined) return false;
  await chain.builder.seal();
  return true;
}

/** What derivation asks for at that height, from L1 and the block's own transactions. */
function derived(number: bigint): PayloadAttributes {
  const { engine } = sequencer;
  const [parent, block] = [engine.block(number - 1n)!, engine.block(number)!];
  const origin = rollup.l1.at(block.origin.number)!;
  return payloadAttributes(rollup.config, parent, block.timestamp, origin, engine.sequenced(number));
}

describe("blocks of the sequencer", () => {
  test("are what derivation makes of them, deposits and all", async () => {
    const { builder } = sequencer.chain;
    for (let round = 0; round < 3; round++) {
      rollup.l1.mine([depositEvent(RICH, 5n)]);
      for (let i = 0; i < 7; i++) {
        builder.submit(hexToBytes(await sequencer.transfer()));
        expect(await seal()).toBe(true);
      }
    }
    const head = sequencer.engine.unsafe();
    expect(head.origin.number).toBe(3n);
    for (let number = 1n; number <= head.number; number++) {
      expect(await verifier.engine.build(derived(number))).toMatchObject({ valid: true });
    }
    expect(verifier.engine.unsafe().hash).toBe(head.hash);
    expect((await sequencer.chain.account("latest", hexToBytes(RICH)))?.balance).toBe(15n);
    expect(problems).toEqual([]);
  });

  test("transactions are executed on arrival, deposits before them", async () => {
    await seal();
    const hash = sequencer.chain.builder.submit(hexToBytes(await sequencer.transfer()));
    const receipt = sequencer.chain.receipt(hash, { pending: true });
    expect(receipt).toMatchObject({ index: 1, blockNumber: 2n });
    expect(sequencer.chain.builder.hasWork()).toBe(true);
  });

  test("keep their origin while L1 does not answer, and stop at the drift", async () => {
    await seal();
    const { head } = rollup.l1;
    rollup.l1.head = () => Promise.reject(new Error("gone"));
    const drift = Number(rollup.config.maxSequencerDrift / rollup.config.blockTime);
    for (let number = 2; number <= drift; number++) expect(await seal()).toBe(true);
    expect(await seal()).toBe(false);
    expect(problems.length).toBeGreaterThan(0);
    const hash = sequencer.chain.builder.submit(hexToBytes(await sequencer.transfer()));
    expect(sequencer.chain.receipt(hash, { pending: true })).toBeUndefined();
    rollup.l1.head = head;
    for (let i = 0; i < 2; i++) rollup.l1.mine();
    expect(await seal()).toBe(true);
    expect(sequencer.engine.unsafe().origin.number).toBe(1n);
    expect(sequencer.chain.receipt(hash)).toMatchObject({ index: 1, blockNumber: sequencer.engine.unsafe().number });
  });

  test("follow another chain when L1 undid an origin", async () => {
    rollup.l1.mine([depositEvent(RICH, 5n)]);
    for (let i = 0; i < 8; i++) await seal();
    const old = sequencer.engine.unsafe();
    expect(old.origin.number).toBe(1n);
    rollup.l1.undo(1);
    rollup.l1.mine([depositEvent(RICH, 7n)]);
    await sequencer.engine.setUnsafe(sequencer.engine.block(5n)!.hash);
    for (let i = 0; i < 8; i++) await seal();
    expect((await sequencer.chain.account("latest", hexToBytes(RICH)))?.balance).toBe(7n);
    expect(sequencer.engine.unsafe().origin.hash).toBe(rollup.l1.at(1n)!.hash);
  });
});
