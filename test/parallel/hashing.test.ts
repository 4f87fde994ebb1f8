import { Kernel, presetConfig, type StateCommit } from "@hyperion/kernel";
import { WorkerPool } from "@hyperion/parallel";
import { afterAll, expect, it } from "vitest";
import { ETHER } from "./random-block.ts";

const EMPTY_ROOT = Buffer.from("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421", "hex");
const HEADER = {
  ...{ parentHash: new Uint8Array(32), coinbase: new Uint8Array(20), difficulty: 0n, number: 0n },
  ...{ gasLimit: 30_000_000n, gasUsed: 0n, timestamp: 0n, extraData: new Uint8Array(0) },
  ...{ mixHash: new Uint8Array(32), nonce: new Uint8Array(8), baseFeePerGas: 10n ** 9n, withdrawalsRoot: EMPTY_ROOT },
};

const pools: WorkerPool[] = [];
afterAll(async () => {
  for (const pool of pools) await pool.close();
});

async function kernelWith(workers: number): Promise<Kernel> {
  const pool = workers > 0 ? new WorkerPool({ workers }) : undefined;
  if (pool) pools.push(pool);
  const oracle = { preimage: () => undefined, blockHash: () => undefined };
  const kernel = await Kernel.create({ config: presetConfig("Shanghai")!, oracle, ...(pool && { workers: pool }) });
  await pool?.ready();
  return kernel;
}

const addressOf = (index: number): Uint8Array => {
  const address = Buffer.alloc(20, 0x17);
  address.writeUInt32BE(index, 8);
  return address;
};

const wordOf = (value: number): Uint8Array => Buffer.from(value.toString(16).padStart(64, "0"), "hex");

const slots = (count: number, value: (index: number) => number): (readonly [Uint8Array, Uint8Array])[] =>
  Array.from({ length: count }, (_, index) => [wordOf(index * 7), wordOf(value(index))]);

/** What a commit holds, in an order that does not depend on who hashed what when. */
const contents = ({ stateRoot, preimages }: StateCommit): string[] => [
  Buffer.from(stateRoot).toString("hex"),
  ...preimages.map(([, bytes]) => Buffer.from(bytes).toString("hex")).sort(),
];

/** Two states in a row: many accounts, some with storage, one with much of it; then changes and removals in all of them. */
function commits(kernel: Kernel): string[][] {
  const alloc = Array.from({ length: 900 }, (_, index) => {
    const count = index === 0 ? 5000 : index % 3 === 0 ? index % 40 : 0;
    return [addressOf(index), { balance: BigInt(index) * ETHER, state: slots(count, (slot) => slot + 1) }] as const;
  });
  kernel.genesis({ header: HEADER, alloc });
  const first = contents(kernel.commit());
  kernel.override(addressOf(0), { stateDiff: slots(4000, (slot) => (slot % 3 === 0 ? 0 : slot + 2)) });
  for (let index = 1; index < 900; index += 2) kernel.override(addressOf(index), { balance: 5n });
  return [first, contents(kernel.commit())];
}

it("tries that several threads hash have the same nodes and the same root", async () => {
  const alone = commits(await kernelWith(0));
  for (const workers of [1, 3]) expect(commits(await kernelWith(workers))).toEqual(alone);
});
