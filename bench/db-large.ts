import type { AccessListItem, Header, Kernel } from "@hyperion/kernel";
import type { Database } from "@hyperion/metisdb";
import { encodeFunctionData, erc20Abi, hexToBytes, toHex } from "viem";
import type { BenchOptions, BenchResult } from "./benchmark.ts";
import { kernelOver } from "./db-state.ts";
import { openLargeState } from "./large-state.ts";
import { median, ownThreadCpu } from "./measure.ts";
import { difference, residentMemory, residentWithoutGarbage } from "./resident-memory.ts";
import { balanceSlot, TOKEN } from "./token.ts";
import { addressOf } from "./trie.ts";

export const name = "db-large";
export const description = "a state larger than the hot tier against the same state all hot";

const ALL_HOT_BYTES = 2 ** 31;
const TRANSFERS = 2000;
const PREFETCHED = 1000;
/** Accounts of the load that finds all it needs in the kernel. */
const HOT_ACCOUNTS = 40_000;

interface Sizes {
  readonly accounts: number;
  readonly rounds: number;
}

const FULL: Sizes = { accounts: 10_000_000, rounds: 15 };
const QUICK: Sizes = { accounts: 200_000, rounds: 5 };

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const { accounts, rounds } = quick ? QUICK : FULL;
  const database = await openLargeState(accounts, log);
  log("all hot");
  const { hotRates, recordBytes } = await allHot(database, accounts, rounds);
  log("capped");
  database.rollback(0n);
  await database.flush();
  const cap = Math.trunc((accounts * recordBytes) / 4);
  const before = residentWithoutGarbage();
  const capped = new Transfers(database, await kernelOver(database, cap));
  fillCache(capped.kernel, accounts, cap);
  const any = randomBelow(accounts - 1, (index) => index + 1);
  await capped.rates(2, any);
  const cappedRates = await capped.rates(rounds, any);
  const { used, held, linear } = capped.kernel.memory();
  const added = difference(residentMemory(), before);
  const kept = difference(residentWithoutGarbage(), before);
  const { plain, hinted } = await capped.hintedRates(rounds, any);
  const statistics = await database.stat();
  database.rollback(0n);
  await database.close();
  const ratio = median(cappedRates) / median(hotRates);
  return {
    method: `ERC-20 transfers per second between random ones of ${accounts} accounts, all of which hold the token (as many slots): execution, root, changes and append, without signatures; medians of ${rounds} blocks of ${TRANSFERS}. All hot: among ${Math.min(HOT_ACCOUNTS, accounts)} of them that are in memory. Capped: among all, with a budget of a quarter of what the flat records of all would take in the kernel, filled before; then in turn with blocks for which everything was prefetched, which counts, in CPU of the executing thread.`,
    rows: [
      {
        workload: "hot tier capped at a quarter",
        ours: median(cappedRates),
        peer: median(hotRates),
        peerName: "all hot",
        unit: "transfers/s",
        ratio,
      },
      {
        workload: "hot tier capped at a quarter, all that is touched named by access lists",
        ours: median(hinted),
        peer: median(plain),
        peerName: "capped, nothing named",
        unit: "transfers/CPU s",
        ratio: median(hinted) / median(plain),
      },
    ],
    summary: [{ label: "capped against all hot", ratio, target: 0.4 }],
    tables: [
      {
        title: "Memory and disk",
        columns: ["what", "figure"],
        rows: [
          ["budget, MiB", mib(cap)],
          ["kernel's state in use, MiB", mib(used)],
          ["kernel's state held, MiB", mib(held)],
          ["kernel's linear memory, MiB", mib(linear)],
          ["resident memory added by the capped kernel and its load, without mapped files, MiB", mib(kept.anonymous)],
          ["the same before garbage is collected, MiB", mib(added.anonymous)],
          ["of it JavaScript objects, MiB", mib(kept.heap)],
          ["of it buffers (changes on their way to the tables), MiB", mib(kept.buffers)],
          ["resident memory added, without mapped files, over the budget", kept.anonymous / cap],
          ["resident pages of mapped files added, which the system takes back at will, MiB", mib(kept.files)],
          ["on disk per account, bytes", statistics.bytesPerAccount],
          ["on disk per slot, bytes", statistics.bytesPerSlot],
          ["data file, MiB", mib(statistics.fileBytes)],
        ],
      },
    ],
  };
}

/** The load on a kernel that has all it needs, and what is garbage afterwards. */
async function allHot(
  database: Database,
  accounts: number,
  rounds: number,
): Promise<{ hotRates: number[]; recordBytes: number }> {
  const hot = new Transfers(database, await kernelOver(database, ALL_HOT_BYTES));
  const recordBytes = await bytesPerHolder(database, accounts);
  const few = Math.min(HOT_ACCOUNTS, accounts);
  // The zero address may not hold tokens.
  const spread = (index: number): number => 1 + Math.trunc(((index % few) * (accounts - 1)) / few);
  for (let first = 0; first < few; first += 2 * TRANSFERS) await hot.block((i) => spread(first + i));
  return { hotRates: await hot.rates(rounds, randomBelow(few, spread)), recordBytes };
}

/** Chooses which accounts send and receive: the places 0 to 2 × `TRANSFERS` − 1 of a block. */
type Choice = (place: number) => number;

function randomBelow(count: number, chosen: (index: number) => number): Choice {
  let state = 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return chosen((state >>> 0) % count);
  };
}

/** Blocks of transfers on a kernel over a database. */
class Transfers {
  readonly kernel: Kernel;
  readonly #database: Database;
  #parent: Header | undefined;

  constructor(database: Database, kernel: Kernel) {
    this.#database = database;
    this.kernel = kernel;
  }

  /** Transfers per second of each block. */
  async rates(rounds: number, choice: Choice): Promise<number[]> {
    const figures: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const { seconds } = await this.block(choice);
      figures.push(TRANSFERS / seconds);
    }
    return figures;
  }

  /** Transfers per second of CPU on this thread, of blocks that name nothing and of as many in between that name all. */
  async hintedRates(rounds: number, choice: Choice): Promise<{ plain: number[]; hinted: number[] }> {
    const figures = { plain: [] as number[], hinted: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      figures.plain.push(TRANSFERS / (await this.block(choice)).cpuSeconds);
      figures.hinted.push(TRANSFERS / (await this.block(choice, true)).cpuSeconds);
    }
    return figures;
  }

  /**
   * @param hinted what the messages touch is loaded before them, as access lists would name it
   * @returns seconds, without making the messages; and of CPU on this thread
   */
  async block(choice: Choice, hinted: boolean = false): Promise<{ seconds: number; cpuSeconds: number }> {
    const places = Array.from({ length: 2 * TRANSFERS }, (_, place) => choice(place));
    const messages = Array.from({ length: TRANSFERS }, (_, index) => {
      const to = toHex(addressOf(places[2 * index + 1]!));
      const data = encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [to, 1n] });
      return { from: addressOf(places[2 * index]!), to: TOKEN, data: hexToBytes(data), gas: 100_000n, gasPrice: 0n };
    });
    const hints = hinted ? holders(0, places.length, (place) => places[place]!) : [];
    const [started, cpuBefore] = [performance.now(), ownThreadCpu()];
    const parent = this.#parent ?? genesisHeader(this.#database.head.root);
    this.kernel.beginBlock(parent, new Uint8Array(32), ATTRIBUTES, false);
    if (hinted) this.kernel.prefetch(hints);
    for (const message of messages) {
      const outcome = this.kernel.call(message, { keep: true });
      if (!outcome.valid || outcome.halt !== "success") throw new Error("a transfer failed");
    }
    this.#parent = this.kernel.sealHead().header;
    const { stateRoot, changes } = this.kernel.commit();
    this.#database.append({ number: this.#database.height! + 1n, root: stateRoot, change: changes });
    const seconds = (performance.now() - started) / 1000;
    const cpuSeconds = (ownThreadCpu() - cpuBefore) / 1000;
    await this.#database.backpressure();
    return { seconds, cpuSeconds };
  }
}

const GAS = 10n ** 12n;
const ATTRIBUTES = {
  timestamp: 1000n,
  coinbase: new Uint8Array(20),
  gasLimit: GAS,
  prevRandao: new Uint8Array(32),
  parentBeaconBlockRoot: new Uint8Array(32),
  withdrawals: [],
  overrides: { baseFeePerGas: 0n },
};

const EMPTY_ROOT = hexToBytes("0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");

/** Of the block before the first. */
function genesisHeader(stateRoot: Uint8Array): Header {
  const zero = new Uint8Array(32);
  return {
    parentHash: zero,
    ommersHash: zero,
    coinbase: new Uint8Array(20),
    stateRoot,
    transactionsRoot: EMPTY_ROOT,
    receiptsRoot: EMPTY_ROOT,
    logsBloom: new Uint8Array(256),
    difficulty: 0n,
    number: 0n,
    gasLimit: GAS,
    gasUsed: 0n,
    timestamp: 0n,
    extraData: new Uint8Array(0),
    mixHash: zero,
    nonce: new Uint8Array(8),
    baseFeePerGas: 0n,
    withdrawalsRoot: EMPTY_ROOT,
    blobGasUsed: 0n,
    excessBlobGas: 0n,
    parentBeaconBlockRoot: zero,
  };
}

function holders(first: number, count: number, index: (place: number) => number): AccessListItem[] {
  const addresses = Array.from({ length: count }, (_, place) => addressOf(index(first + place)));
  return [
    ...addresses.map((address) => ({ address, storageKeys: [] })),
    { address: TOKEN, storageKeys: addresses.map(balanceSlot) },
  ];
}

/** What an account and its holding take in the kernel, without the nodes above them. */
async function bytesPerHolder(database: Database, accounts: number): Promise<number> {
  const kernel = await kernelOver(database, ALL_HOT_BYTES);
  const sample = Math.min(accounts, 200_000);
  const before = kernel.memory().used;
  for (let first = 0; first < sample; first += PREFETCHED) {
    kernel.prefetch(holders(first, PREFETCHED, (place) => Math.trunc((place * accounts) / sample)));
  }
  return (kernel.memory().used - before) / sample;
}

/** Reads accounts and holdings until the budget is used. */
function fillCache(kernel: Kernel, accounts: number, budget: number): void {
  const stride = 7_368_787;
  for (let first = 0; first < accounts && kernel.memory().used < budget; first += PREFETCHED) {
    kernel.prefetch(holders(first, PREFETCHED, (place) => (place * stride) % accounts));
  }
}

function mib(bytes: number): number {
  return bytes / 2 ** 20;
}
