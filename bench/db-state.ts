import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kernel, keccak256, presetConfig } from "@hyperion/kernel";
import { Database, type DatabaseOptions } from "@hyperion/metisdb";
import { addressOf } from "./trie.ts";

const FILL_STEP = 20_000;
const FIRST_BALANCE = 1n << 63n;

/** A kernel over a database, as a node has them. */
export interface StoredState {
  readonly database: Database;
  readonly kernel: Kernel;
}

/** Runs with a directory that goes afterwards. */
export async function withDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "hyperion-bench-"));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** @param cacheBytes budget of the hot tier */
export async function openState(
  directory: string,
  cacheBytes: number,
  options: DatabaseOptions = {},
): Promise<StoredState> {
  const database = Database.open(directory, options);
  return { database, kernel: await kernelOver(database, cacheBytes) };
}

/** A kernel at the head, with nothing cached. Cancun is the last fork whose blocks need no system contracts. */
export async function kernelOver(database: Database, cacheBytes: number): Promise<Kernel> {
  const { head } = database;
  const oracle = {
    account: (hash: Uint8Array) => head.account(hash),
    slot: (account: Uint8Array, slot: Uint8Array) => head.slot(account, slot),
    node: (owner: Uint8Array, path: Uint8Array, hash: Uint8Array, key: Uint8Array) =>
      head.node(owner, path, { hash, key }),
    preimage: (hash: Uint8Array) => head.code(hash),
    blockHash: () => undefined,
  };
  const kernel = await Kernel.create({ config: presetConfig("Cancun")!, oracle, cacheBytes, commitForm: "changes" });
  if (database.height !== undefined) kernel.open(head.root);
  return kernel;
}

/** Commits what the kernel has as the state of a height, by default the next. */
export function appendBlock({ database, kernel }: StoredState, height: bigint = (database.height ?? -1n) + 1n): void {
  const { stateRoot, changes } = kernel.commit();
  database.append({ number: height, root: stateRoot, change: changes });
}

/** Accounts 0 to `accounts` − 1 (see `addressOf`), in steps that are blocks, or change the head's own state. */
export async function fill(state: StoredState, accounts: number, amends: boolean = false): Promise<void> {
  for (let first = 0; first < accounts; first += FILL_STEP) {
    for (let index = first; index < Math.min(first + FILL_STEP, accounts); index++) {
      state.kernel.override(addressOf(index), { nonce: 1n, balance: FIRST_BALANCE });
    }
    appendBlock(state, amends ? state.database.height : undefined);
    await state.database.backpressure();
  }
  await state.database.flush();
}

export function accountHashOf(index: number): Uint8Array {
  return keccak256(addressOf(index));
}
