import { keccak256, numberToHex, sliceHex, toHex } from "viem";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { encodeFrames, type Frame, orderedFrames } from "../formats/frame.ts";
import * as independent from "../testing/independent-encoder.ts";
import { BATCHER, depositEvent, TestRollup, type TestSequencer, type TestVerifier } from "../testing/test-rollup.ts";
import { DerivationModule } from "../wasm/derivation-module.ts";
import { Deriver } from "./deriver.ts";

type Built = Awaited<ReturnType<TestSequencer["build"]>>;

const RICH = "0x00000000000000000000000000000000000000dd";

let rollup: TestRollup;
let sequencer: TestSequencer;
let verifier: TestVerifier;
let channels = 0;

beforeEach(async () => {
  rollup = await TestRollup.create();
  [sequencer, verifier] = await Promise.all([rollup.sequencer(), rollup.verifier()]);
});

afterEach(() => rollup.close());

async function build(count: number, transfers = 1): Promise<Built[]> {
  const blocks: Built[] = [];
  for (let i = 0; i < count; i++) blocks.push(await sequencer.build(transfers));
  return blocks;
}

type Payload = { readonly from: typeof BATCHER; readonly data: Uint8Array };

function post(batches: readonly `0x${string}`[], compression: "zlib" | "brotli" = "zlib", frameSize = 120): Payload[] {
  const id = sliceHex(keccak256(toHex(`channel ${channels++}`)), 0, 16);
  const data = independent.channel(batches, compression);
  return independent.batcherTransactions(id, data, frameSize).map((bytes) => ({ from: BATCHER, data: bytes }));
}

const span = (blocks: readonly Built[]): `0x${string}` => {
  const [{ parent }] = blocks as [Built];
  return independent.spanBatch(parent.hash, parent.origin.number, blocks, rollup.config.genesis.l2Time);
};
const singulars = (blocks: readonly Built[]): `0x${string}`[] =>
  blocks.map((block) => independent.singularBatch(block.parent.hash, block));

const heads = (): string[] => [verifier.engine.unsafe().hash, verifier.engine.safe().hash];

describe("derivation from L1 alone", () => {
  test("gives the sequencer's blocks, whatever form the batches have", async () => {
    for (let round = 0; round < 4; round++) {
      rollup.l1.mine([depositEvent(RICH, 5n)]);
      const blocks = await build(6, round);
      const batches = round % 2 ? singulars(blocks) : [span(blocks)];
      const payloads = post(batches, round < 2 ? "zlib" : "brotli");
      rollup.l1.mine([], payloads.slice(0, 2));
      rollup.l1.mine([], payloads.slice(2));
    }
    await verifier.deriver.catchUp();
    const head = sequencer.engine.unsafe();
    expect(heads()).toEqual([head.hash, head.hash]);
    expect(head.number).toBe(24n);
    const balance = (await verifier.chain.account("latest", Buffer.from(RICH.slice(2), "hex")))?.balance;
    expect(balance).toBe(10n);
    await sequencerFollows(head.hash);
  });

  /** The sequencer's own node finds its unsafe blocks on L1 and builds nothing anew. */
  async function sequencerFollows(hash: string): Promise<void> {
    await new Deriver(rollup.config, rollup.l1, sequencer.engine).catchUp();
    expect([sequencer.engine.unsafe().hash, sequencer.engine.safe().hash]).toEqual([hash, hash]);
  }

  test("passes over everything that is not the batcher's, or broken, or in disorder", async () => {
    rollup.l1.mine();
    const blocks = await build(5);
    const good = post([span(blocks)]);
    const garbage = Uint8Array.from({ length: 300 }, (_, i) => (i * 7) & 0xff);
    const stranger = { ...good[0]!, from: RICH as typeof BATCHER };
    const bad = [garbage, Uint8Array.of(0), Uint8Array.of(1, 2, 3), good[1]!.data];
    rollup.l1.mine([], [stranger, ...bad.map((data) => ({ from: BATCHER, data }))]);
    rollup.l1.mine([], post(["0x02ff", "0x00", span(blocks)]));
    rollup.l1.mine([], [...good.slice(0, 2), { from: BATCHER, data: garbage }, good[1]!, ...good.slice(2)]);
    await verifier.deriver.catchUp();
    expect(verifier.engine.safe().hash).toBe(blocks.at(-1)!.block.hash);
  });

  test("fills up with deposits when the sequencer is silent for a window", async () => {
    rollup.l1.mine();
    rollup.l1.mine([depositEvent(RICH, 77n)]);
    for (let i = 0; i < 19; i++) rollup.l1.mine();
    await verifier.deriver.catchUp();
    // The window of epoch 1 ends with block 21: its blocks, up to the time of epoch 2, are derived.
    expect(verifier.engine.safe()).toMatchObject({ origin: { number: 1n } });
    expect(verifier.engine.safe().number).toBe(11n);
    rollup.l1.mine();
    await verifier.deriver.catchUp();
    expect(verifier.engine.safe()).toMatchObject({ origin: { number: 2n } });
    const account = await verifier.chain.account("latest", Buffer.from(RICH.slice(2), "hex"));
    expect(account?.balance).toBe(77n);
  });

  test("drops batches that come after their window, and what was built on them", async () => {
    rollup.l1.mine();
    const blocks = await build(8);
    for (let i = 0; i < 20; i++) rollup.l1.mine();
    rollup.l1.mine([], post([span(blocks)]));
    await verifier.deriver.catchUp();
    const follower = new Deriver(rollup.config, rollup.l1, sequencer.engine);
    await follower.catchUp();
    expect(verifier.engine.safe().number).toBeGreaterThan(0n);
    expect(verifier.engine.block(1n)!.hash).not.toBe(blocks[0]!.block.hash);
    expect(sequencer.engine.safe().hash).toBe(verifier.engine.safe().hash);
    expect(sequencer.engine.unsafe().hash).toBe(verifier.engine.safe().hash);
  });

  test("replaces a block that does not execute by its deposits, and drops the rest of its channel", async () => {
    rollup.l1.mine([depositEvent(RICH, 9n)]);
    const blocks = await build(10);
    const bad = { ...blocks[7]!, transactions: [await sequencer.transfer(500)] };
    rollup.l1.mine([], post([span([...blocks.slice(0, 7), bad, ...blocks.slice(8)])]));
    await verifier.deriver.catchUp();
    const safe = verifier.engine.safe();
    expect(safe.number).toBe(8n);
    expect(verifier.engine.block(7n)!.hash).toBe(blocks[6]!.block.hash);
    expect(verifier.chain.block(8n)!.transactions).toHaveLength(1);
  });

  test("never takes deposits from a batch, nor blocks out of order", async () => {
    rollup.l1.mine();
    const blocks = await build(6);
    const forged = { ...blocks[1]!, transactions: ["0x7e00" as const] };
    const [first, , third] = singulars(blocks);
    rollup.l1.mine([], post([first!, independent.singularBatch(forged.parent.hash, forged), ...singulars(blocks)]));
    await verifier.deriver.catchUp();
    expect(verifier.engine.safe().number).toBe(1n);
    rollup.l1.mine([], post([third!, ...singulars(blocks)]));
    await verifier.deriver.catchUp();
    expect(verifier.engine.safe().number).toBe(1n);
    rollup.l1.mine([], post([span(blocks)]));
    await verifier.deriver.catchUp();
    expect(verifier.engine.safe().hash).toBe(blocks.at(-1)!.block.hash);
  });

  test("goes on where another deriver on the same chain ended", async () => {
    rollup.l1.mine();
    const blocks = await build(20);
    rollup.l1.mine([], post([span(blocks.slice(0, 10))]));
    await verifier.deriver.catchUp();
    const payloads = post([span(blocks.slice(10))]);
    rollup.l1.mine([], payloads.slice(0, 1));
    await verifier.deriver.catchUp();
    rollup.l1.mine([], payloads.slice(1));
    await new Deriver(rollup.config, rollup.l1, verifier.engine).catchUp();
    expect(verifier.engine.safe().hash).toBe(blocks.at(-1)!.block.hash);
  });

  test("finalizes what came from finalized L1 blocks", async () => {
    rollup.l1.mine();
    const blocks = await build(10);
    rollup.l1.mine([], post([span(blocks.slice(0, 4))]));
    rollup.l1.mine([], post([span(blocks.slice(4))]));
    await verifier.deriver.catchUp();
    expect(verifier.engine.finalized().number).toBe(0n);
    rollup.l1.finalizedNumber = 2n;
    rollup.l1.mine();
    await verifier.deriver.catchUp();
    expect(verifier.engine.finalized().number).toBe(4n);
  });

  test.each([1, 3, 12])("follows L1 through a reorg of %i blocks", async (depth) => {
    rollup.l1.mine();
    const blocks = await build(12);
    rollup.l1.mine([], post([span(blocks.slice(0, 6))]));
    for (let i = 0; i < 11; i++) rollup.l1.mine();
    rollup.l1.mine([], post([span(blocks.slice(6))]));
    await verifier.deriver.catchUp();
    expect(verifier.engine.safe().number).toBe(12n);
    rollup.l1.undo(depth);
    rollup.l1.mine();
    await verifier.deriver.catchUp();
    expect(verifier.engine.safe().number).toBe(6n);
    rollup.l1.mine([], post([span(blocks.slice(6))]));
    await verifier.deriver.catchUp();
    expect(verifier.engine.safe().hash).toBe(blocks.at(-1)!.block.hash);
  });

  test("gives up unsafe blocks whose origin left L1", async () => {
    rollup.l1.mine();
    rollup.l1.mine();
    const blocks = await build(14);
    const follower = new Deriver(rollup.config, rollup.l1, sequencer.engine);
    await follower.catchUp();
    expect(sequencer.engine.unsafe().origin.number).toBe(2n);
    rollup.l1.undo(1);
    rollup.l1.mine([depositEvent(RICH, 1n)]);
    await follower.catchUp();
    expect(sequencer.engine.unsafe().hash).toBe(blocks.findLast(({ epochNumber }) => epochNumber === 1n)!.block.hash);
  });
});

describe("channels in order", () => {
  const frame = (channel: string, number: number, isLast = false): Frame => ({
    channelId: numberToHex(channel.charCodeAt(0), { size: 16 }),
    number,
    data: Uint8Array.of(number),
    isLast,
  });
  const names = (frames: readonly Frame[]): string[] =>
    frames.map(({ channelId, number }) => `${String.fromCharCode(Number(BigInt(channelId)))}${number}`);

  test.each<[string, Frame[], string[]]>([
    ["in order", [frame("A", 0), frame("A", 1, true), frame("B", 0, true)], ["A0", "A1", "B0"]],
    ["continued", [frame("A", 4), frame("A", 5)], ["A4", "A5"]],
    ["a gap", [frame("A", 0), frame("A", 2), frame("A", 1)], ["A0", "A1"]],
    ["twice", [frame("A", 0), frame("A", 0), frame("A", 1, true), frame("A", 2)], ["A0", "A1"]],
    ["unfinished", [frame("A", 0), frame("A", 1), frame("B", 0), frame("A", 2)], ["B0"]],
    ["unfinished behind a finished one", [frame("A", 0, true), frame("B", 0), frame("C", 0)], ["A0", "C0"]],
    ["of a channel without beginning", [frame("A", 0, true), frame("B", 3)], ["A0"]],
  ])("frames: %s", (_, frames, kept) => expect(names(orderedFrames(encodeFrames(frames)))).toEqual(kept));

  test("a channel is put together in time, from its first frame, without gaps", () => {
    const module = new DerivationModule();
    const add = (one: Frame, l1Number: bigint): Uint8Array | undefined => {
      module
        .message()
        .u64(l1Number)
        .u64(10n)
        .bytes(encodeFrames([one]));
      const from = module.ask("addFrames");
      return from.bool() ? from.bytes() : undefined;
    };
    expect(add(frame("A", 1, true), 1n)).toBeUndefined();
    expect(add(frame("A", 0), 1n)).toBeUndefined();
    expect(add(frame("A", 2, true), 1n)).toBeUndefined();
    expect(add(frame("B", 1, true), 1n)).toBeUndefined();
    expect(add(frame("A", 1, true), 11n)).toEqual(Uint8Array.of(0, 1));
    add(frame("A", 0), 1n);
    expect(add(frame("A", 1, true), 12n)).toBeUndefined();
    add(frame("A", 0), 1n);
    expect(add(frame("B", 0, true), 1n)).toEqual(Uint8Array.of(0));
    expect(add(frame("A", 1, true), 1n)).toBeUndefined();
  });
});
