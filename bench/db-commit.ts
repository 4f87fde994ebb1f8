import type { BenchOptions, BenchResult } from "./benchmark.ts";
import { fill, openState, type StoredState, slotOf, withDirectory } from "./db-state.ts";
import { median, ownCpu } from "./measure.ts";
import { addressOf } from "./trie.ts";

export const name = "db-commit";
export const description = "commits of changed accounts to the database, and what they cost execution";

const CACHE_BYTES = 2 ** 31;
/** Of a sustained load: per second as many blocks of as many transfers. */
const BLOCKS_PER_SECOND = 4;
const TRANSFERS = 500;

interface Sizes {
  readonly accounts: number;
  readonly updates: number;
  readonly rounds: number;
  readonly seconds: number;
}

const FULL: Sizes = { accounts: 1_000_000, updates: 10_000, rounds: 5, seconds: 10 };
const QUICK: Sizes = { accounts: 50_000, updates: 10_000, rounds: 3, seconds: 3 };

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const sizes = quick ? QUICK : FULL;
  return withDirectory(async (directory) => {
    log(`filling ${sizes.accounts} accounts`);
    const state = await openState(directory, CACHE_BYTES);
    await fill(state, sizes.accounts);
    log("measuring");
    const commit = await commits(state, sizes);
    const delay = await sustained(state, sizes);
    const statistics = await state.database.stat();
    await state.database.close();
    return {
      method: `A block changes ${sizes.updates} of ${sizes.accounts} accounts: CPU of the root with its changes, time of handing them to the database, and all CPU until they are in the tables; medians of ${sizes.rounds}. Then ${BLOCKS_PER_SECOND} blocks of ${TRANSFERS} transfers (one account, two slots each) per second for ${sizes.seconds} s.`,
      rows: [
        { workload: "root and changes", ours: commit.root, unit: "µs/account" },
        { workload: "handed over, on the executing thread", ours: commit.append, unit: "µs/account" },
        { workload: "in log and tables, all threads", ours: commit.background, unit: "µs/account" },
        { workload: "share of a second the executing thread gives to the database", ours: delay * 100, unit: "%" },
      ],
      summary: [],
      tables: [
        {
          title: "On disk",
          columns: ["what", "bytes"],
          rows: [
            ["account with its nodes", statistics.bytesPerAccount],
            ["slot with its nodes", statistics.bytesPerSlot],
            ["data file", statistics.fileBytes],
          ],
        },
      ],
    };
  });
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
    const started = performance.now();
    state.database.append({ number: state.database.height! + 1n, root: stateRoot, change: changes });
    const appended = performance.now() - started;
    const handedOver = ownCpu();
    await state.database.flush();
    figures.push({ root: rooted - before, append: appended, background: ownCpu() - handedOver });
  }
  const perAccount = (part: "root" | "append" | "background"): number =>
    (median(figures.map((figure) => figure[part])) * 1000) / updates;
  return { root: perAccount("root"), append: perAccount("append"), background: perAccount("background") };
}

/** The share of wall time for which the executing thread is in the database or waits for it. */
async function sustained(state: StoredState, { accounts, seconds }: Sizes): Promise<number> {
  const token = addressOf(accounts + 1);
  let inDatabase = 0;
  const started = performance.now();
  for (let block = 0; block < seconds * BLOCKS_PER_SECOND; block++) {
    const stateDiff: [Uint8Array, Uint8Array][] = [];
    for (let index = 0; index < TRANSFERS; index++) {
      const account = (block * TRANSFERS + index * 7919) % accounts;
      state.kernel.override(addressOf(account), { nonce: BigInt(block + 100) });
      stateDiff.push([slotOf(account), slotOf(block + 1)], [slotOf(account + accounts), slotOf(block + 2)]);
    }
    state.kernel.override(token, { nonce: 1n, stateDiff });
    const { stateRoot, changes } = state.kernel.commit();
    const before = performance.now();
    state.database.append({ number: state.database.height! + 1n, root: stateRoot, change: changes });
    await state.database.backpressure();
    inDatabase += performance.now() - before;
    const next = started + ((block + 1) * 1000) / BLOCKS_PER_SECOND;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
  }
  await state.database.durable();
  return inDatabase / (performance.now() - started);
}
