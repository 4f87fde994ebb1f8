import { Blockchain } from "@hyperion/chain";
import { parseGenesis } from "@hyperion/kernel";
import { Database } from "@hyperion/metisdb";
import { WorkerPool } from "@hyperion/parallel";
import { SoloOrdering } from "@hyperion/sequencer";
import { afterEach, expect, it } from "vitest";
import { ETHER, senders, signedTransaction } from "./random-block.ts";

const PEOPLE = senders(24);
const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`;

const GENESIS = {
  config: {
    chainId: 1337,
    ...{ homesteadBlock: 0, eip150Block: 0, eip158Block: 0, byzantiumBlock: 0, constantinopleBlock: 0 },
    ...{ petersburgBlock: 0, istanbulBlock: 0, berlinBlock: 0, londonBlock: 0, mergeNetsplitBlock: 0 },
    ...{ shanghaiTime: 0, cancunTime: 0 },
    blobSchedule: { cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3_338_477 } },
  },
  gasLimit: "0x1c9c380",
  alloc: Object.fromEntries(PEOPLE.map(({ address }) => [hex(address), { balance: `${ETHER}` }])),
};

const opened: Blockchain[] = [];
afterEach(async () => {
  for (const chain of opened.splice(0)) await chain.close();
});

async function openChain(workers?: WorkerPool): Promise<Blockchain> {
  const options = { ...parseGenesis(GENESIS), database: Database.temporary() };
  const chain = await Blockchain.open(workers ? { ...options, workers } : options);
  opened.push(chain);
  await workers?.ready();
  return chain;
}

const transfers = (nonce: bigint): Uint8Array[] =>
  PEOPLE.map((sender, index) =>
    signedTransaction({ sender, nonce, to: PEOPLE[(index + 1) % PEOPLE.length]!.address, value: 5n, gas: 21_000n }),
  );

it("what arrives in one turn is executed together, and its block is the same on a chain without threads", async () => {
  const parallel = await openChain(new WorkerPool({ workers: 2, mode: "parallel" }));
  const serial = await openChain();
  const importer = await openChain(new WorkerPool({ workers: 1, mode: "parallel" }));
  const ordering = new SoloOrdering({ chain: parallel, interval: 0 });
  await ordering.start();
  // Both nonces in one turn: the second of each sender follows when the first is executed.
  const raws = [...transfers(0n), ...transfers(1n)];
  const hashes = await Promise.all(raws.map((raw) => ordering.submit(raw)));
  expect(new Set(hashes.map(hex)).size).toBe(raws.length);
  await ordering.mine(1);
  const block = parallel.head();
  expect(block.transactionCount).toBe(raws.length);
  const batches = parallel.schedule(block.hash);
  expect(batches.flatMap(({ hashes }) => hashes).length).toBeGreaterThanOrEqual(PEOPLE.length);
  const runs = batches.flatMap(({ schedule }) => schedule);
  expect(runs.every((run) => run && run.runs > 0 && run.end >= run.begin)).toBe(true);

  for (const chain of [serial, importer]) {
    await chain.importBlock(block.rlp);
    expect(hex(chain.head().hash)).toBe(hex(block.hash));
    expect(chain.receipts(block.hash)).toEqual(parallel.receipts(block.hash));
  }
  expect(serial.schedule(block.hash)).toEqual([]);
  expect(importer.schedule(block.hash)).toHaveLength(1);
  await ordering.stop();
});

it("keeps the order of arrival from turn to turn, while senders are recovered elsewhere", async () => {
  const chain = await openChain(new WorkerPool({ workers: 2, mode: "parallel" }));
  const ordering = new SoloOrdering({ chain, interval: 0 });
  await ordering.start();
  const raws = transfers(0n);
  const submitted: Promise<Uint8Array>[] = [];
  for (const size of [9, 2, 7, 1, 5]) {
    for (const raw of raws.slice(submitted.length, submitted.length + size)) submitted.push(ordering.submit(raw));
    await new Promise((resolve) => setImmediate(resolve));
  }
  // What is still on its way is executed before the last block.
  await ordering.stop();
  const hashes = (await Promise.all(submitted)).map(hex);
  expect(hashes).toHaveLength(PEOPLE.length);
  expect(chain.head().transactionHashes.map(hex)).toEqual(hashes);
});

it("tells each sender of a turn what became of its transaction", async () => {
  const chain = await openChain(new WorkerPool({ workers: 1, mode: "parallel" }));
  const ordering = new SoloOrdering({ chain, interval: 0 });
  await ordering.start();
  const [first, second, third] = PEOPLE as [(typeof PEOPLE)[0], (typeof PEOPLE)[0], (typeof PEOPLE)[0]];
  const to = third.address;
  const results = await Promise.allSettled([
    ordering.submit(signedTransaction({ sender: first, nonce: 0n, to, gas: 21_000n })),
    ordering.submit(signedTransaction({ sender: second, nonce: 0n, to, gas: 20_000n })),
    ordering.submit(signedTransaction({ sender: third, nonce: 3n, to, gas: 21_000n })),
    ordering.submit(Uint8Array.of(1, 2, 3)),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected"]);
  expect(chain.pending().transactions).toHaveLength(1);
  expect(chain.pool.status()).toEqual({ pending: 1, queued: 1 });
  await ordering.stop();
});
