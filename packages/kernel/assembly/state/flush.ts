/** Changed records into the tries. */
import { u256Bytes, u256Size, u64Size, writeBytes, writeListHeader, writeU256, writeU64 } from "../encoding/rlp";
import { reserve } from "../memory/heap";
import { canHashTogether, hashLater, hashListed } from "../parallel/hash";
import { emitAccount, emitSlot, emitWiped, emitsChanges } from "../trie/emit";
import { sealSubtree, sealTrie } from "../trie/seal";
import { EMPTY_ROOT, trieDelete, triePut } from "../trie/trie";
import { eq32, isZero32, storeBE } from "../u256/word";
import { BUCKETS, BUCKET_NIBBLES, bucket, group, initBuckets, worthGrouping } from "./buckets";
import {
  BaseAccount,
  BaseSlot,
  CHANGED,
  DIRTY,
  EMPTY_CODE_HASH,
  HASHED_ADDRESS_OFFSET,
  HASHED_KEY_OFFSET,
  IN_STATE,
  NEW_CODE,
  Storage,
  UNSAVED_ACCOUNT,
  baseBalance,
  baseCodeHash,
  baseValue,
  hashedAddress,
  hashedKey,
} from "./base-records";
import { sealedRoot, settleStorage } from "./base-storage";
import { saveCode } from "./code";
import { STATE_TRIE } from "./records";
import { FIRST_DIRTY, clearDirty } from "./undo";

/** Changed records from which on hashing is shared out. */
const WORTH_SHARING: u32 = 256;

/** Nodes of storage tries and code that the host has not been given hang on these accounts. */
let firstUnsaved: usize = 0;
let encoding: usize = 0;

/** Once per instance. */
export function initFlush(): void {
  encoding = reserve(128);
  initBuckets();
}

/** Forgets what is unsaved, with the records themselves. */
export function resetFlush(): void {
  firstUnsaved = 0;
}

/**
 * Writes an account's changed slots to its storage trie. Removals go last: a removal may have to load a sibling that a
 * witness need not contain when an insertion keeps the branch alive.
 */
export function flushStorage(storage: usize, save: bool): void {
  flushSlots(storage, true, save);
}

/** `seal`: hashes subtrees as soon as they are complete, which with `save` are handed to the host. */
function flushSlots(storage: usize, seal: bool, save: bool): void {
  const record = changetype<Storage>(storage);
  const first = record.firstDirty;
  record.firstDirty = 0;
  if (!worthGrouping(first, offsetof<BaseSlot>("nextDirty"))) {
    putSlots(storage, first);
    return;
  }
  for (let at = first; at != 0; at = changetype<BaseSlot>(at).nextDirty) hashedKey(changetype<BaseSlot>(at));
  group(first, offsetof<BaseSlot>("nextDirty"), HASHED_KEY_OFFSET);
  for (let i: u32 = 0; i < BUCKETS; i++) {
    const inBucket = bucket(i);
    if (inBucket == 0) continue;
    putSlots(storage, inBucket);
    if (seal) sealSubtree(storage, hashedKey(changetype<BaseSlot>(inBucket)), BUCKET_NIBBLES, save);
  }
}

function putSlots(storage: usize, first: usize): void {
  for (let at = first; at != 0; at = changetype<BaseSlot>(at).nextDirty) {
    const s = changetype<BaseSlot>(at);
    s.flags &= ~DIRTY;
    if (isZero32(baseValue(s))) continue;
    const end = writeU256(encoding, baseValue(s));
    if (triePut(storage, hashedKey(s), 64, encoding, <u32>(end - encoding))) listChanged(s);
  }
  for (let at = first; at != 0; at = changetype<BaseSlot>(at).nextDirty) {
    const s = changetype<BaseSlot>(at);
    if (isZero32(baseValue(s)) && trieDelete(storage, hashedKey(s), 64)) listChanged(s);
  }
}

function listChanged(s: BaseSlot): void {
  if (s.flags & CHANGED || !emitsChanges()) return;
  const storage = changetype<Storage>(s.storage);
  s.flags |= CHANGED;
  s.nextChanged = storage.firstChanged;
  storage.firstChanged = changetype<usize>(s);
}

/** Hands over the flat entries of the changed slots. */
function emitSlots(a: BaseAccount): void {
  const storage = changetype<Storage>(a.storage);
  for (let at = storage.firstChanged; at != 0; at = changetype<BaseSlot>(at).nextChanged) {
    const s = changetype<BaseSlot>(at);
    s.flags &= ~CHANGED;
    const length = u256Bytes(baseValue(s));
    storeBE(encoding, baseValue(s));
    emitSlot(hashedAddress(a), hashedKey(s), encoding + 32 - length, length);
  }
  storage.firstChanged = 0;
}

/** Root of the account's storage, address of 32 bytes. */
export function sealStorage(a: BaseAccount, save: bool): usize {
  if (a.storage == 0) return EMPTY_ROOT;
  if (changetype<Storage>(a.storage).firstDirty != 0) flushStorage(a.storage, save);
  return sealTrie(a.storage, save);
}

function putAccount(a: BaseAccount, root: usize): void {
  const length = encodeAccount(a, root, 32, 32);
  if (triePut(STATE_TRIE, hashedAddress(a), 64, encoding, length)) a.flags |= CHANGED;
}

function encodeAccount(a: BaseAccount, root: usize, rootBytes: u32, codeHashBytes: u32): u32 {
  const balance = baseBalance(a);
  const payload = u64Size(a.nonce) + u256Size(balance) + rootBytes + codeHashBytes + 2;
  let at = writeListHeader(encoding, payload);
  at = writeU64(at, a.nonce);
  at = writeU256(at, balance);
  at = writeBytes(at, root, rootBytes);
  at = writeBytes(at, baseCodeHash(a), codeHashBytes);
  return <u32>(at - encoding);
}

/** Hands over the account's flat entry, in which an empty trie and no code take no bytes. */
function emitFlatAccount(a: BaseAccount): void {
  if ((a.flags & IN_STATE) == 0) {
    emitAccount(hashedAddress(a), 0, 0);
    return;
  }
  const root = sealedRoot(a);
  const length = encodeAccount(a, root, eq32(root, EMPTY_ROOT) ? 0 : 32, eq32(baseCodeHash(a), EMPTY_CODE_HASH) ? 0 : 32);
  emitAccount(hashedAddress(a), encoding, length);
}

/** Brings the state trie up to date with the records, without hashing all of it. */
function flushAccounts(save: bool): void {
  const first = FIRST_DIRTY;
  clearDirty();
  if (!GUEST && canHashTogether() && isWorthSharing(first)) {
    flushTogether(first, save);
    return;
  }
  if (!worthGrouping(first, offsetof<BaseAccount>("nextDirty"))) {
    putAccounts(first, save);
    return;
  }
  // Sealing storage groups slots, so it must be over before the accounts are grouped.
  for (let at = first; at != 0; at = changetype<BaseAccount>(at).nextDirty) {
    const a = changetype<BaseAccount>(at);
    if (a.storage != 0 && a.flags & IN_STATE) sealStorage(a, save);
  }
  group(first, offsetof<BaseAccount>("nextDirty"), HASHED_ADDRESS_OFFSET);
  for (let i: u32 = 0; i < BUCKETS; i++) {
    const inBucket = bucket(i);
    if (inBucket == 0) continue;
    putAccounts(inBucket, save);
    sealSubtree(STATE_TRIE, hashedAddress(changetype<BaseAccount>(inBucket)), BUCKET_NIBBLES, save);
  }
}

/** Whether so much changed that other instances are of help with hashing it. */
function isWorthSharing(first: usize): bool {
  let records: u32 = 0;
  for (let at = first; at != 0 && records < WORTH_SHARING; at = changetype<BaseAccount>(at).nextDirty) {
    records++;
    const storage = changetype<BaseAccount>(at).storage;
    let s: usize = storage == 0 ? 0 : changetype<Storage>(storage).firstDirty;
    for (; s != 0 && records < WORTH_SHARING; s = changetype<BaseSlot>(s).nextDirty) records++;
  }
  return records == WORTH_SHARING;
}

/** As flushAccounts, with all storage tries and then the state trie hashed by all instances. */
function flushTogether(first: usize, save: bool): void {
  for (let at = first; at != 0; at = changetype<BaseAccount>(at).nextDirty) {
    const a = changetype<BaseAccount>(at);
    if (a.storage == 0 || (a.flags & IN_STATE) == 0) continue;
    if (changetype<Storage>(a.storage).firstDirty != 0) flushSlots(a.storage, false, save);
    hashLater(a.storage);
  }
  hashListed();
  putAccounts(first, save);
  hashLater(STATE_TRIE);
  hashListed();
}

function putAccounts(first: usize, save: bool): void {
  for (let at = first; at != 0; at = changetype<BaseAccount>(at).nextDirty) {
    const a = changetype<BaseAccount>(at);
    a.flags &= ~DIRTY;
    if (a.flags & IN_STATE) putAccount(a, sealStorage(a, save));
  }
  for (let at = first; at != 0; at = changetype<BaseAccount>(at).nextDirty) {
    const a = changetype<BaseAccount>(at);
    if ((a.flags & IN_STATE) == 0 && trieDelete(STATE_TRIE, hashedAddress(a), 64)) a.flags |= CHANGED;
    if (save) finishSaving(a);
    else listUnsaved(a);
  }
}

function listUnsaved(a: BaseAccount): void {
  if (a.flags & UNSAVED_ACCOUNT) return;
  a.flags |= UNSAVED_ACCOUNT;
  a.nextUnsaved = firstUnsaved;
  firstUnsaved = changetype<usize>(a);
}

function finishSaving(a: BaseAccount): void {
  if ((a.flags & (IN_STATE | NEW_CODE)) == (IN_STATE | NEW_CODE)) saveCode(a);
  const wiped = settleStorage(a);
  if (emitsChanges()) {
    if (wiped) emitWiped(hashedAddress(a));
    if (a.flags & CHANGED) emitFlatAccount(a);
    if (a.flags & IN_STATE && a.storage != 0) emitSlots(a);
  }
  a.flags &= ~(NEW_CODE | CHANGED);
}

/** Whether the tries have every change and the host has every node. */
export function isSaved(): bool {
  return FIRST_DIRTY == 0 && firstUnsaved == 0;
}

/** Makes the state root current; returns the address of its 32 bytes. */
export function sealState(): usize {
  flushAccounts(false);
  return sealTrie(STATE_TRIE, false);
}

/** Makes the state root current and gives every new node and code to the host (the caller flushes the records). */
export function saveState(): usize {
  flushAccounts(true);
  for (let at = firstUnsaved; at != 0; at = changetype<BaseAccount>(at).nextUnsaved) {
    const a = changetype<BaseAccount>(at);
    a.flags &= ~UNSAVED_ACCOUNT;
    if (a.flags & IN_STATE) sealStorage(a, true);
    finishSaving(a);
  }
  firstUnsaved = 0;
  return sealTrie(STATE_TRIE, true);
}
