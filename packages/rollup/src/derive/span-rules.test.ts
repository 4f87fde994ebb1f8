import { type Hex, keccak256, sliceHex, toHex } from "viem";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as independent from "../testing/independent-encoder.ts";
import { BATCHER, TestRollup, type TestSequencer, type TestVerifier } from "../testing/test-rollup.ts";

type Built = Awaited<ReturnType<TestSequencer["build"]>>;

let rollup: TestRollup;
let sequencer: TestSequencer;
let verifier: TestVerifier;
let blocks: Built[];
let channels = 0;

beforeEach(async () => {
  rollup = await TestRollup.create();
  [sequencer, verifier] = await Promise.all([rollup.sequencer(), rollup.verifier()]);
  rollup.l1.mine();
  blocks = [];
  for (let i = 0; i < 10; i++) blocks.push(await sequencer.build(1));
});

afterEach(() => rollup.close());

/** Posts the batches as one channel, and returns the number of the safe block that follows from them. */
async function safeAfter(...batches: readonly Hex[]): Promise<bigint> {
  const id = sliceHex(keccak256(toHex(`channel ${channels++}`)), 0, 16);
  const payloads = independent.batcherTransactions(id, independent.channel(batches, "brotli"), 10_000);
  rollup.l1.mine(
    [],
    payloads.map((data) => ({ from: BATCHER, data })),
  );
  await verifier.deriver.catchUp();
  return verifier.engine.safe().number;
}

function span(part: readonly Built[], changed: (block: Built) => Built = (block) => block): Hex {
  const [{ parent }] = part as [Built];
  return independent.spanBatch(parent.hash, parent.origin.number, part.map(changed), rollup.config.genesis.l2Time);
}

const singulars = (part: readonly Built[]): Hex[] =>
  part.map((block) => independent.singularBatch(block.parent.hash, block));

/** The data column's entry of the sequencer's transfers: value, tip, fee, no data, no access list. */
const ENTRY = "c90101843b9aca0080c0";

test("a span with a transaction that is none is left out, and what follows it in its channel counts", async () => {
  const good = span(blocks.slice(0, 3));
  for (const entry of [`03${ENTRY}`, `00${ENTRY}`, "02c90001843b9aca0080c0", "02c90101843b9aca00c080"]) {
    expect(good).toContain(`02${ENTRY}`);
    const bad = good.replace(`02${ENTRY}`, entry) as Hex;
    expect(await safeAfter(bad)).toBe(verifier.engine.safe().number);
  }
  const unknown = good.replace(`02${ENTRY}`, `03${ENTRY}`) as Hex;
  expect(await safeAfter(unknown, good, ...singulars(blocks.slice(3, 5)))).toBe(5n);
});

test("a span whose columns are not whole ends its channel", async () => {
  const good = span(blocks.slice(0, 3));
  expect(await safeAfter(good.slice(0, -8) as Hex, good)).toBe(0n);
  expect(await safeAfter(good.replace(`02${ENTRY}`, `0288${ENTRY.slice(2)}`) as Hex, good)).toBe(0n);
  expect(await safeAfter(good)).toBe(3n);
});

test("a span may begin in the safe chain, where it has to be what the chain is", async () => {
  expect(await safeAfter(span(blocks.slice(0, 4)))).toBe(4n);
  const other = await sequencer.transfer(99);
  const changed = (block: Built): Built => (block === blocks[2] ? { ...block, transactions: [other] } : block);
  const emptied = (block: Built): Built => (block === blocks[3] ? { ...block, transactions: [] } : block);
  expect(await safeAfter(span(blocks.slice(1, 6), changed), span(blocks.slice(1, 6)))).toBe(4n);
  expect(await safeAfter(span(blocks.slice(0, 6), emptied))).toBe(4n);
  expect(await safeAfter(span(blocks.slice(1, 4)), span(blocks.slice(2, 6)))).toBe(6n);
  expect(verifier.engine.safe().hash).toBe(blocks[5]!.block.hash);
  expect(await safeAfter(span(blocks))).toBe(10n);
  expect(verifier.engine.safe().hash).toBe(blocks[9]!.block.hash);
});

test("a span that nobody can judge yet is left out: it begins before genesis, or ends in an L1 block to come", async () => {
  const [first] = blocks as [Built];
  const early = { ...first, timestamp: first.timestamp - rollup.config.blockTime };
  const stepping = Array.from({ length: 6 }, (_, i) => ({
    ...first,
    timestamp: first.timestamp + BigInt(i) * rollup.config.blockTime,
    epochNumber: BigInt(i),
  }));
  const overlong = independent.spanBatch(first.parent.hash, 0n, stepping, rollup.config.genesis.l2Time);
  const before = independent.spanBatch(first.parent.hash, 0n, [early, first], rollup.config.genesis.l2Time);
  expect(await safeAfter(before, ...singulars(blocks.slice(0, 2)))).toBe(2n);
  expect(await safeAfter(overlong, ...singulars(blocks.slice(2, 4)))).toBe(4n);
});
