/**
 * Hashes and senders of transactions seen lately, by their bytes: a pool's check and the execution ask for the same, and
 * comparing a transaction is several times cheaper than hashing it. Longer ones are compared by their hash. Whoever aims
 * at collisions only loses what is gained here.
 */
import { keccak256 } from "../crypto/keccak";
import { reserve } from "../memory/heap";
import { copy32, copyAddress } from "../u256/word";
import { Transaction, fromPtr, hashPtr } from "./transaction";

/**
 * As many as a large block has, in sets of two, the newer one first. An entry: bytes or hash of the transaction 192 · hash 32 ·
 * sender 24 · number of the bytes u32.
 */
const SETS_LOG2: u32 = 13;
const SET_LOG2: u32 = 9;
const ENTRY_SIZE: usize = 256;
const MOST_BYTES: u32 = 192;
const LEAST_BYTES: u32 = 8;
const HASH: usize = 192;
const SENDER: usize = 224;
const LENGTH: usize = 248;

let sets: usize = 0;

/** Reserves the table. Once per instance. */
export function initKnown(): void {
  if (!GUEST) sets = reserve(<usize>1 << (SETS_LOG2 + SET_LOG2));
}

/** The table, for `useKnown` of another instance over the same memory. */
export function knownTransactions(): usize {
  return sets;
}

/** Looks transactions up where another instance keeps them; this one adds nothing while they share the state. */
export function useKnown(table: usize): void {
  sets = table;
}

/** Sets the hash of a decoded transaction, and its sender where that is known. */
export function identify(tx: Transaction): void {
  const isLong = tx.rawLength > MOST_BYTES;
  if (GUEST || isLong) keccak256(tx.raw, tx.rawLength, hashPtr(tx));
  if (GUEST) return;
  const entry = find(tx.raw, tx.rawLength, hashPtr(tx));
  if (entry == 0) {
    if (!isLong) keccak256(tx.raw, tx.rawLength, hashPtr(tx));
    return;
  }
  copy32(hashPtr(tx), entry + HASH);
  copyAddress(fromPtr(tx), entry + SENDER);
  tx.isSenderKnown = true;
}

/** Adds a transaction whose sender was recovered. */
export function rememberSender(tx: Transaction): void {
  if (GUEST || tx.isSenderKnown) return;
  remember(tx.raw, tx.rawLength, hashPtr(tx), fromPtr(tx));
}

/** Adds an encoded transaction of which another instance found out hash and sender. */
export function learnSender(raw: usize, length: u32, hash: usize, sender: usize): void {
  if (length >= LEAST_BYTES && find(raw, length, hash) == 0) remember(raw, length, hash, sender);
}

function remember(raw: usize, length: u32, hash: usize, sender: usize): void {
  const entry = setOf(raw, length);
  memory.copy(entry + ENTRY_SIZE, entry, ENTRY_SIZE);
  memory.copy(entry, keyOf(raw, length, hash), keyLength(length));
  copy32(entry + HASH, hash);
  copyAddress(entry + SENDER, sender);
  store<u32>(entry, length, LENGTH);
}

// @ts-ignore: decorator
@inline
function keyOf(raw: usize, length: u32, hash: usize): usize {
  return length > MOST_BYTES ? hash : raw;
}

// @ts-ignore: decorator
@inline
function keyLength(length: u32): u32 {
  return length > MOST_BYTES ? 32 : length;
}

/** A transaction ends with its signature. */
// @ts-ignore: decorator
@inline
function setOf(raw: usize, length: u32): usize {
  const end = load<u32>(raw + length - 4);
  return sets + (<usize>(end & ((1 << SETS_LOG2) - 1)) << SET_LOG2);
}

function find(raw: usize, length: u32, hash: usize): usize {
  if (length < LEAST_BYTES) return 0;
  const entry = setOf(raw, length);
  if (holds(entry, raw, length, hash)) return entry;
  return holds(entry + ENTRY_SIZE, raw, length, hash) ? entry + ENTRY_SIZE : 0;
}

function holds(entry: usize, raw: usize, length: u32, hash: usize): bool {
  if (load<u32>(entry, LENGTH) != length) return false;
  const key = keyOf(raw, length, hash);
  const last = <usize>keyLength(length) - 8;
  for (let at: usize = 0; at < last; at += 8) if (load<u64>(entry + at) != load<u64>(key + at)) return false;
  return load<u64>(entry + last) == load<u64>(key + last);
}
