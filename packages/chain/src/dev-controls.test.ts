import { Database } from "@hyperion/metisdb";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Blockchain } from "./blockchain.ts";
import { alice, bob, COUNTER, ETHER, openTestChain } from "./test-chain.ts";

const STRANGER = new Uint8Array(20).fill(0x77);

let chain: Blockchain;
beforeEach(async () => {
  chain = await openTestChain();
});
afterEach(() => chain.close());

test("setters show in latest at once and survive sealing", async () => {
  const slot = new Uint8Array(32).fill(1);
  const code = Uint8Array.of(0x60, 0x01);
  await chain.dev.setBalance(STRANGER, 7n);
  await chain.dev.setNonce(STRANGER, 3n);
  await chain.dev.setCode(STRANGER, code);
  await chain.dev.setStorageAt(STRANGER, slot, new Uint8Array(32).fill(9));
  for (let round = 0; round < 2; round++) {
    expect(await chain.account("latest", STRANGER)).toMatchObject({ balance: 7n, nonce: 3n });
    expect(await chain.code("latest", STRANGER)).toEqual(code);
    expect(await chain.storage("latest", STRANGER, slot)).toEqual(new Uint8Array(32).fill(9));
    await chain.builder.seal();
  }
});

test("setters keep what the open block has executed", async () => {
  const hash = chain.builder.submit(alice.sign({ nonce: 0n, value: 5n }));
  await chain.dev.setBalance(STRANGER, 7n);
  expect(chain.receipt(hash, { pending: true })).toBeDefined();
  const block = await chain.builder.seal();
  expect(block.transactionHashes).toEqual([hash]);
});

test("timestamps: fixed for one block, then onwards from there", async () => {
  const start = chain.head().header.timestamp;
  chain.dev.setNextBlockTimestamp(start + 500n);
  expect((await chain.builder.seal()).header.timestamp).toBe(start + 500n);
  const after = (await chain.builder.seal()).header.timestamp;
  expect(after - start).toBeGreaterThan(500n);
  expect(after - start).toBeLessThan(505n);
  expect(() => chain.dev.setNextBlockTimestamp(after)).toThrow(expect.objectContaining({ code: "INVALID_TIMESTAMP" }));
  chain.dev.increaseTime(3600n);
  expect((await chain.builder.seal()).header.timestamp - after).toBeGreaterThanOrEqual(3599n);
  chain.dev.setBlockTimestampInterval(12n);
  const [a, b] = [await chain.builder.seal(), await chain.builder.seal()];
  expect(b.header.timestamp - a.header.timestamp).toBe(12n);
});

test("base fee, randomness, coinbase and gas limit of the next block", async () => {
  const randao = new Uint8Array(32).fill(5);
  chain.dev.setNextBlockBaseFeePerGas(123n);
  chain.dev.setNextBlockPrevRandao(randao);
  chain.dev.setCoinbase(STRANGER);
  chain.dev.setBlockGasLimit(90_000n);
  const { header } = await chain.builder.seal();
  expect(header).toMatchObject({ baseFeePerGas: 123n, mixHash: randao, coinbase: STRANGER, gasLimit: 90_000n });
  expect((await chain.builder.seal()).header.mixHash).not.toEqual(randao);
});

test("an impersonated account sends without a signature, and its block can be traced", async () => {
  await chain.dev.setBalance(COUNTER, ETHER);
  const hash = chain.dev.sendUnsigned({ from: COUNTER, to: STRANGER, value: 5n, gas: 21_000n });
  const block = await chain.builder.seal();
  expect(block.transactionHashes).toEqual([hash]);
  expect(chain.receipt(hash)).toMatchObject({ receipt: { status: 1 }, transaction: { from: COUNTER, value: 5n } });
  expect((await chain.account("latest", STRANGER))?.balance).toBe(5n);
  expect((await chain.account("latest", COUNTER))?.nonce).toBe(1n);
  const outcomes: boolean[] = [];
  await chain.traceBlock(block.hash, { tracer: {}, end: (_tx, _index, outcome) => outcomes.push(outcome.valid) });
  expect(outcomes).toEqual([true]);
});

test("dropping an executed transaction rebuilds the open block without it", async () => {
  const hash = chain.builder.submit(alice.sign({ nonce: 0n }));
  const other = chain.builder.submit(bob.sign({ nonce: 0n }));
  expect(chain.dev.dropTransaction(hash)).toBe(true);
  expect(chain.dev.dropTransaction(hash)).toBe(false);
  expect((await chain.builder.seal()).transactionHashes).toEqual([other]);
});

test("snapshot and revert bring back head, state, pool and clock", async () => {
  chain.builder.submit(alice.sign({ nonce: 0n, value: 5n }));
  await chain.builder.seal();
  await chain.dev.setBalance(STRANGER, 1n);
  const kept = chain.builder.submit(bob.sign({ nonce: 0n }));
  const id = chain.dev.snapshot();
  await chain.builder.seal();
  chain.dev.increaseTime(1_000_000n);
  await chain.dev.setBalance(STRANGER, 2n);
  await chain.builder.seal();
  expect(await chain.dev.revert(id)).toBe(true);
  expect(chain.head().header.number).toBe(1n);
  expect((await chain.account("latest", STRANGER))?.balance).toBe(1n);
  expect(chain.pool.content().pending.map((tx) => tx.hash)).toEqual([kept]);
  expect(await chain.dev.revert(id)).toBe(false);
  const block = await chain.builder.seal();
  expect(block.transactionHashes).toEqual([kept]);
  expect(block.header.timestamp - chain.block(1n)!.header.timestamp).toBeLessThan(1_000_000n);
});

test("revert takes back what setters changed on one block, and the database stays whole", async () => {
  await chain.close();
  const database = Database.temporary();
  chain = await openTestChain({ database });
  const slot = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
  await chain.dev.setStorageAt(STRANGER, slot(1), slot(9));
  const root = database.head.root;
  const id = chain.dev.snapshot();
  await chain.dev.setBalance(STRANGER, 0n);
  for (let byte = 2; byte < 6; byte++) await chain.dev.setStorageAt(COUNTER, slot(byte), slot(byte));
  await chain.dev.setStorageAt(STRANGER, slot(1), new Uint8Array(32));
  await chain.dev.setCode(STRANGER, Uint8Array.of(0));
  expect((await database.verify()).difference).toBeUndefined();
  await chain.builder.seal();
  expect(await chain.dev.revert(id)).toBe(true);
  expect(database.head.root).toEqual(root);
  expect((await database.verify()).difference).toBeUndefined();
  expect(await chain.storage("latest", STRANGER, slot(1))).toEqual(slot(9));
  expect(await chain.storage("latest", COUNTER, slot(3))).toEqual(new Uint8Array(32));
  await chain.dev.reset();
  expect(database.head.root).toEqual(chain.genesis().header.stateRoot);
  expect((await database.verify()).difference).toBeUndefined();
});

test("reset returns to genesis", async () => {
  chain.builder.submit(alice.sign({ nonce: 0n }));
  await chain.builder.seal();
  chain.builder.submit(alice.sign({ nonce: 1n }));
  await chain.dev.reset();
  expect(chain.head().header.number).toBe(0n);
  expect(chain.pool.status()).toEqual({ pending: 0, queued: 0 });
  expect((await chain.account("latest", alice.address))?.nonce).toBe(0n);
});
