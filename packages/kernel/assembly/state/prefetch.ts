/**
 * Loading ahead what transactions will need. A look-up in a large state misses the processor's caches twice, in the
 * index and then in the record, and the second miss waits for the first. Here the look-ups of a group take their steps
 * together, so that the misses of a step overlap; whoever looks again finds everything in the caches.
 */
import { reserve } from "../memory/heap";
import { hashAddress, hashKey } from "../table/siphash";
import { Table, homeSlot } from "../table/table";
import { loadBE } from "../u256/word";
import { baseAccount, baseAccountAt } from "./base-account";
import { baseSlot } from "./base-slot";
import { accounts, slots } from "./records";

/** About as many look-ups as a processor can have misses under way. */
const GROUP: u32 = 32;
const ADDRESS_SIZE: usize = 20;
/** Of a slot that is asked for: place of the account's address u32 · key 32, big-endian. */
const SLOT_SIZE: usize = 36;
/** A record's second cache line, whose contents a look-up or its user reads. */
const SECOND_LINE: usize = 80;

/** Of the look-ups of a group: hashes, storage records, keys as words. */
let hashes: usize = 0;
let storages: usize = 0;
let keys: usize = 0;
/** What was read to no other end, so that no compiler leaves it out. */
let touched: u64 = 0;

function initPrefetch(): void {
  hashes = reserve(GROUP << 3);
  storages = reserve(GROUP << 2);
  keys = reserve(GROUP << 5);
}

/** Records of accounts and slots in memory. */
export function recordCount(): u32 {
  return accounts.count + slots.count;
}

/** Looks up, or loads, `count` accounts, whose addresses follow each other; outside a transaction. */
export function prefetchAccounts(addresses: usize, count: u32): void {
  if (hashes == 0) initPrefetch();
  let first = addresses;
  for (let left = count; left > 0; ) {
    const group = min(left, GROUP);
    for (let i: u32 = 0; i < group; i++) setHash(i, hashAddress(first + i * ADDRESS_SIZE));
    touch(accounts, group);
    for (let i: u32 = 0; i < group; i++) baseAccount(first + i * ADDRESS_SIZE, hashAt(i));
    first += group * ADDRESS_SIZE;
    left -= group;
  }
}

/** Looks up, or loads, `count` slots of accounts among the addresses; outside a transaction. */
export function prefetchSlots(addresses: usize, sought: usize, count: u32): void {
  if (hashes == 0) initPrefetch();
  let first = sought;
  for (let left = count; left > 0; ) {
    const group = min(left, GROUP);
    for (let i: u32 = 0; i < group; i++) seekSlot(i, addresses, first + i * SLOT_SIZE);
    touch(slots, group);
    for (let i: u32 = 0; i < group; i++) {
      const storage = <usize>load<u32>(storages + (i << 2));
      if (storage != 0) baseSlot(storage, keys + (i << 5), hashAt(i));
    }
    first += group * SLOT_SIZE;
    left -= group;
  }
}

/** An account without storage has no slots to load. */
function seekSlot(index: u32, addresses: usize, sought: usize): void {
  const storage = baseAccountAt(addresses + <usize>load<u32>(sought) * ADDRESS_SIZE).storage;
  const key = keys + (index << 5);
  loadBE(key, sought + 4);
  store<u32>(storages + (index << 2), <u32>storage);
  setHash(index, hashKey(storage, key));
}

/** Brings what the look-ups of a group will read into the processor's caches; mostly, for probing may go on. */
function touch(table: Table, group: u32): void {
  let sum: u64 = 0;
  for (let i: u32 = 0; i < group; i++) sum ^= homeSlot(table, hashAt(i));
  for (let i: u32 = 0; i < group; i++) {
    const record = <usize>homeSlot(table, hashAt(i));
    sum ^= load<u64>(record) ^ load<u64>(record, SECOND_LINE);
  }
  touched ^= sum;
}

// @ts-ignore: decorator
@inline
function hashAt(index: u32): u64 {
  return load<u64>(hashes + (index << 3));
}

// @ts-ignore: decorator
@inline
function setHash(index: u32, hash: u64): void {
  store<u64>(hashes + (index << 3), hash);
}
