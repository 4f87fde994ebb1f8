import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { encodeRlp, keccak256 } from "@hyperion/kernel";
import { Database, type LoadedAccount } from "@hyperion/metisdb";
import { balanceSlot, TOKEN, tokenCode } from "./token.ts";
import { addressOf } from "./trie.ts";

const HASH = 32;
const NOTHING = new Uint8Array(0);
/** Nonce 1, 2⁶³ wei, slim. */
const ACCOUNT = encodeRlp([Uint8Array.of(1), Uint8Array.of(0x80, 0, 0, 0, 0, 0, 0, 0), NOTHING, NOTHING]);
/** What each holder has of the token: 2⁴⁰. */
const HOLDING = Uint8Array.of(1, 0, 0, 0, 0, 0);
/** Changes with what `makeLargeState` makes and with the database's format. */
const VERSION = 2;

/**
 * A database with accounts 0 to `accounts` − 1 (see `addressOf`) and a token that all of them hold, so as many slots. Made once and
 * kept in the user's cache; what a run changed is rolled back.
 */
export async function openLargeState(accounts: number, log: (line: string) => void): Promise<Database> {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const directory = join(cache, "hyperion", "bench", `large-${VERSION}-${accounts}`);
  if (!existsSync(directory)) await makeLargeState(directory, accounts, log);
  const database = Database.open(directory, { durability: "os" });
  if (database.height! > 0n) database.rollback(0n);
  await database.flush();
  return database;
}

async function makeLargeState(directory: string, accounts: number, log: (line: string) => void): Promise<void> {
  const started = performance.now();
  const partial = `${directory}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  log(`making ${accounts} accounts and as many slots in ${directory}`);
  const code = tokenCode();
  await Database.load(partial, 0n, inOrder(accounts, keccak256(code)), [code]);
  renameSync(partial, directory);
  log(`made in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

function* inOrder(accounts: number, codeHash: Uint8Array): Generator<LoadedAccount> {
  const token = keccak256(TOKEN);
  const contract = encodeRlp([Uint8Array.of(1), NOTHING, NOTHING, codeHash]);
  let pending: LoadedAccount | undefined = { accountHash: token, account: contract, slots: holdings(accounts) };
  for (const accountHash of sortedHashes(accounts, (index) => keccak256(addressOf(index)))) {
    if (pending && Buffer.compare(token, accountHash) < 0) {
      yield pending;
      pending = undefined;
    }
    yield { accountHash, account: ACCOUNT };
  }
  if (pending) yield pending;
}

function* holdings(accounts: number): Generator<readonly [Uint8Array, Uint8Array]> {
  const hashes = sortedHashes(accounts, (index) => keccak256(balanceSlot(addressOf(index))));
  for (const slotHash of hashes) yield [slotHash, HOLDING];
}

function* sortedHashes(count: number, hashOf: (index: number) => Uint8Array): Generator<Uint8Array> {
  const hashes = Buffer.alloc(count * HASH);
  const heads = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    hashes.set(hashOf(index), index * HASH);
    heads[index] = hashes.readUIntBE(index * HASH, 6);
  }
  const at = (index: number): Buffer => hashes.subarray(index * HASH, (index + 1) * HASH);
  const order = new Uint32Array(count).map((_, index) => index);
  order.sort((a, b) => heads[a]! - heads[b]! || Buffer.compare(at(a), at(b)));
  for (const index of order) yield new Uint8Array(at(index));
}
