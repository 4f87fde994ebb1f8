/** Accounts of the base state: finding their records, and filling them in at the first access. */
import { keccak256 } from "../crypto/keccak";
import { ITEM, ITEM_LENGTH, ITEM_U64, readBytes, readFixed, readList, readU256, readU64 } from "../encoding/rlp";
import { reserve } from "../memory/heap";
import { SHARING, lockState, unlockState } from "../memory/sharing";
import { hashAddress } from "../table/siphash";
import { firstRecord, nextRecord } from "../table/table";
import { allocateNode, freeNode } from "../trie/node";
import { EMPTY_ROOT, FOUND, FOUND_LENGTH, trieGet } from "../trie/trie";
import { copy32, eq32, zero32 } from "../u256/word";
import {
  ACCOUNT_SIZE,
  BaseAccount,
  EMPTY_CODE_HASH,
  FLAT,
  HELD,
  IN_STATE,
  REACHED,
  Storage,
  accountVersions,
  baseBalance,
  baseCodeHash,
  hashedAddress,
  sameAddress,
  setStorages,
} from "./base-records";
import { newStorage } from "./base-storage";
import { flatAccount } from "./host";
import { STATE_TRIE, accounts, addRecord } from "./records";

/** Longer than any flat entry: a list of two numbers and two hashes. */
const FLAT_CAPACITY: u32 = 128;

let flatEntry: usize = 0;
let scratch: usize = 0;

/** Once per instance. */
export function initBaseAccounts(): void {
  flatEntry = reserve(FLAT_CAPACITY);
  scratch = reserve(32);
}

/** The record of an address; `hash` is hashAddress of it. */
export function baseAccount(address: usize, hash: u64): BaseAccount {
  const known = knownAccount(address, hash);
  if (known != 0) {
    const a = changetype<BaseAccount>(known);
    if ((a.flags & REACHED) == 0) a.flags |= REACHED;
    return a;
  }
  lockState();
  const late = GUEST || !SHARING ? 0 : knownAccount(address, hash);
  const loaded = late != 0 ? changetype<BaseAccount>(late) : loadAccount(address);
  if (late == 0) addRecord(accounts, hash, changetype<usize>(loaded));
  unlockState();
  return loaded;
}

// @ts-ignore: decorator
@inline
function knownAccount(address: usize, hash: u64): usize {
  let record = firstRecord(accounts, hash);
  while (record != 0 && !sameAddress(record, address)) record = nextRecord(accounts, hash);
  return record;
}

export function baseAccountAt(address: usize): BaseAccount {
  return baseAccount(address, hashAddress(address));
}

function loadAccount(address: usize): BaseAccount {
  const a = changetype<BaseAccount>(allocateNode(ACCOUNT_SIZE));
  a.address0 = load<u64>(address);
  a.address1 = load<u64>(address, 8);
  a.address2 = load<u32>(address, 16);
  a.nonce = 0;
  a.storage = 0;
  a.code = 0;
  a.flags = REACHED;
  a.saved = 0;
  setStorages(a, 0);
  store<u32>(accountVersions(a), 0);
  zero32(baseBalance(a));
  copy32(baseCodeHash(a), EMPTY_CODE_HASH);
  keccak256(address, 20, hashedAddress(a));
  const length = flatAccount(hashedAddress(a), flatEntry);
  if (length > 0) decodeAccount(a, flatEntry, <u32>length, true);
  else if (length < 0 && trieGet(STATE_TRIE, hashedAddress(a), 64)) decodeAccount(a, FOUND, FOUND_LENGTH, false);
  return a;
}

/**
 * Fills a record from [nonce, balance, storage root, code hash], the trie's value; `slim` as the host's flat entry has
 * it, with no bytes for the root of an empty trie and the hash of no code. Traps when the database is corrupt.
 */
function decodeAccount(a: BaseAccount, value: usize, length: u32, slim: bool): void {
  const end = value + length;
  if (readList(value, end) != end) unreachable();
  let at = readU64(ITEM, end);
  a.nonce = ITEM_U64;
  if (at != 0) at = readU256(at, end, baseBalance(a));
  if (at != 0) at = readHash(at, end, slim, EMPTY_ROOT, scratch);
  if (at != 0) at = readHash(at, end, slim, EMPTY_CODE_HASH, baseCodeHash(a));
  if (at != end) unreachable();
  a.flags |= IN_STATE;
  if (eq32(scratch, EMPTY_ROOT)) return;
  a.storage = newStorage(a, scratch);
  a.saved = a.storage;
  changetype<Storage>(a.storage).flags = FLAT | HELD;
}

function readHash(at: usize, end: usize, slim: bool, absent: usize, out: usize): usize {
  if (!slim) return readFixed(at, end, 32, out);
  const next = readBytes(at, end);
  if (next == 0 || (ITEM_LENGTH != 0 && ITEM_LENGTH != 32)) return 0;
  copy32(out, ITEM_LENGTH == 0 ? absent : ITEM);
  return next;
}

/** Frees a record that nothing refers to; the table is the caller's. */
export function freeAccount(a: BaseAccount): void {
  freeNode(changetype<usize>(a), ACCOUNT_SIZE);
}
