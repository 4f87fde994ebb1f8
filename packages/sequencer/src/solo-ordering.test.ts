import { setTimeout } from "node:timers/promises";
import { Blockchain } from "@hyperion/chain";
import { parseGenesis } from "@hyperion/kernel";
import { Database } from "@hyperion/metisdb";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SoloOrdering } from "./solo-ordering.ts";

const GENESIS = {
  config: {
    chainId: 1337,
    ...{ homesteadBlock: 0, eip150Block: 0, eip158Block: 0, byzantiumBlock: 0, constantinopleBlock: 0 },
    ...{ petersburgBlock: 0, istanbulBlock: 0, berlinBlock: 0, londonBlock: 0, mergeNetsplitBlock: 0 },
    ...{ shanghaiTime: 0, cancunTime: 0 },
    blobSchedule: { cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3_338_477 } },
  },
  gasLimit: "0x1c9c380",
  alloc: {
    "0x174412f95c56dcde8662cd5d449db13ac1707d4b": { balance: "1000000000000000000" },
    "0xceda01e9c10f672242677d2f2e043757bedb76c4": { balance: "1000000000000000000" },
  },
};

/** Plain transfers signed for chain 1337 by the two accounts of the genesis block, by nonce. */
const ALICE: Readonly<Record<number, Uint8Array>> = {
  0: transfer(
    "80843b9aca008502540be400",
    "c001a030e15e59ad9212fae59266d8e966f38fe5fb33de39721707e161d94f96703d57a0386cfb07267650df7360f5ddca90279d55a774e433853539c61ee2106bc267ff",
  ),
  1: transfer(
    "01843b9aca008502540be400",
    "c001a076f1a0eafe9a59fd7a3888ebfc4640fdf4518d1514eb382c7af5402bf28b4484a0579d31efb7942f7b5e89ab188a000aa2da5fe5f3edd5fe3789d8fe82f6fd2dcd",
  ),
  9: transfer(
    "09843b9aca008502540be400",
    "c080a0b181cc94084e8931a20e219a897ad81df842328e90a3681ad14b969a559c8e0fa03c16a08580d69cb398ca66fecff37ba335aa4df6e4c73334feaee8c2974f8041",
  ),
};
const BOB_0 = transfer(
  "80843b9aca008502540be400",
  "c080a0d2e7808d701d2e174878ef98e8394843c068fe7fe006ba6c6e833ea2a6cb5a88a079ed8ea5dde14caf6668b2ce7f2329d5418484949c50fe08926c839a52729853",
);

function transfer(nonceAndFees: string, accessListAndSignature: string): Uint8Array {
  const middle = "82520894aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa8080";
  return Buffer.from(`02f86d820539${nonceAndFees}${middle}${accessListAndSignature}`, "hex");
}

let chain: Blockchain;
let ordering: SoloOrdering;
beforeEach(async () => {
  chain = await Blockchain.open({ ...parseGenesis(GENESIS), database: Database.temporary() });
});
afterEach(async () => {
  await ordering.stop();
  await chain.close();
});

async function started(options: Partial<ConstructorParameters<typeof SoloOrdering>[0]>): Promise<SoloOrdering> {
  ordering = new SoloOrdering({ chain, interval: 0, ...options });
  await ordering.start();
  return ordering;
}

test("the interval seals blocks with strictly increasing timestamps", async () => {
  await started({ interval: 20 });
  while (chain.head().header.number < 3n) await setTimeout(5);
  const times = [1n, 2n, 3n].map((number) => chain.block(number)!.header.timestamp);
  expect(times[1]! > times[0]! && times[2]! > times[1]!).toBe(true);
});

test("without empty blocks the interval waits for transactions", async () => {
  await started({ interval: 10, emptyBlocks: false });
  await setTimeout(50);
  expect(chain.head().header.number).toBe(0n);
  await ordering.submit(ALICE[0]!);
  while (chain.head().header.number < 1n) await setTimeout(5);
  expect(chain.head().transactionCount).toBe(1);
});

test("automine seals a block for each transaction", async () => {
  await started({ automine: true });
  const hash = await ordering.submit(ALICE[0]!);
  expect(chain.receipt(hash)?.blockNumber).toBe(1n);
  await ordering.submit(ALICE[1]!);
  expect(chain.head().header.number).toBe(2n);
  await ordering.submit(ALICE[9]!);
  expect(chain.head().header.number).toBe(2n);
});

test("manual mode mines on request, at given distances", async () => {
  await started({});
  await ordering.submit(ALICE[0]!);
  await setTimeout(20);
  expect(chain.head().header.number).toBe(0n);
  await ordering.mine(3, 60n);
  expect(chain.head().header.number).toBe(3n);
  expect(chain.block(1n)?.transactionCount).toBe(1);
  expect(chain.block(3n)!.header.timestamp - chain.block(2n)!.header.timestamp).toBe(60n);
});

test("stopping seals what was acknowledged", async () => {
  await started({});
  const hashes = [await ordering.submit(ALICE[0]!), await ordering.submit(BOB_0)];
  await ordering.stop();
  expect(chain.head().transactionHashes).toEqual(hashes);
  await ordering.stop();
  expect(chain.head().header.number).toBe(1n);
});

test("turning the interval on later starts it", async () => {
  await started({});
  ordering.setInterval(10);
  const reached = new Promise<void>((resolve) => chain.on("newHead", () => resolve()));
  await reached;
  expect(chain.head().header.number).toBeGreaterThan(0n);
});
