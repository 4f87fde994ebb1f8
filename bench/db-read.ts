import type { Kernel } from "@hyperion/kernel";
import type { Database } from "@hyperion/metisdb";
import { ClassicLevel } from "classic-level";
import { open } from "lmdb";
import { assemble, type Statement } from "./assembler.ts";
import type { BenchOptions, BenchResult, BenchRow } from "./benchmark.ts";
import { accountHashOf, kernelOver, withDirectory } from "./db-state.ts";
import { openBlock } from "./engines.ts";
import { openLargeState } from "./large-state.ts";
import { median, ownCpu } from "./measure.ts";
import { pointerChase } from "./pointer-chase.ts";
import { addressOf } from "./trie.ts";
import { CONTRACT, countedLoop } from "./workloads.ts";

export const name = "db-read";
export const description =
  "reads of accounts: hot in the kernel, cold from the database, against lmdb, LevelDB and a Map";

const CACHE_BYTES = 2 ** 31;
/** Reads of one round, each of another account, so that nothing is read twice. */
const READS = 50_000;
/** Reads of one call to the kernel: as many as a busy transaction makes. */
const READS_PER_CALL = 200;
/** Coprime to the number of accounts, so that the loop visits them in no order. */
const STRIDE = 7_368_787;
/** So few that the processor's caches hold them. */
const FEW = 1_000;
/** Bytes from one account's record in the kernel to the next. */
const RECORD_BYTES = 160;
const GAS = 2n ** 40n;
const STEP = 20_000;
const MISS = "one load that misses the caches";
const HOWS = ["grouped", "inTurn", "dependent"] as const;

interface Sizes {
  readonly accounts: number;
  readonly many: number;
  readonly rounds: number;
}

const FULL: Sizes = { accounts: 1_000_000, many: 10_000_000, rounds: 11 };
const QUICK: Sizes = { accounts: 60_000, many: 200_000, rounds: 3 };

type Read = (accountHash: Uint8Array) => Uint8Array | undefined;

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const sizes = quick ? QUICK : FULL;
  const { accounts, many, rounds } = sizes;
  const database = await openLargeState(accounts, log);
  const kernel = await hotKernel(database, accounts);
  hotRead(kernel, FEW, 1, false);
  const few = hotRead(kernel, FEW, rounds, false);
  const hot = hotRead(kernel, accounts, rounds, false);
  const ahead = hotRead(kernel, accounts, rounds, true);
  const [grouped, inTurn, dependent] = HOWS.map((how) => lookUp(kernel, accounts, rounds, how));
  const [, , fewDependent] = HOWS.map((how) => lookUp(kernel, FEW, rounds, how));
  const miss = pointerChase(accounts, RECORD_BYTES, rounds);
  const cold = timed(accounts, rounds, (hash) => database.head.account(hash));
  const peers = await withDirectory((directory) => peerReads(database, directory, sizes));
  await database.close();
  const large = await coldReads(sizes, log);
  return {
    method: `Nanoseconds of CPU per read of a random one of ${accounts} (${many}) accounts, medians of ${rounds} rounds of ${READS} reads, files in the page cache. Look-up: the kernel's record of an account by its address, in a loop inside the kernel; in groups as \`Kernel.prefetch\` takes them (throughput), one after the other, and each at the address whose place the record before told (latency). BALANCE: of an account not touched before in the transaction, ${READS_PER_CALL} to a call, less the call and the loop around it: the look-up, the transaction's record of the account and the instruction; prefetched: with the look-ups of a call's accounts in groups before it, which count. A load that misses the caches: the next of as many records of the same size, whose place the one before told. Cold: from the database's tables.`,
    rows: [
      row("hot, look-up in the kernel, in groups", grouped!, miss, MISS),
      row("hot, look-up in the kernel, one after the other", inTurn!, miss, MISS),
      row("hot, look-up in the kernel, each dependent on the one before", dependent!, miss, MISS),
      row(`hot, look-up in the kernel, dependent, among ${FEW}`, fewDependent!, miss, MISS),
      row("hot, look-up in the kernel, in groups", grouped!, peers.map, "Map of byte strings, not decoded"),
      row("hot, look-up in the kernel, in groups", grouped!, peers.lmdb, "lmdb get"),
      row("hot, BALANCE in the kernel", hot, miss, MISS),
      row("hot, BALANCE in the kernel, prefetched", ahead, miss, MISS),
      row(`hot, BALANCE in the kernel, among ${FEW}`, few, miss, MISS),
      row("hot, BALANCE in the kernel", hot, peers.map, "Map of byte strings, not decoded"),
      row("hot, BALANCE in the kernel", hot, peers.lmdb, "lmdb get"),
      row("hot, BALANCE in the kernel", hot, peers.level, "classic-level getSync"),
      row("cold, database view", cold, peers.lmdb, "lmdb get"),
      row("cold, database view", cold, peers.level, "classic-level getSync"),
      row(`cold, database view, ${many} accounts`, large.own, large.lmdb, "lmdb get from the same table"),
    ],
    summary: [],
  };
}

function row(workload: string, ours: number, peer: number, peerName: string): BenchRow {
  return { workload, ours, peer, peerName, unit: "ns", ratio: peer / ours };
}

/** A kernel that has every account. */
async function hotKernel(database: Database, accounts: number): Promise<Kernel> {
  const kernel = await kernelOver(database, CACHE_BYTES);
  for (let first = 0; first < accounts; first += STEP) {
    kernel.prefetch(Array.from({ length: STEP }, (_, i) => ({ address: addressOf(first + i), storageKeys: [] })));
  }
  return kernel;
}

function hotRead(kernel: Kernel, accounts: number, rounds: number, ahead: boolean): number {
  const index: Statement[] = [accounts, STRIDE, "DUP3", 0, "CALLDATALOAD", "ADD", "MULMOD", 128, "SHL"];
  const loops = [
    [...index, "BALANCE", "POP"],
    [...index, "POP"],
  ].map((body) => countedLoop(READS_PER_CALL, body));
  const to = Buffer.from(CONTRACT.slice(2), "hex");
  openBlock(kernel);
  const figures: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const firsts = Array.from({ length: READS / READS_PER_CALL }, (_, call) => round * READS + call * READS_PER_CALL);
    // The loop counts down to 1.
    const addresses = firsts.map((first) => addressesFrom(accounts, first + 1, READS_PER_CALL));
    const [reading, empty] = loops.map((statements, loop) => {
      kernel.override(to, { code: assemble(statements) });
      const before = ownCpu();
      for (const [call, first] of firsts.entries()) {
        if (ahead && loop === 0) kernel.lookUps(addresses[call]!, "grouped");
        callLoop(kernel, to, first);
      }
      return ownCpu() - before;
    });
    figures.push(((reading! - empty!) * 1e6) / READS);
  }
  return median(figures);
}

function lookUp(kernel: Kernel, accounts: number, rounds: number, how: (typeof HOWS)[number]): number {
  const figures: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const addresses = addressesFrom(accounts, round * READS, READS);
    const before = ownCpu();
    kernel.lookUps(addresses, how);
    figures.push(((ownCpu() - before) * 1e6) / READS);
  }
  return median(figures);
}

/** One after the other, of accounts in no order. */
function addressesFrom(accounts: number, first: number, count: number): Uint8Array {
  return Buffer.concat(Array.from({ length: count }, (_, i) => addressOf(((first + i) * STRIDE) % accounts)));
}

function callLoop(kernel: Kernel, to: Uint8Array, first: number): void {
  const data = Buffer.from(first.toString(16).padStart(64, "0"), "hex");
  const outcome = kernel.call({ to, gas: GAS, data });
  if (outcome.valid && outcome.halt === "success") return;
  throw new Error(`the loop ended with ${JSON.stringify(outcome.valid && outcome.halt)}`);
}

async function coldReads({ many, rounds }: Sizes, log: BenchOptions["log"]): Promise<{ own: number; lmdb: number }> {
  const database = await openLargeState(many, log);
  const { directory } = database;
  const own = timed(many, rounds, (hash) => database.head.account(hash));
  await database.close();
  const environment = open({ path: directory, encoding: "binary", keyEncoding: "binary", maxDbs: 20, readOnly: true });
  const accounts = environment.openDB<Uint8Array, Uint8Array>({
    name: "accounts",
    encoding: "binary",
    keyEncoding: "binary",
  });
  const lmdb = timed(many, rounds, (hash) => accounts.get(hash));
  await environment.close();
  return { own, lmdb };
}

async function peerReads(
  database: Database,
  directory: string,
  { accounts, rounds }: Sizes,
): Promise<Readonly<Record<"lmdb" | "level" | "map", number>>> {
  const environment = open({ path: `${directory}/lmdb`, encoding: "binary", keyEncoding: "binary", noSync: true });
  const level = new ClassicLevel<Uint8Array, Uint8Array>(`${directory}/level`, {
    keyEncoding: "view",
    valueEncoding: "view",
  });
  await level.open();
  const map = new Map<string, Uint8Array>();
  for (let first = 0; first < accounts; first += STEP) {
    const entries = Array.from({ length: Math.min(STEP, accounts - first) }, (_, i) => {
      const key = accountHashOf(first + i);
      return { type: "put", key, value: database.head.account(key)! } as const;
    });
    environment.transactionSync(() => {
      for (const { key, value } of entries) environment.putSync(key, value);
    });
    await level.batch(entries);
    for (const { key, value } of entries) map.set(latin1(key), value);
  }
  const figures = {
    lmdb: timed(accounts, rounds, (hash) => environment.get(hash)),
    level: timed(accounts, rounds, (hash) => level.getSync(hash)),
    map: timed(accounts, rounds, (hash) => map.get(latin1(hash))),
  };
  await environment.close();
  await level.close();
  return figures;
}

/** Nanoseconds of CPU per read of a hash that is not made in the measured time. */
function timed(accounts: number, rounds: number, read: Read): number {
  const figures: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const hashes = Array.from({ length: READS }, (_, index) =>
      accountHashOf(((index + round * READS) * STRIDE) % accounts),
    );
    const before = ownCpu();
    for (const hash of hashes) if (!read(hash)) throw new Error("an account is missing");
    figures.push(((ownCpu() - before) * 1e6) / READS);
  }
  return median(figures);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
