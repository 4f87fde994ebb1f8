/**
 * The base state: what every finished transaction left, as records of accounts, slots and code over the state trie.
 * Records are made at the first access (table → flat entry of the host → trie), absent ones too. They stay until openState
 * or until eviction between blocks, so that within a block their addresses are stable and serve as identity.
 *
 * An account whose storage is wiped gets a new storage record: the slots of the old one are no longer found, and undoing
 * the wipe is putting the old record back.
 */
import { keccak256 } from "../crypto/keccak";
import { ITEM, ITEM_LENGTH, ITEM_U64, readBytes, readFixed, readList, readU256, readU64 } from "../encoding/rlp";
import { codeBytes, codeLength, newCode } from "../evm/code";
import { stateAlloc } from "../memory/arena";
import { reserve } from "../memory/heap";
import { SHARING, abandon, lockState, unlockState } from "../memory/sharing";
import { hashAddress, hashKey } from "../table/siphash";
import {
  Table,
  clearTable,
  firstRecord,
  insertInPlace,
  insertRecord,
  isCrowded,
  makeRoom,
  newTable,
  nextRecord,
} from "../table/table";
import { nodeBuffer, nodeBufferCapacity } from "../trie/codec";
import { preimage } from "../trie/host";
import { emitCode, emitsChanges } from "../trie/emit";
import { allocateNode, freeNode, linkReference } from "../trie/node";
import { EMPTY_ROOT, FOUND, FOUND_LENGTH, TRIE_SIZE, freeTrie, openTrie, ownTrie, trieGet, trieIsEmpty } from "../trie/trie";
import { copy32, eq32, loadBE, storeBE, zero32 } from "../u256/word";
import { flatAccount, flatSlot } from "./host";

/** keccak256 of no bytes. */
export const EMPTY_CODE_HASH: usize = memory.data<u8>([
  0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d, 0xb2, 0xdc, 0xc7, 0x03, 0xc0, 0xe5, 0x00, 0xb6,
  0x53, 0xca, 0x82, 0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70,
]);

/** The account is in the state (it may still be empty, before EIP-161). */
export const IN_STATE: u32 = 1;
/** In a list of records that the trie is behind of. */
export const DIRTY: u32 = 2;
/** In the list of accounts with nodes or code that the host has not been given. */
export const UNSAVED_ACCOUNT: u32 = 4;
/** The account's code was set since it was last saved. */
export const NEW_CODE: u32 = 8;
/** The slot's hashed key is filled in. */
const HASHED: u32 = 16;
/** What the state holds of the record changed since the last commit. Slots are in their storage's list then. */
export const CHANGED: u32 = 32;
/** Used since eviction last passed the record. */
export const REACHED: u32 = 64;

/** Followed by the words balance, code hash and hashed address. */
@unmanaged
export class BaseAccount {
  address0: u64;
  address1: u64;
  address2: u64;
  nonce: u64;
  /** Storage record, 0 = none needed yet: storage is empty. */
  storage: usize;
  /** Code blob, 0 = not loaded. */
  code: usize;
  flags: u32;
  nextDirty: usize;
  nextUnsaved: usize;
  /** Storage record at the last commit: the one whose entries the host has. */
  saved: usize;
}

const ACCOUNT_SIZE: usize = 160;
export const HASHED_ADDRESS_OFFSET: usize = 120;
const STORAGES_OFFSET: usize = 152;
const VERSIONS_OFFSET: usize = 156;

/** Where the versions hang that transactions of a running batch made of the account (versions.ts), a word; 0 = none. */
// @ts-ignore: decorator
@inline
export function accountVersions(a: BaseAccount): usize {
  return changetype<usize>(a) + VERSIONS_OFFSET;
}

/** Newest storage record made for the account; the current one and those that were dropped. */
// @ts-ignore: decorator
@inline
export function storagesOf(a: BaseAccount): usize {
  return <usize>load<u32>(changetype<usize>(a), STORAGES_OFFSET);
}

// @ts-ignore: decorator
@inline
export function setStorages(a: BaseAccount, newest: usize): void {
  store<u32>(changetype<usize>(a), <u32>newest, STORAGES_OFFSET);
}

// @ts-ignore: decorator
@inline
export function baseBalance(a: BaseAccount): usize {
  return changetype<usize>(a) + 56;
}

// @ts-ignore: decorator
@inline
export function baseCodeHash(a: BaseAccount): usize {
  return changetype<usize>(a) + 88;
}

// @ts-ignore: decorator
@inline
export function hashedAddress(a: BaseAccount): usize {
  return changetype<usize>(a) + HASHED_ADDRESS_OFFSET;
}

/** The trie record comes first: a storage record's address is its trie's. */
@unmanaged
export class Storage {
  private trie0: u64;
  private trie1: u64;
  private trie2: u64;
  private trie3: u64;
  private trie4: u64;
  private trie5: u64;
  account: usize;
  firstDirty: usize;
  /** Newest slot that changed since the last commit. */
  firstChanged: usize;
  /** Older storage record of the account. */
  older: usize;
  /** Next in the list of large storages. */
  nextLarge: usize;
  /** Slot records in the table. */
  slots: u32;
  flags: u32;
}

/** The host's flat entries are those of this storage, but for what changed since the last commit. */
const FLAT: u32 = 1;
/** The host has slots of this storage. */
const HELD: u32 = 2;
/** In the list of large storages. */
export const LARGE: u32 = 4;
/** Slot records from which on a storage is large: its trie is evicted in parts. */
const LARGE_SLOTS: u32 = 2048;

/** Begins with the words key, value and hashed key. */
@unmanaged
export class BaseSlot {
  private key0: u64;
  private key1: u64;
  private key2: u64;
  private key3: u64;
  private value0: u64;
  private value1: u64;
  private value2: u64;
  private value3: u64;
  private hashed0: u64;
  private hashed1: u64;
  private hashed2: u64;
  private hashed3: u64;
  storage: usize;
  nextDirty: usize;
  nextChanged: usize;
  flags: u32;
  /** As `accountVersions`. */
  versions: u32;
}

export const HASHED_KEY_OFFSET: usize = 64;

// @ts-ignore: decorator
@inline
export function baseValue(s: BaseSlot): usize {
  return changetype<usize>(s) + 32;
}

/** keccak256 of the slot's key: its place in the storage trie. */
export function hashedKey(s: BaseSlot): usize {
  const hashed = changetype<usize>(s) + HASHED_KEY_OFFSET;
  if ((s.flags & HASHED) == 0) {
    s.flags |= HASHED;
    storeBE(hashed, changetype<usize>(s));
    keccak256(hashed, 32, hashed);
  }
  return hashed;
}

/** Code by hash; the hash is at the record's address. */
@unmanaged
class CodeRecord {
  private hash0: u64;
  private hash1: u64;
  private hash2: u64;
  private hash3: u64;
  code: usize;
  /** The host has it. */
  saved: bool;
}

/** For eviction, which goes over their records. */
export let accounts: Table = changetype<Table>(0);
export let slots: Table = changetype<Table>(0);
let codes: Table = changetype<Table>(0);
let emptyCode: usize = 0;
let hashScratch: usize = 0;
let flatEntry: usize = 0;

/** Word: newest of the large storages. */
let largest: usize = 0;

/** The trie from hashed addresses to accounts. */
export let STATE_TRIE: usize = 0;

const INITIAL_LOG2: u32 = 8;
/** Longer than any flat entry: a list of two numbers and two hashes. */
const FLAT_CAPACITY: u32 = 128;

/** Once per instance. */
export function initRecords(): void {
  accounts = newTable(INITIAL_LOG2);
  slots = newTable(INITIAL_LOG2);
  codes = newTable(INITIAL_LOG2);
  hashScratch = reserve(64);
  flatEntry = reserve(FLAT_CAPACITY);
  largest = reserve(4);
  STATE_TRIE = reserve(TRIE_SIZE);
}

/** Bytes that `shareRecords` writes. */
export const SHARED_RECORDS: usize = 24;

/** Writes where the records are to `out`, for `adoptRecords` of another instance. */
export function shareRecords(out: usize): void {
  store<u32>(out, <u32>changetype<usize>(accounts));
  store<u32>(out, <u32>changetype<usize>(slots), 4);
  store<u32>(out, <u32>changetype<usize>(codes), 8);
  store<u32>(out, <u32>largest, 12);
  store<u32>(out, <u32>STATE_TRIE, 16);
  store<u32>(out, <u32>noCode(), 20);
}

/** Uses the records of another instance over the same memory. */
export function adoptRecords(at: usize): void {
  accounts = changetype<Table>(<usize>load<u32>(at));
  slots = changetype<Table>(<usize>load<u32>(at, 4));
  codes = changetype<Table>(<usize>load<u32>(at, 8));
  largest = load<u32>(at, 12);
  STATE_TRIE = load<u32>(at, 16);
  emptyCode = load<u32>(at, 20);
}

/** Makes room for what `count` transactions may load, since shared tables do not grow. */
export function makeRoomFor(count: u32): void {
  makeRoom(accounts, count * 8 + 4096);
  makeRoom(slots, count * 16 + 4096);
  makeRoom(codes, count + 1024);
}

/** Newest of the large storages. */
export function firstLarge(): usize {
  return load<u32>(largest);
}

/** Adds a record; under the lock of the state. */
function addRecord(table: Table, hash: u64, record: usize): void {
  if (GUEST || !SHARING) {
    insertRecord(table, hash, record);
    return;
  }
  if (isCrowded(table)) abandon();
  insertInPlace(table, hash, record);
}

/** Forgets every record; their memory is the caller's to free. */
export function resetRecords(): void {
  clearTable(accounts);
  clearTable(slots);
  clearTable(codes);
  emptyCode = 0;
  store<u32>(largest, 0);
}

// @ts-ignore: decorator
@inline
export function sameAddress(a: usize, b: usize): bool {
  return load<u64>(a) == load<u64>(b) && load<u64>(a, 8) == load<u64>(b, 8) && load<u32>(a, 16) == load<u32>(b, 16);
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
  if (at != 0) at = readHash(at, end, slim, EMPTY_ROOT, hashScratch);
  if (at != 0) at = readHash(at, end, slim, EMPTY_CODE_HASH, baseCodeHash(a));
  if (at != end) unreachable();
  a.flags |= IN_STATE;
  if (eq32(hashScratch, EMPTY_ROOT)) return;
  a.storage = newStorage(a, hashScratch);
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

function newStorage(a: BaseAccount, root: usize): usize {
  const s = changetype<Storage>(allocateNode(offsetof<Storage>()));
  openTrie(changetype<usize>(s), root);
  ownTrie(changetype<usize>(s), hashedAddress(a), emitsChanges());
  s.account = changetype<usize>(a);
  s.firstDirty = 0;
  s.firstChanged = 0;
  s.older = storagesOf(a);
  s.nextLarge = 0;
  s.slots = 0;
  s.flags = 0;
  setStorages(a, changetype<usize>(s));
  return changetype<usize>(s);
}

/**
 * Notes that the account's storage is what the host has from now on. True when the host had slots of another one, which
 * are void.
 */
export function settleStorage(a: BaseAccount): bool {
  const current = a.flags & IN_STATE ? a.storage : 0;
  const before = a.saved;
  a.saved = current;
  const wiped = before != 0 && before != current && (changetype<Storage>(before).flags & HELD) != 0;
  if (current != 0) {
    const s = changetype<Storage>(current);
    s.flags = (s.flags & LARGE) | FLAT | (trieIsEmpty(current) ? 0 : HELD);
  }
  return wiped;
}

/** Root of the account's sealed storage, address of 32 bytes. */
export function sealedRoot(a: BaseAccount): usize {
  return a.storage == 0 ? EMPTY_ROOT : linkReference(a.storage);
}

/** The account's storage record, made if there is none. Its address is the namespace of the slots. */
// @ts-ignore: decorator
@inline
export function storageOf(a: BaseAccount): usize {
  if (a.storage == 0) a.storage = newStorage(a, EMPTY_ROOT);
  return a.storage;
}

/** As storageOf, where instances share the state: `holder` is the word that holds the storage record of the account. */
export function sharedStorage(a: BaseAccount, holder: usize): usize {
  if (load<u32>(holder) == 0) {
    lockState();
    if (load<u32>(holder) == 0) store<u32>(holder, <u32>newStorage(a, EMPTY_ROOT));
    unlockState();
  }
  return load<u32>(holder);
}

/** The record of a slot; `hash` is hashKey(storage, key). */
export function baseSlot(storage: usize, key: usize, hash: u64): BaseSlot {
  const known = knownSlot(storage, key, hash);
  if (known != 0) {
    const s = changetype<BaseSlot>(known);
    if ((s.flags & REACHED) == 0) s.flags |= REACHED;
    return s;
  }
  lockState();
  const late = GUEST || !SHARING ? 0 : knownSlot(storage, key, hash);
  const loaded = late != 0 ? changetype<BaseSlot>(late) : loadSlot(storage, key);
  if (late == 0) {
    addRecord(slots, hash, changetype<usize>(loaded));
    const holder = changetype<Storage>(storage);
    if (++holder.slots >= LARGE_SLOTS && (holder.flags & LARGE) == 0) listLarge(holder);
  }
  unlockState();
  return loaded;
}

// @ts-ignore: decorator
@inline
function knownSlot(storage: usize, key: usize, hash: u64): usize {
  let record = firstRecord(slots, hash);
  while (record != 0 && !(changetype<BaseSlot>(record).storage == storage && eq32(record, key))) {
    record = nextRecord(slots, hash);
  }
  return record;
}

export function baseSlotAt(storage: usize, key: usize): BaseSlot {
  return baseSlot(storage, key, hashKey(storage, key));
}

function listLarge(storage: Storage): void {
  storage.flags |= LARGE;
  storage.nextLarge = firstLarge();
  store<u32>(largest, <u32>changetype<usize>(storage));
}

function unlistLarge(storage: Storage): void {
  const at = changetype<usize>(storage);
  if (firstLarge() == at) {
    store<u32>(largest, <u32>storage.nextLarge);
    return;
  }
  let before = changetype<Storage>(firstLarge());
  while (before.nextLarge != at) before = changetype<Storage>(before.nextLarge);
  before.nextLarge = storage.nextLarge;
}

/** The three below free records that nothing refers to; the tables are the caller's. */
export function freeSlot(s: BaseSlot): void {
  changetype<Storage>(s.storage).slots--;
  freeNode(changetype<usize>(s), offsetof<BaseSlot>());
}

export function freeStorage(storage: Storage): void {
  if (storage.flags & LARGE) unlistLarge(storage);
  freeTrie(changetype<usize>(storage));
  freeNode(changetype<usize>(storage), offsetof<Storage>());
}

export function freeAccount(a: BaseAccount): void {
  freeNode(changetype<usize>(a), ACCOUNT_SIZE);
}

function loadSlot(storage: usize, key: usize): BaseSlot {
  const s = changetype<BaseSlot>(allocateNode(offsetof<BaseSlot>()));
  copy32(changetype<usize>(s), key);
  zero32(baseValue(s));
  s.storage = storage;
  s.flags = REACHED;
  s.versions = 0;
  if (trieIsEmpty(storage)) return s;
  if (changetype<Storage>(storage).flags & FLAT && readFlatSlot(s)) return s;
  if (trieGet(storage, hashedKey(s), 64) && readU256(FOUND, FOUND + FOUND_LENGTH, baseValue(s)) != FOUND + FOUND_LENGTH) {
    unreachable();
  }
  return s;
}

/** Whether the host has flat entries; fills in the value then. */
function readFlatSlot(s: BaseSlot): bool {
  const account = changetype<BaseAccount>(changetype<Storage>(s.storage).account);
  const length = flatSlot(hashedAddress(account), hashedKey(s), hashScratch + 32);
  if (length < 0) return false;
  if (length > 32) unreachable();
  zero32(hashScratch);
  loadBE(baseValue(s), hashScratch + <usize>length);
  return true;
}

function findCode(hash: usize): CodeRecord {
  const tag = hashKey(0, hash);
  let record = firstRecord(codes, tag);
  while (record != 0 && !eq32(record, hash)) record = nextRecord(codes, tag);
  return changetype<CodeRecord>(record);
}

function addCode(hash: usize, bytes: usize, length: u32, saved: bool): CodeRecord {
  const record = changetype<CodeRecord>(stateAlloc(offsetof<CodeRecord>()));
  copy32(changetype<usize>(record), hash);
  record.code = newCode(bytes, length);
  record.saved = saved;
  addRecord(codes, hashKey(0, hash), changetype<usize>(record));
  return record;
}

/** Blob of the code with this hash; loads it from the host. */
export function codeByHash(hash: usize): usize {
  if (eq32(hash, EMPTY_CODE_HASH)) return noCode();
  const known = findCode(hash);
  if (changetype<usize>(known) != 0) return known.code;
  lockState();
  const late = findCode(hash);
  const code = changetype<usize>(late) != 0 ? late.code : loadCode(hash);
  unlockState();
  return code;
}

function loadCode(hash: usize): usize {
  let length = preimage(hash, nodeBuffer(0x10000), nodeBufferCapacity());
  if (length > <i32>nodeBufferCapacity()) length = preimage(hash, nodeBuffer(<usize>length), nodeBufferCapacity());
  if (length < 0) unreachable();
  return addCode(hash, nodeBuffer(0), <u32>length, true).code;
}

/** Blob of code that an execution or override brought; `hash` is its keccak256. */
export function codeFromBytes(hash: usize, bytes: usize, length: u32): usize {
  if (length == 0) return noCode();
  const known = findCode(hash);
  if (changetype<usize>(known) != 0) return known.code;
  lockState();
  const late = findCode(hash);
  const code = changetype<usize>(late) != 0 ? late.code : addCode(hash, bytes, length, false).code;
  unlockState();
  return code;
}

/** Gives the account's code to the host if it does not have it. */
export function saveCode(a: BaseAccount): void {
  if (eq32(baseCodeHash(a), EMPTY_CODE_HASH)) return;
  const record = findCode(baseCodeHash(a));
  if (changetype<usize>(record) == 0 || record.saved) return;
  record.saved = true;
  emitCode(baseCodeHash(a), codeBytes(record.code), codeLength(record.code));
}

function noCode(): usize {
  if (emptyCode == 0) emptyCode = newCode(0, 0);
  return emptyCode;
}
