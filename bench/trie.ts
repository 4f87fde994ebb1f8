import { createMPT } from "@ethereumjs/mpt";
import { MapDB, ValueEncoding } from "@ethereumjs/util";
import { encodeRlp, Kernel, presetConfig, Trie } from "@hyperion/kernel";
import { bytesToHex, keccak256 } from "viem";
import type { BenchOptions, BenchResult, BenchRow } from "./benchmark.ts";
import { median, ownCpu } from "./measure.ts";

export const name = "trie";
export const description = "account updates in the state trie against @ethereumjs/mpt";

const EMPTY_ROOT = keccak256("0x80", "bytes");
const NO_CODE = keccak256("0x", "bytes");
const PEER_NAME = "@ethereumjs/mpt";
/** Filling in steps keeps the lists of new nodes small. */
const FILL_STEP = 20_000;
/** All nodes stay in memory on both sides: the figure is about tree work and hashing, not about a database. */
const CACHE_BYTES = 2 ** 31;

export interface Sizes {
  readonly accounts: number;
  readonly updates: number;
  readonly rounds: number;
  /** Fewer, for a round of the peer with as many would take seconds. */
  readonly peerUpdates: number;
  readonly peerRounds: number;
}

const FULL: Sizes = { accounts: 1_000_000, updates: 10_000, rounds: 11, peerUpdates: 1_000, peerRounds: 5 };
const QUICK: Sizes = { accounts: 50_000, updates: 10_000, rounds: 3, peerUpdates: 500, peerRounds: 2 };

/** Changes accounts and returns the milliseconds of CPU that counted, and the new root. */
export type Round = (changes: readonly Change[]) => Promise<{ cpu: number; root: Uint8Array }>;

export interface Change {
  readonly account: number;
  readonly balance: bigint;
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const sizes = quick ? QUICK : FULL;
  log(`filling ${sizes.accounts} accounts`);
  const contenders = await prepare(sizes);
  log("measuring");
  await checkRoots([contenders.kernel, contenders.trie, contenders.peer!], sizes);
  const peerCpu = await perUpdate(contenders.peer!, sizes, sizes.peerUpdates, sizes.peerRounds);
  // Millions of the peer's objects would weigh on the garbage collector while we are measured.
  contenders.peer = undefined;
  const kernelCpu = await perUpdate(contenders.kernel, sizes, sizes.updates, sizes.rounds);
  const trieCpu = await perUpdate(contenders.trie, sizes, sizes.updates, sizes.rounds);
  return {
    method: `CPU time per account of ${sizes.updates} random updates in one trie of ${sizes.accounts} accounts, medians of ${sizes.rounds} rounds (peer: ${sizes.peerUpdates} updates, ${sizes.peerRounds} rounds); all three reached the same root.`,
    rows: [
      row("commit of changed accounts: trie, root, new nodes handed over", kernelCpu, peerCpu),
      row("values set in a bare trie from TypeScript, root", trieCpu, peerCpu),
    ],
    summary: [{ label: "commit against @ethereumjs/mpt", ratio: peerCpu / kernelCpu, target: 40 }],
  };
}

interface Contenders {
  readonly kernel: Round;
  readonly trie: Round;
  peer: Round | undefined;
}

async function prepare({ accounts }: Sizes): Promise<Contenders> {
  const nodes = new MapDB<string, Uint8Array>();
  const addresses = Array.from({ length: accounts }, (_, index) => addressOf(index));
  const keys = addresses.map((address) => keccak256(address, "bytes"));
  const { root, round } = await kernelRound(addresses, nodes);
  return { kernel: round, trie: trieRound(keys), peer: await peerRound(keys, root, nodes) };
}

/** Microseconds of CPU that the peer needs per account it updates, with so many accounts. */
export async function mptCpuPerUpdate(accounts: number, quick: boolean): Promise<number> {
  const sizes = { ...(quick ? QUICK : FULL), accounts };
  const nodes = new MapDB<string, Uint8Array>();
  const addresses = Array.from({ length: accounts }, (_, index) => addressOf(index));
  const { root } = await kernelRound(addresses, nodes);
  const keys = addresses.map((address) => keccak256(address, "bytes"));
  return perUpdate(await peerRound(keys, root, nodes), sizes, sizes.peerUpdates, sizes.peerRounds);
}

function row(workload: string, ours: number, peer: number): BenchRow {
  return { workload, ours, peer, peerName: PEER_NAME, unit: "µs/account", ratio: peer / ours };
}

/** A figure is worth nothing if the work was not the same. */
async function checkRoots(rounds: readonly Round[], sizes: Sizes): Promise<void> {
  const changes = randomChanges(sizes, 200, 1);
  const roots: string[] = [];
  for (const round of rounds) roots.push(bytesToHex((await round(changes)).root));
  if (new Set(roots).size !== 1) throw new Error(`roots differ: ${roots.join(", ")}`);
}

/** Microseconds of CPU per update. */
export async function perUpdate(round: Round, sizes: Sizes, updates: number, rounds: number): Promise<number> {
  const figures: number[] = [];
  for (let index = 0; index < rounds; index++) {
    const { cpu } = await round(randomChanges(sizes, updates, index + 2));
    figures.push((cpu * 1000) / updates);
  }
  return median(figures);
}

/** A fixed pseudo-random sequence (xorshift), so that runs compare. */
export function randomChanges({ accounts }: Sizes, count: number, seed: number): Change[] {
  let state = Math.imul(seed, 0x9e3779b9) >>> 0;
  return Array.from({ length: count }, (_, index) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return { account: (state >>> 0) % accounts, balance: BigInt(seed * count + index + 1) };
  });
}

export function addressOf(index: number): Uint8Array {
  const address = new Uint8Array(20);
  new DataView(address.buffer).setUint32(0, index);
  return address;
}

/** Balances have 8 bytes, so that account values differ in place only. */
const HIGH_BIT = 1n << 63n;
const TEMPLATE = encodeRlp([Uint8Array.of(1), new Uint8Array(8).fill(1), EMPTY_ROOT, NO_CODE]);
/** Behind the balance are two hashes with their headers. */
const BALANCE_OFFSET = TEMPLATE.length - 66 - 8;

function accountValue(balance: bigint): Uint8Array {
  const value = TEMPLATE.slice();
  new DataView(value.buffer).setBigUint64(BALANCE_OFFSET, balance | HIGH_BIT);
  return value;
}

/** Setting the records is execution's part of a block; the commit is what counts. */
async function kernelRound(
  addresses: readonly Uint8Array[],
  nodes: MapDB<string, Uint8Array>,
): Promise<{ root: Uint8Array; round: Round }> {
  const oracle = { preimage: () => undefined, blockHash: () => undefined };
  const kernel = await Kernel.create({ config: presetConfig("Prague")!, oracle, cacheBytes: CACHE_BYTES });
  let root = EMPTY_ROOT;
  for (let first = 0; first < addresses.length; first += FILL_STEP) {
    for (const address of addresses.slice(first, first + FILL_STEP)) {
      kernel.override(address, { nonce: 1n, balance: HIGH_BIT });
    }
    const { stateRoot, preimages } = kernel.commit();
    root = stateRoot;
    for (const [hash, bytes] of preimages) await nodes.put(bytesToHex(hash).slice(2), bytes);
  }
  const round: Round = async (changes) => {
    for (const { account, balance } of changes) kernel.override(addresses[account]!, { balance: balance | HIGH_BIT });
    const before = ownCpu();
    const { stateRoot } = kernel.commit();
    return { cpu: ownCpu() - before, root: stateRoot };
  };
  return { root, round };
}

function trieRound(keys: readonly Uint8Array[]): Round {
  const trie = new Trie();
  const initial = accountValue(0n);
  for (const key of keys) trie.set(key, initial);
  trie.root();
  return async (changes) => {
    const values = changes.map(({ balance }) => accountValue(balance));
    const before = ownCpu();
    for (const [index, { account }] of changes.entries()) trie.set(keys[account]!, values[index]!);
    const root = trie.root();
    return { cpu: ownCpu() - before, root };
  };
}

/** The peer continues from the kernel's nodes: putting a million accounts into it one by one would take minutes. */
export async function peerRound(
  keys: readonly Uint8Array[],
  root: Uint8Array,
  nodes: MapDB<string, Uint8Array>,
): Promise<Round> {
  const trie = await createMPT({ db: nodes, root, valueEncoding: ValueEncoding.Bytes });
  return async (changes) => {
    const values = changes.map(({ balance }) => accountValue(balance));
    const before = ownCpu();
    for (const [index, { account }] of changes.entries()) await trie.put(keys[account]!, values[index]!);
    return { cpu: ownCpu() - before, root: trie.root() };
  };
}
