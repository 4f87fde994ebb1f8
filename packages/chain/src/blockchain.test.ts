import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Database } from "@hyperion/metisdb";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BlockRef, LocatedLog } from "./api.ts";
import type { Blockchain } from "./blockchain.ts";
import type { StoredBlock } from "./stored-block.ts";
import { alice, bob, COUNTER, ETHER, LOGGER, openTestChain, testGenesis } from "./test-chain.ts";

const RECIPIENT = new Uint8Array(20).fill(0xaa);
const SLOT_0 = new Uint8Array(32);

let chain: Blockchain;
beforeEach(async () => {
  chain = await openTestChain();
});
afterEach(() => chain.close());

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(32);
  bytes[31] = value;
  return bytes;
}

function log(nonce: bigint, topic: number): Uint8Array {
  return alice.sign({ nonce, to: LOGGER, data: word(topic), gasLimit: 50_000n });
}

function count(nonce: bigint): Uint8Array {
  return alice.sign({ nonce, to: COUNTER, gasLimit: 60_000n });
}

async function balance(ref: BlockRef, address: Uint8Array): Promise<bigint> {
  return (await chain.account(ref, address))?.balance ?? 0n;
}

async function calledCount(ref: "latest" | "pending" | bigint): Promise<number> {
  const outcome = await chain.call(ref, { to: COUNTER });
  return outcome.valid ? outcome.output[31]! : -1;
}

/** Blocks of another chain from the same genesis. */
async function fork(transactions: readonly (readonly Uint8Array[])[]): Promise<StoredBlock[]> {
  const other = await openTestChain();
  other.dev.setCoinbase(new Uint8Array(20).fill(0xcc));
  const blocks: StoredBlock[] = [];
  for (const raws of transactions) {
    for (const raw of raws) other.builder.submit(raw);
    blocks.push((await other.builder.seal()) as StoredBlock);
  }
  await other.close();
  return blocks;
}

describe("a transaction executes on arrival", () => {
  test("its receipt is known at once and becomes final with the block", async () => {
    const hash = chain.builder.submit(alice.sign({ nonce: 0n, value: 5n }));
    expect(chain.receipt(hash)).toBeUndefined();
    const early = await chain.waitForReceipt(hash, 1000);
    expect(early).toMatchObject({ blockNumber: 1n, index: 0, receipt: { status: 1, gasUsed: 21_000n } });
    expect(early?.blockHash).toBeUndefined();
    const block = await chain.builder.seal();
    expect(chain.receipt(hash)).toMatchObject({ blockHash: block.hash, receipt: early!.receipt });
    expect(chain.transaction(hash)).toMatchObject({ blockHash: block.hash, index: 0, transaction: { value: 5n } });
  });

  test("pending state shows it, latest does not", async () => {
    chain.builder.submit(alice.sign({ nonce: 0n, value: 5n }));
    expect(await balance("pending", RECIPIENT)).toBe(5n);
    expect(await balance("latest", RECIPIENT)).toBe(0n);
    await chain.builder.seal();
    expect(await balance("latest", RECIPIENT)).toBe(5n);
    expect(await balance(0n, RECIPIENT)).toBe(0n);
  });

  test("a waiter is answered when a gap closes, or after its timeout", async () => {
    const hash = chain.builder.submit(alice.sign({ nonce: 1n }));
    expect(await chain.waitForReceipt(hash, 5)).toBeUndefined();
    const waiting = chain.waitForReceipt(hash, 10_000);
    chain.builder.submit(alice.sign({ nonce: 0n }));
    expect((await waiting)?.index).toBe(1);
  });
});

describe("state at a height", () => {
  test("calls, storage and proofs answer for every block", async () => {
    for (let nonce = 0n; nonce < 6n; nonce++) {
      chain.builder.submit(count(nonce));
      await chain.builder.seal();
    }
    chain.builder.submit(count(6n));
    for (let number = 0n; number <= 6n; number++) expect(await calledCount(number)).toBe(Number(number));
    expect(await calledCount("pending")).toBe(7);
    expect(await chain.storage(3n, COUNTER, SLOT_0)).toEqual(word(3));
    expect((await chain.proof(4n, COUNTER, [SLOT_0])).storageProof[0]).toMatchObject({ value: 4n });
  });

  test("a call's environment is the block's own, and overrides apply to that call only", async () => {
    await chain.builder.seal();
    await chain.builder.seal();
    // NUMBER PUSH0 MSTORE PUSH1 32 PUSH0 RETURN
    const code = Uint8Array.of(0x43, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3);
    const overrides = [[RECIPIENT, { code }]] as const;
    const called = await chain.call(1n, { to: RECIPIENT }, { overrides });
    expect(called.valid && called.output[31]).toBe(1);
    const moved = await chain.call(1n, { to: RECIPIENT }, { overrides, blockOverrides: { number: 77n } });
    expect(moved.valid && moved.output[31]).toBe(77);
    expect(await chain.code(1n, RECIPIENT)).toEqual(new Uint8Array(0));
  });

  test("unknown blocks are refused", async () => {
    await expect(chain.account(9n, RECIPIENT)).rejects.toMatchObject({ code: "UNKNOWN_BLOCK" });
  });

  test("a session simulates a chain of blocks and leaves nothing behind", async () => {
    chain.builder.submit(count(0n));
    const head = await chain.builder.seal();
    const numbers = await chain.session("latest", {}, (session) => {
      const header = session.beginChild({ timestamp: head.header.timestamp + 12n });
      session.kernel.call({ to: COUNTER }, { keep: true });
      const sealed = session.kernel.seal();
      const next = session.beginOn(sealed.header, sealed.hash, { timestamp: header.timestamp + 12n });
      const outcome = session.kernel.call({ to: COUNTER });
      return [header.number, next.number, outcome.valid ? BigInt(outcome.output[31]!) : -1n];
    });
    expect(numbers).toEqual([2n, 3n, 2n]);
    expect(await calledCount("latest")).toBe(1);
  });
});

test("tracing repeats a transaction on the state it had", async () => {
  chain.builder.submit(count(0n));
  chain.builder.submit(count(1n));
  await chain.builder.seal();
  const steps: [number, number][] = [];
  const outputs: number[] = [];
  let current = -1;
  await chain.traceBlock(
    1n,
    {
      tracer: { onStep: (step) => steps.push([current, step.op]) },
      begin: (_, index) => {
        current = index;
      },
      end: (_tx, _index, outcome) => {
        if (outcome.valid) outputs.push(outcome.output[31]!);
      },
    },
    1,
  );
  expect(outputs).toEqual([1]);
  expect(steps.filter(([index]) => index !== 1)).toEqual([]);
  expect(steps.map(([, op]) => op)).toContain(0x55);
});

describe("logs", () => {
  test("a range query finds what a scan of all receipts finds", async () => {
    let nonce = 0n;
    for (const topics of [[1, 2], [], [3], [1], [2, 1]]) {
      for (const topic of topics) chain.builder.submit(log(nonce++, topic));
      await chain.builder.seal();
    }
    const found = await chain.logs({ fromBlock: 1n, toBlock: 5n, addresses: [LOGGER], topics: [[word(1)]] });
    expect(found.map((entry) => [entry.blockNumber, entry.logIndex])).toEqual([
      [1n, 0],
      [4n, 0],
      [5n, 1],
    ]);
    expect(await chain.logs({ fromBlock: 0n, toBlock: 5n })).toHaveLength(6);
    expect(await chain.logs({ fromBlock: 0n, toBlock: 5n, addresses: [COUNTER] })).toEqual([]);
    await expect(chain.logs({ fromBlock: 2n, toBlock: 1n })).rejects.toMatchObject({ code: "INVALID_RANGE" });
    await expect(chain.logs({ fromBlock: 0n, toBlock: 9n })).rejects.toMatchObject({ code: "INVALID_RANGE" });
    await expect(chain.logs({ fromBlock: 0n, toBlock: 5n, limit: 5 })).rejects.toMatchObject({ code: "QUERY_LIMIT" });
  });
});

describe("import", () => {
  test("blocks built elsewhere reach the same head", async () => {
    const blocks = await fork([[count(0n)], [log(1n, 4)], []]);
    expect(await chain.importBlocks(Buffer.concat(blocks.map((block) => block.rlp)))).toBe(3);
    expect(chain.head().hash).toEqual(blocks[2]!.hash);
    expect(await chain.logs({ fromBlock: 0n, toBlock: 3n, topics: [[word(4)]] })).toHaveLength(1);
    expect(chain.block(1n)?.rlp).toEqual(blocks[0]!.rlp);
    expect(chain.block(1n)?.size).toBe(blocks[0]!.rlp.length);
    expect(chain.block(1n)?.withdrawals).toEqual([]);
  });

  test("an invalid block changes nothing", async () => {
    const [block] = await fork([[count(0n)]]);
    const broken = Uint8Array.from(block!.rlp);
    broken[block!.rlp.length - 40] = broken[block!.rlp.length - 40]! ^ 1;
    await expect(chain.importBlock(broken)).rejects.toMatchObject({ code: "INVALID_BLOCK" });
    await expect(chain.importBlock(Uint8Array.of(0xc1, 0x80))).rejects.toMatchObject({ code: "INVALID_BLOCK" });
    expect(chain.head().header.number).toBe(0n);
    await chain.importBlock(block!.rlp);
    expect(chain.head().hash).toEqual(block!.hash);
  });

  test("a reorg swaps state, logs and indexes, and returns transactions to the pool", async () => {
    const own = log(0n, 1);
    const hash = chain.builder.submit(own);
    const left = await chain.builder.seal();
    const [first, second] = await fork([[bob.sign({ nonce: 0n, value: 9n })], [bob.sign({ nonce: 1n, value: 1n })]]);
    const seen: (readonly LocatedLog[])[] = [];
    chain.on("logs", (logs) => seen.push(logs));
    const heads: bigint[] = [];
    chain.on("newHead", (block) => heads.push(block.header.number));

    await chain.importBlock(first!.rlp);
    await chain.importBlock(second!.rlp);
    expect(chain.head().hash).toEqual(left.hash);
    await chain.setHead(second!.hash);

    expect(chain.head().hash).toEqual(second!.hash);
    expect(chain.isCanonical(left.hash)).toBe(false);
    expect(chain.block(left.hash)?.hash).toEqual(left.hash);
    expect(await balance("latest", RECIPIENT)).toBe(10n);
    expect(seen.flat()).toMatchObject([{ removed: true, blockHash: left.hash }]);
    expect(heads).toEqual([1n, 2n]);
    expect(await chain.logs({ fromBlock: 0n, toBlock: 2n })).toEqual([]);
    expect(chain.receipt(hash)).toBeUndefined();
    expect(chain.pool.get(hash)?.raw).toEqual(own);
    expect((await chain.builder.seal()).transactionHashes).toEqual([hash]);
  });

  test("the state beside the chain can be read; branches switch back and forth on a whole database", async () => {
    await chain.close();
    const database = Database.temporary();
    chain = await openTestChain({ database });
    chain.builder.submit(count(0n));
    const left = await chain.builder.seal();
    const blocks = await fork([[bob.sign({ nonce: 0n, value: 9n })], [bob.sign({ nonce: 1n, value: 1n })], []]);
    for (const block of blocks) await chain.importBlock(block.rlp);
    const tip = blocks.at(-1)!;
    expect(await balance(blocks[0]!.hash, RECIPIENT)).toBe(9n);
    expect(await balance(tip.hash, RECIPIENT)).toBe(10n);
    expect(await balance("latest", RECIPIENT)).toBe(0n);
    for (const [block, counted] of [
      [tip, 0],
      [left, 1],
      [tip, 0],
    ] as const) {
      await chain.setHead(block.hash);
      expect(database.head.root).toEqual(block.header.stateRoot);
      expect(await chain.storage("latest", COUNTER, SLOT_0)).toEqual(word(counted));
      expect((await database.verify()).difference).toBeUndefined();
    }
    expect(await balance(left.hash, RECIPIENT)).toBe(0n);
    expect((await chain.proof(1n, RECIPIENT, [])).balance).toBe(9n);
  });

  test("the state of a pruned block is refused", async () => {
    await chain.close();
    const database = Database.temporary({ retain: 2 });
    chain = await openTestChain({ database });
    for (let number = 1; number <= 5; number++) await chain.builder.seal();
    await database.flush();
    expect(await balance(3n, alice.address)).toBe(1000n * ETHER);
    await expect(balance(2n, alice.address)).rejects.toMatchObject({ code: "STATE_UNAVAILABLE" });
    await expect(chain.setHead(chain.block(2n)!.hash)).rejects.toMatchObject({ code: "STATE_UNAVAILABLE" });
    expect(chain.head().header.number).toBe(5n);
  });
});

describe("restart", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "chain-test-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  test("continues at the last block with its state, receipts and logs", async () => {
    const first = await openTestChain({ database: Database.open(directory) });
    first.builder.submit(count(0n));
    const hash = first.builder.submit(log(1n, 7));
    const block = await first.builder.seal();
    first.setSafe(block.hash);
    await first.close();

    const second = await openTestChain({ database: Database.open(directory) });
    expect(second.head().hash).toEqual(block.hash);
    expect(second.safe().hash).toEqual(block.hash);
    expect(second.receipt(hash)?.receipt.logs[0]?.topics[0]).toEqual(word(7));
    expect(await second.storage("latest", COUNTER, SLOT_0)).toEqual(word(1));
    second.builder.submit(count(2n));
    expect((await second.builder.seal()).header.number).toBe(2n);
    expect(await second.storage("latest", COUNTER, SLOT_0)).toEqual(word(2));
    await second.close();
  });

  test("another genesis is refused", async () => {
    await (await openTestChain({ database: Database.open(directory) })).close();
    const { genesis } = testGenesis();
    const other = { ...genesis, alloc: [[alice.address, { balance: ETHER }]] as const };
    const database = Database.open(directory);
    await expect(openTestChain({ database, genesis: other })).rejects.toMatchObject({ code: "GENESIS_MISMATCH" });
    await database.close();
  });
});

test("building a block aside reports the first transaction that does not apply", async () => {
  const { header } = chain.head();
  const attributes = {
    timestamp: header.timestamp + 1n,
    coinbase: RECIPIENT,
    gasLimit: header.gasLimit,
    prevRandao: new Uint8Array(32),
    parentBeaconBlockRoot: new Uint8Array(32),
    withdrawals: [],
  };
  const built = await chain.buildBlock("latest", attributes, [count(0n), log(1n, 1)]);
  expect("header" in built && built.execution.records).toHaveLength(2);
  const failed = await chain.buildBlock("latest", attributes, [count(0n), count(5n)]);
  expect(failed).toMatchObject({ index: 1, outcome: { valid: false, code: "NONCE_TOO_HIGH" } });
  expect(chain.head().header.number).toBe(0n);
});

test("when the disk is full, transactions are refused, reads answered, and what was durable is there afterwards", async () => {
  const directory = mkdtempSync(join(tmpdir(), "hyperion-full-"));
  let room = Number.POSITIVE_INFINITY;
  const database = Database.open(directory, {}, (files) => ({
    ...files,
    async create(name) {
      const file = await files.create(name);
      const write = async (bytes: Uint8Array): Promise<number> => {
        if (bytes.length > room) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
        return file.write(bytes);
      };
      return { write, sync: () => file.sync(), close: () => file.close() };
    },
  }));
  const full = await openTestChain({ database });
  const failed = new Promise((resolve) => full.on("failed", resolve));
  full.builder.submit(count(0n));
  const durable = await full.builder.seal();
  await full.flush();
  room = 0;
  full.builder.submit(count(1n));
  await full.builder.seal();
  expect(await failed).toMatchObject({ code: "DISK_FULL" });
  const halted = expect.objectContaining({ code: "HALTED", shortMessage: expect.stringContaining("no space left") });
  expect(() => full.builder.submit(count(2n))).toThrow(halted);
  await expect(full.builder.seal()).rejects.toThrow(halted);
  await expect(full.dev.setBalance(RECIPIENT, 1n)).rejects.toThrow(halted);
  const [fresh] = await fork([[count(0n)]]);
  await expect(full.importBlock(fresh!.rlp)).rejects.toThrow(halted);
  expect(full.builder.hasWork()).toBe(false);
  expect(full.pending().transactions).toEqual([]);
  for (const ref of ["latest", "pending", durable.header.number] as const) {
    expect((await full.account(ref, alice.address))?.nonce).toBe(ref === durable.header.number ? 1n : 2n);
  }
  await full.close();
  const again = await openTestChain({ database: Database.open(directory) });
  expect(again.head().hash).toEqual(durable.hash);
  again.builder.submit(count(1n));
  await again.builder.seal();
  await again.close();
  rmSync(directory, { recursive: true, force: true });
});
