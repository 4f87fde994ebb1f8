import type { BenchOptions, BenchResult } from "./benchmark.ts";
import { fill, openState, type StoredState, withDirectory } from "./db-state.ts";
import { median, ownCpu } from "./measure.ts";
import { type Delay, persistenceDelay } from "./persistence-delay.ts";
import { addressOf, mptCpuPerUpdate } from "./trie.ts";

export const name = "db-commit";
export const description = "commits of changed accounts to the database, and what they cost execution";

const CACHE_BYTES = 2 ** 31;
const PEER = "@ethereumjs/mpt";

interface Sizes {
  readonly accounts: number;
  readonly updates: number;
  readonly rounds: number;
  readonly delayRounds: number;
}

const FULL: Sizes = { accounts: 1_000_000, updates: 10_000, rounds: 7, delayRounds: 5 };
const QUICK: Sizes = { accounts: 50_000, updates: 10_000, rounds: 3, delayRounds: 1 };

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const sizes = quick ? QUICK : FULL;
  const { accounts, updates, rounds, delayRounds } = sizes;
  return withDirectory(async (directory) => {
    log(`filling ${accounts} accounts`);
    const state = await openState(`${directory}/commit`, CACHE_BYTES);
    await fill(state, accounts);
    log("commits");
    const commit = await commits(state, sizes);
    const statistics = await state.database.stat();
    await state.database.close();
    log(`the same with ${PEER}`);
    const peer = await mptCpuPerUpdate(accounts, quick);
    log("transfers through the chain, with and without the database");
    const delay = await persistenceDelay(directory, accounts, delayRounds);
    const ratio = peer / commit.root;
    return {
      method: `A block changes ${updates} of ${accounts} accounts: CPU of the root with its changes, of handing them to the database, and of all threads until they are in the tables; medians of ${rounds}. Then 2,000 signed ERC-20 transfers per second through the chain in four blocks per second, ${delayRounds} × 3 s, against the same chain with its writes dropped: CPU of the executing thread.`,
      rows: [
        { workload: "root and changes", ours: commit.root, peer, peerName: PEER, unit: "µs/account", ratio },
        { workload: "handed over, on the executing thread", ours: commit.append, unit: "µs/account" },
        { workload: "in log and tables, all threads", ours: commit.background, unit: "µs/account" },
        ...delayRows(delay),
      ],
      summary: [{ label: `root against ${PEER}`, ratio, target: 40 }],
      tables: [
        {
          title: "On disk",
          columns: ["what", "bytes"],
          rows: [
            ["account with its nodes", statistics.bytesPerAccount],
            ["data file", statistics.fileBytes],
          ],
        },
      ],
    };
  });
}

function delayRows({ share, withDatabase, without, background }: Delay): BenchResult["rows"] {
  return [
    {
      workload: "transfer, executing thread",
      ours: withDatabase,
      peer: without,
      peerName: "the same, writes dropped",
      unit: "µs",
      ratio: without / withDatabase,
    },
    { workload: "delay of execution by persistence", ours: share * 100, unit: "%" },
    { workload: "transfer, all other threads", ours: background, unit: "µs" },
  ];
}

/** Microseconds per account. */
async function commits(
  state: StoredState,
  { accounts, updates, rounds }: Sizes,
): Promise<{ root: number; append: number; background: number }> {
  const figures: { root: number; append: number; background: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    for (let index = 0; index < updates; index++) {
      state.kernel.override(addressOf(Math.trunc((index * accounts) / updates)), { nonce: BigInt(round + 2) });
    }
    const before = ownCpu();
    const { stateRoot, changes } = state.kernel.commit();
    const rooted = ownCpu();
    state.database.append({ number: state.database.height! + 1n, root: stateRoot, change: changes });
    const handedOver = ownCpu();
    await state.database.flush();
    figures.push({ root: rooted - before, append: handedOver - rooted, background: ownCpu() - handedOver });
  }
  const perAccount = (part: "root" | "append" | "background"): number =>
    (median(figures.map((figure) => figure[part])) * 1000) / updates;
  return { root: perAccount("root"), append: perAccount("append"), background: perAccount("background") };
}
