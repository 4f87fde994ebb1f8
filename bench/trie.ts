import { createMPT } from "@ethereumjs/mpt";
import { encodeRlp, Kernel, presetConfig, Trie } from "@hyperion/kernel";
import { keccak256 } from "viem";
import type { BenchOptions, BenchResult, BenchRow } from "./benchmark.ts";
import { median, ownCpu } from "./measure.ts";

export const name = "trie";
export const description = "account updates in the state trie against @ethereumjs/mpt";

const EMPTY_ROOT = keccak256("0x80", "bytes");
const NO_CODE = keccak256("0x", "bytes");
const PEER_NAME = "@ethereumjs/mpt";
const UPDATES = 10_000;
/** Filling in steps keeps the lists of new nodes small. */
const FILL_STEP = 20_000;
/** All nodes stay in memory on both sides: the figure is about hashing and tree work, not about a database. */
const CACHE_BYTES = 2 ** 31;

interface Sizes {
  readonly accounts: number;
  readonly peerAccounts: number;
  readonly peerUpdates: number;
  readonly rounds: number;
}

const FULL: Sizes = { accounts: 1_000_000, peerAccounts: 20_000, peerUpdates: 2_000, rounds: 11 };
const QUICK: Sizes = { accounts: 50_000, peerAccounts: 2_000, peerUpdates: 500, rounds: 3 };

/** Applies `count` changes of random accounts with the given balances and makes the root current. */
type Update = (count: number, balance: bigint) => Promise<void>;

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const sizes = quick ? QUICK : FULL;
  log(`filling ${PEER_NAME} with ${sizes.peerAccounts} accounts`);
  const peer = await perUpdate(await peerTrie(sizes.peerAccounts), sizes.peerUpdates, sizes.rounds);
  log(`filling a kernel with ${sizes.accounts} accounts`);
  const kernel = await perUpdate(await kernelState(sizes.accounts), UPDATES, sizes.rounds);
  log(`filling a trie with ${sizes.accounts} accounts`);
  const trie = await perUpdate(plainTrie(sizes.accounts), UPDATES, sizes.rounds);
  const rows = [
    row("account changed in the kernel's state, root, new nodes handed over", kernel, peer),
    row("value set in a bare trie, root", trie, peer),
  ];
  return {
    method: `CPU time per update, root included, median of ${sizes.rounds} rounds: ${UPDATES} random updates into ${sizes.accounts} accounts; the peer ${sizes.peerUpdates} into ${sizes.peerAccounts}, which is easier.`,
    rows,
    summary: [{ label: "kernel state against @ethereumjs/mpt", ratio: peer / kernel, target: 40 }],
  };
}

function row(workload: string, ours: number, peer: number): BenchRow {
  return { workload, ours, peer, peerName: PEER_NAME, unit: "µs/account", ratio: peer / ours };
}

/** Microseconds of CPU per update. */
async function perUpdate(update: Update, count: number, rounds: number): Promise<number> {
  const figures: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = ownCpu();
    await update(count, BigInt(round + 1) * 1_000_000_007n);
    figures.push(((ownCpu() - before) * 1000) / count);
  }
  return median(figures);
}

/** Distinct addresses, spread as hashed addresses are. */
function addresses(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => {
    const address = new Uint8Array(20);
    new DataView(address.buffer).setUint32(0, index);
    return address;
  });
}

/** A fixed pseudo-random sequence (xorshift), so that runs compare. */
function picker(count: number): () => number {
  let state = 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % count;
  };
}

const BALANCE_BYTES = 8;
const TEMPLATE = encodeRlp([Uint8Array.of(1), new Uint8Array(BALANCE_BYTES).fill(1), EMPTY_ROOT, NO_CODE]);
/** After the list header, the nonce and the balance's own header. */
const BALANCE_OFFSET = TEMPLATE.length - 66 - BALANCE_BYTES;

/** RLP of an account, made cheaply so that the tries are what is measured. */
function accountValue(balance: bigint): Uint8Array {
  const value = TEMPLATE.slice();
  new DataView(value.buffer).setBigUint64(BALANCE_OFFSET, balance | (1n << 63n));
  return value;
}

async function kernelState(count: number): Promise<Update> {
  const oracle = { preimage: () => undefined, blockHash: () => undefined };
  const kernel = await Kernel.create({ config: presetConfig("Prague")!, oracle, cacheBytes: CACHE_BYTES });
  const accounts = addresses(count);
  for (let first = 0; first < count; first += FILL_STEP) {
    for (const [index, address] of accounts.slice(first, first + FILL_STEP).entries()) {
      kernel.override(address, { nonce: 1n, balance: BigInt(first + index) * 1_000_000_007n });
    }
    kernel.commit();
  }
  const pick = picker(count);
  return async (updates, balance) => {
    for (let i = 0; i < updates; i++) kernel.override(accounts[pick()]!, { balance: balance + BigInt(i) });
    kernel.commit();
  };
}

/** Keys are hashed beforehand, as the kernel and the peer keep them. */
function hashedKeys(count: number): Uint8Array[] {
  return addresses(count).map((address) => keccak256(address, "bytes"));
}

function plainTrie(count: number): Update {
  const trie = new Trie();
  const keys = hashedKeys(count);
  for (const [index, key] of keys.entries()) trie.set(key, accountValue(BigInt(index) * 1_000_000_007n));
  trie.root();
  const pick = picker(count);
  return async (updates, balance) => {
    for (let i = 0; i < updates; i++) trie.set(keys[pick()]!, accountValue(balance + BigInt(i)));
    trie.root();
  };
}

async function peerTrie(count: number): Promise<Update> {
  const trie = await createMPT();
  const keys = hashedKeys(count);
  for (const [index, key] of keys.entries()) await trie.put(key, accountValue(BigInt(index) * 1_000_000_007n));
  const pick = picker(count);
  return async (updates, balance) => {
    for (let i = 0; i < updates; i++) await trie.put(keys[pick()]!, accountValue(balance + BigInt(i)));
    trie.root();
  };
}
