import { setTimeout } from "node:timers/promises";
import {
  type CodeCompiler,
  Kernel,
  type PreimageOracle,
  presetConfig,
  type TransactionOutcome,
} from "@hyperion/kernel";
import { EagerCompiler } from "@hyperion/metisvm";
import { WorkerPool } from "@hyperion/parallel";
import { afterEach, expect, it } from "vitest";
import { CHAIN_ID, contractAllocation, ETHER, RandomBlocks } from "./random-block.ts";

const EMPTY_ROOT = Buffer.from("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421", "hex");
const SHAPE = { transactions: 60, conflicts: 0.3, prague: false };

/** Answers from a first kernel's commit; `fail` is asked before every answer. */
class Store implements PreimageOracle {
  readonly #byHash = new Map<string, Uint8Array>();
  fail: () => boolean = () => false;

  add(preimages: readonly (readonly [Uint8Array, Uint8Array])[]): void {
    for (const [hash, bytes] of preimages) this.#byHash.set(Buffer.from(hash).toString("latin1"), bytes);
  }

  preimage(hash: Uint8Array): Uint8Array | undefined {
    if (this.fail()) throw new Error("the disk is gone");
    return this.#byHash.get(Buffer.from(hash).toString("latin1"));
  }

  blockHash(): undefined {
    return undefined;
  }
}

const pools: WorkerPool[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

/** A kernel with threads that has nothing of the state in memory, on an open block. */
async function cold(
  store: Store,
  random: RandomBlocks,
  compiler?: CodeCompiler,
): Promise<{ kernel: Kernel; pool: WorkerPool }> {
  const pool = new WorkerPool({ workers: 2, mode: "parallel" });
  pools.push(pool);
  const config = presetConfig("Shanghai", CHAIN_ID)!;
  const kernel = await Kernel.create({ config, oracle: store, workers: pool, ...(compiler && { compiler }) });
  const header = {
    ...{ parentHash: new Uint8Array(32), coinbase: new Uint8Array(20), difficulty: 0n, number: 0n },
    ...{ gasLimit: 30_000_000n, gasUsed: 0n, timestamp: 0n, extraData: new Uint8Array(0) },
    ...{ mixHash: new Uint8Array(32), nonce: new Uint8Array(8), baseFeePerGas: 10n ** 9n, withdrawalsRoot: EMPTY_ROOT },
  };
  const people = random.senders.map(({ address }) => [address, { balance: 1000n * ETHER }] as const);
  const genesis = kernel.genesis({ header, alloc: [...people, ...contractAllocation(random.senders)] });
  const commit = kernel.commit();
  store.add(commit.preimages);
  kernel.open(commit.stateRoot);
  kernel.beginBlock(genesis.header, genesis.hash, {
    ...{ timestamp: 12n, coinbase: new Uint8Array(20), gasLimit: 30_000_000n, prevRandao: new Uint8Array(32) },
    withdrawals: [],
  });
  await pool.ready();
  expect(pool.running).toBe(2);
  return { kernel, pool };
}

const serialOutcomes = async (raws: readonly Uint8Array[]): Promise<TransactionOutcome[]> => {
  const { kernel } = await cold(new Store(), new RandomBlocks(1, 40));
  return raws.map((raw) => kernel.execute(raw));
};

it("a batch that cannot read something in time is executed serially", async () => {
  const random = new RandomBlocks(1, 40);
  const raws = random.next(SHAPE);
  const expected = await serialOutcomes(raws);
  for (const failing of [1, 7, 20]) {
    const store = new Store();
    const { kernel, pool } = await cold(store, new RandomBlocks(1, 40));
    let asked = 0;
    store.fail = () => ++asked === failing;
    expect(kernel.executeBatch(raws)).toEqual(expected);
    expect(pool.lastBatch).toMatchObject({ parallel: true, abandoned: true });
  }
});

it("a thread that ends is replaced, and meanwhile the others do its work", async () => {
  const random = new RandomBlocks(1, 40);
  const raws = random.next(SHAPE);
  const expected = await serialOutcomes(raws);
  const { kernel, pool } = await cold(new Store(), new RandomBlocks(1, 40));
  await pool.endThread(1);
  expect(kernel.executeBatch(raws)).toEqual(expected);
  for (let waited = 0; pool.running < 2 && waited < 100; waited++) await setTimeout(50);
  expect(pool.running).toBe(2);
  const mark = kernel.checkpoint();
  kernel.executeBatch(random.next(SHAPE));
  expect(pool.lastBatch).toMatchObject({ parallel: true, abandoned: false });
  kernel.rollback(mark);
});

it("a thread that takes the place of another is given compiled code", async () => {
  const eager = new EagerCompiler("window");
  let requests = 0;
  const compiler: CodeCompiler = {
    gasBeforeRequest: eager.gasBeforeRequest,
    request: (...question) => {
      requests++;
      return eager.request(...question);
    },
    failed: (error) => eager.failed(error),
  };
  const random = new RandomBlocks(1, 40);
  const { kernel, pool } = await cold(new Store(), random, compiler);
  const raws = random.next(SHAPE);
  const execute = (): void => {
    const mark = kernel.checkpoint();
    kernel.executeBatch(raws);
    kernel.rollback(mark);
  };
  for (let round = 0; round < 20; round++) execute();
  const before = requests;
  for (const worker of [1, 2]) await pool.endThread(worker);
  for (let waited = 0; pool.running < 2 && waited < 100; waited++) await setTimeout(50);
  // Whoever gets something to do asks for what it runs.
  for (let round = 0; round < 200 && requests === before; round++) execute();
  expect(requests).toBeGreaterThan(before);
});

it("without threads left, batches are executed all the same", async () => {
  const random = new RandomBlocks(1, 40);
  const raws = random.next(SHAPE);
  const { kernel, pool } = await cold(new Store(), random);
  await pool.close();
  expect(kernel.executeBatch(raws)).toEqual(await serialOutcomes(raws));
});
