import type { Kernel } from "@hyperion/kernel";
import type { BenchOptions, BenchResult } from "./benchmark.ts";
import { appendBlock, fill, kernelOver, openState, type StoredState, slotOf, withDirectory } from "./db-state.ts";
import { median } from "./measure.ts";
import { addressOf } from "./trie.ts";

export const name = "db-large";
export const description = "a state larger than the hot tier against the same state all hot";

const ALL_HOT_BYTES = 2 ** 31;
const TRANSFERS = 2000;

interface Sizes {
  readonly accounts: number;
  readonly slots: number;
  readonly rounds: number;
}

const FULL: Sizes = { accounts: 1_000_000, slots: 1_000_000, rounds: 15 };
const QUICK: Sizes = { accounts: 40_000, slots: 40_000, rounds: 4 };
const BYTES_PER_MIB = 2 ** 20;

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const sizes = quick ? QUICK : FULL;
  return withDirectory(async (directory) => {
    log(`filling ${sizes.accounts} accounts with ${sizes.slots} slots`);
    const hot = await openState(directory, ALL_HOT_BYTES);
    await fill(hot, sizes.accounts, sizes.slots);
    const held = hot.kernel.memory().used;
    log("measuring");
    const hotRate = await rate(hot, sizes);
    const capped = { database: hot.database, kernel: await kernelOver(hot.database, Math.floor(held / 4)) };
    const cappedRate = await rate(capped, sizes);
    const used = capped.kernel.memory().used;
    const { bytesPerAccount, bytesPerSlot } = await hot.database.stat();
    await hot.database.close();
    return {
      method: `Transfers per second between random ones of ${sizes.accounts} accounts with ${sizes.slots} slots (balance, nonce, one slot each), root and append included; medians of ${sizes.rounds} blocks of ${TRANSFERS}. The capped kernel may hold a quarter of what the hot one holds.`,
      rows: [
        {
          workload: "hot tier capped at a quarter",
          ours: cappedRate,
          peer: hotRate,
          peerName: "all hot",
          unit: "transfers/s",
          ratio: cappedRate / hotRate,
        },
      ],
      summary: [{ label: "capped against all hot", ratio: cappedRate / hotRate, target: 0.4 }],
      tables: [
        {
          title: "Bytes",
          columns: ["what", "figure"],
          rows: [
            ["all hot, MiB in use", held / BYTES_PER_MIB],
            ["capped, MiB in use", used / BYTES_PER_MIB],
            ["on disk per account", bytesPerAccount],
            ["on disk per slot", bytesPerSlot],
          ],
        },
      ],
    };
  });
}

async function rate(state: StoredState, { accounts, rounds }: Sizes): Promise<number> {
  const figures: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    transfers(state.kernel, accounts, round);
    appendBlock(state);
    figures.push((TRANSFERS * 1000) / (performance.now() - started));
    await state.database.backpressure();
  }
  return median(figures);
}

/** Reads and changes two accounts and a slot per transfer, as execution does. */
function transfers(kernel: Kernel, accounts: number, round: number): void {
  for (let index = 0; index < TRANSFERS; index++) {
    const [from, to] = [7919, 104_729].map((stride) => addressOf(((index + round * TRANSFERS) * stride) % accounts));
    const { balance, nonce } = kernel.account(from!)!;
    const { balance: received } = kernel.account(to!)!;
    kernel.override(from!, { balance: balance - 1n, nonce: nonce + 1n, stateDiff: [[slotOf(0), slotOf(round + 1)]] });
    kernel.override(to!, { balance: received + 1n });
  }
}
