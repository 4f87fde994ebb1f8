/** Changed records into the tries. */
import { u256Size, u64Size, writeBytes, writeListHeader, writeU256, writeU64 } from "../encoding/rlp";
import { reserve } from "../memory/heap";
import { sealSubtree, sealTrie } from "../trie/seal";
import { EMPTY_ROOT, trieDelete, triePut } from "../trie/trie";
import { isZero32 } from "../u256/word";
import { BUCKETS, BUCKET_NIBBLES, bucket, group, initBuckets, worthGrouping } from "./buckets";
import {
  BaseAccount,
  BaseSlot,
  DIRTY,
  HASHED_ADDRESS_OFFSET,
  HASHED_KEY_OFFSET,
  IN_STATE,
  NEW_CODE,
  STATE_TRIE,
  Storage,
  UNSAVED_ACCOUNT,
  baseBalance,
  baseCodeHash,
  baseValue,
  hashedAddress,
  hashedKey,
  saveCode,
} from "./records";
import { FIRST_DIRTY, clearDirty } from "./undo";

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
    sealSubtree(storage, hashedKey(changetype<BaseSlot>(inBucket)), BUCKET_NIBBLES, save);
  }
}

function putSlots(storage: usize, first: usize): void {
  for (let at = first; at != 0; at = changetype<BaseSlot>(at).nextDirty) {
    const s = changetype<BaseSlot>(at);
    s.flags &= ~DIRTY;
    if (isZero32(baseValue(s))) continue;
    const end = writeU256(encoding, baseValue(s));
    triePut(storage, hashedKey(s), 64, encoding, <u32>(end - encoding));
  }
  for (let at = first; at != 0; at = changetype<BaseSlot>(at).nextDirty) {
    const s = changetype<BaseSlot>(at);
    if (isZero32(baseValue(s))) trieDelete(storage, hashedKey(s), 64);
  }
}

/** Root of the account's storage, address of 32 bytes. */
export function sealStorage(a: BaseAccount, save: bool): usize {
  if (a.storage == 0) return EMPTY_ROOT;
  if (changetype<Storage>(a.storage).firstDirty != 0) flushStorage(a.storage, save);
  return sealTrie(a.storage, save);
}

function putAccount(a: BaseAccount, root: usize): void {
  const balance = baseBalance(a);
  const payload = u64Size(a.nonce) + u256Size(balance) + 66;
  let at = writeListHeader(encoding, payload);
  at = writeU64(at, a.nonce);
  at = writeU256(at, balance);
  at = writeBytes(at, root, 32);
  at = writeBytes(at, baseCodeHash(a), 32);
  triePut(STATE_TRIE, hashedAddress(a), 64, encoding, <u32>(at - encoding));
}

/** Brings the state trie up to date with the records, without hashing all of it. */
function flushAccounts(save: bool): void {
  const first = FIRST_DIRTY;
  clearDirty();
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

function putAccounts(first: usize, save: bool): void {
  for (let at = first; at != 0; at = changetype<BaseAccount>(at).nextDirty) {
    const a = changetype<BaseAccount>(at);
    a.flags &= ~DIRTY;
    if (a.flags & IN_STATE) putAccount(a, sealStorage(a, save));
    if (save) finishSaving(a);
    else listUnsaved(a);
  }
  for (let at = first; at != 0; at = changetype<BaseAccount>(at).nextDirty) {
    const a = changetype<BaseAccount>(at);
    if ((a.flags & IN_STATE) == 0) trieDelete(STATE_TRIE, hashedAddress(a), 64);
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
  a.flags &= ~NEW_CODE;
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
