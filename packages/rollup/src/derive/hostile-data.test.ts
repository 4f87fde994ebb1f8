import { brotliCompressSync, constants, deflateSync } from "node:zlib";
import { encodeRlp } from "@hyperion/chain";
import fc from "fast-check";
import { keccak256, sliceHex, toHex } from "viem";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MAX_CHANNEL_BYTES } from "../formats/channel.ts";
import * as independent from "../testing/independent-encoder.ts";
import { BATCHER, TestRollup, type TestSequencer } from "../testing/test-rollup.ts";

type Built = Awaited<ReturnType<TestSequencer["build"]>>;

let rollup: TestRollup;
let sequencer: TestSequencer;

beforeEach(async () => {
  rollup = await TestRollup.create();
  sequencer = await rollup.sequencer();
});

afterEach(() => rollup.close());

const post = (payloads: readonly Uint8Array[]): void =>
  void rollup.l1.mine(
    [],
    payloads.map((data) => ({ from: BATCHER, data })),
  );

const channelId = (seed: number): `0x${string}` => sliceHex(keccak256(toHex(seed)), 0, 16);

const channelOf = (
  seed: number,
  batches: readonly `0x${string}`[],
  compression: "zlib" | "brotli",
): readonly Uint8Array[] =>
  independent.batcherTransactions(channelId(seed), independent.channel(batches, compression), 150);

const spanOf = (blocks: readonly Built[]): `0x${string}` => {
  const [{ parent }] = blocks as [Built];
  return independent.spanBatch(parent.hash, parent.origin.number, blocks, rollup.config.genesis.l2Time);
};

/** What a batcher that wants harm may do to a payload. */
const harm = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), at: fc.nat(), value: fc.nat(255) }),
  fc.record({ kind: fc.constant("cut" as const), at: fc.nat(), value: fc.nat(40) }),
  fc.record({ kind: fc.constant("repeat" as const), at: fc.nat(), value: fc.nat() }),
  fc.record({ kind: fc.constant("swap" as const), at: fc.nat(), value: fc.nat() }),
  fc.record({ kind: fc.constant("noise" as const), at: fc.nat(), value: fc.nat(300) }),
);

type Harm = typeof harm extends fc.Arbitrary<infer T> ? T : never;

function harmed(payloads: readonly Uint8Array[], { kind, at, value }: Harm): Uint8Array[] {
  const copy = payloads.map((payload) => payload.slice());
  const index = at % copy.length;
  const target = copy[index]!;
  if (kind === "set") target[at % target.length] = value;
  if (kind === "cut") copy[index] = target.subarray(0, Math.max(0, target.length - value));
  if (kind === "repeat") copy.splice(value % copy.length, 0, target);
  if (kind === "swap") [copy[index], copy[value % copy.length]] = [copy[value % copy.length]!, target];
  if (kind === "noise")
    copy.splice(
      index,
      0,
      Uint8Array.from({ length: value }, (_, i) => (i * at) & 0xff),
    );
  return copy;
}

test("whatever the batcher posts, nobody fails and all who read it agree", async () => {
  const blocks: Built[] = [];
  for (let i = 0; i < 8; i++) blocks.push(await sequencer.build(2));
  const forms = [
    channelOf(1, [spanOf(blocks)], "zlib"),
    channelOf(2, [spanOf(blocks.slice(0, 3)), spanOf(blocks.slice(3))], "brotli"),
    channelOf(
      3,
      blocks.map((block) => independent.singularBatch(block.parent.hash, block)),
      "zlib",
    ),
  ];
  const [early, late] = [await rollup.verifier(), await rollup.verifier()];
  await fc.assert(
    fc.asyncProperty(fc.nat(2), fc.array(harm, { minLength: 1, maxLength: 4 }), async (form, harms) => {
      post(harms.reduce((payloads, one) => harmed(payloads, one), [...forms[form]!]));
      await early.deriver.catchUp();
    }),
    { numRuns: 60, endOnFailure: true },
  );
  post(forms[0]!);
  for (const { deriver } of [early, late]) await deriver.catchUp();
  expect(late.engine.safe().hash).toBe(early.engine.safe().hash);
  expect(late.engine.safe().number).toBeGreaterThanOrEqual(8n);
}, 120_000);

test("bombs cost no more than their limits, and the chain goes on behind them", async () => {
  const block = await sequencer.build(1);
  const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
  // As many batches as a channel may have bytes, and as many blocks as a span may have.
  const batches = deflateSync(new Uint8Array(MAX_CHANNEL_BYTES + 1_000), { level: 1 });
  const header = Uint8Array.from([1, 5, 70, ...new Uint8Array(40), 0x80, 0xad, 0xe2, 0x04]);
  const blocks = encodeRlp(Buffer.concat([header, new Uint8Array(11_250_000)]));
  const bombs = [batches, Buffer.concat([Uint8Array.of(1), brotliCompressSync(blocks, quick)])];
  for (const [seed, bomb] of bombs.entries()) {
    post(independent.batcherTransactions(channelId(seed), bomb, 500_000));
  }
  post(channelOf(9, [independent.singularBatch(block.parent.hash, block)], "zlib"));
  const verifier = await rollup.verifier();
  const before = process.memoryUsage().rss;
  await verifier.deriver.catchUp();
  expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 31);
  expect(verifier.engine.safe().hash).toBe(block.block.hash);
}, 120_000);
