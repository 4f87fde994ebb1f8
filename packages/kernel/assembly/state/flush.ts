/** Changed records into the tries. */
import { u256Size, u64Size, writeBytes, writeListHeader, writeU256, writeU64 } from "../encoding/rlp";
import { reserve } from "../memory/heap";
import { sealTrie } from "../trie/seal";
import { EMPTY_ROOT, trieDelete, triePut } from "../trie/trie";
import { isZero32 } from "../u256/word";
import {
  BaseAccount,
  BaseSlot,
  DIRTY,
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
}

/** Forgets what is unsaved, with the records themselves. */
export function resetFlush(): void {
  firstUnsaved = 0;
}

/**
 * Writes an account's changed slots to its storage trie. Removals go last: a removal may have to load a sibling that a
 * witness need not contain when an insertion keeps the branch alive.
 */
export function flushStorage(storage: usize): void {
  const record = changetype<Storage>(storage);
  const first = record.firstDirty;
  record.firstDirty = 0;
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
  if (changetype<Storage>(a.storage).firstDirty != 0) flushStorage(a.storage);
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

/** Brings the state trie up to date with the records, without hashing it. */
function flushAccounts(): void {
  const first = FIRST_DIRTY;
  clearDirty();
  for (let at = first; at != 0; at = changetype<BaseAccount>(at).nextDirty) {
    const a = changetype<BaseAccount>(at);
    a.flags &= ~DIRTY;
    if ((a.flags & UNSAVED_ACCOUNT) == 0) {
      a.flags |= UNSAVED_ACCOUNT;
      a.nextUnsaved = firstUnsaved;
      firstUnsaved = at;
    }
    if (a.flags & IN_STATE) putAccount(a, sealStorage(a, false));
  }
  for (let at = first; at != 0; at = changetype<BaseAccount>(at).nextDirty) {
    const a = changetype<BaseAccount>(at);
    if ((a.flags & IN_STATE) == 0) trieDelete(STATE_TRIE, hashedAddress(a), 64);
  }
}

/** Makes the state root current; returns the address of its 32 bytes. */
export function sealState(): usize {
  flushAccounts();
  return sealTrie(STATE_TRIE, false);
}

/** Makes the state root current and gives every new node and code to the host (the caller flushes the records). */
export function saveState(): usize {
  flushAccounts();
  for (let at = firstUnsaved; at != 0; at = changetype<BaseAccount>(at).nextUnsaved) {
    const a = changetype<BaseAccount>(at);
    if (a.flags & IN_STATE) {
      sealStorage(a, true);
      if (a.flags & NEW_CODE) saveCode(a);
    }
    a.flags &= ~(UNSAVED_ACCOUNT | NEW_CODE);
  }
  firstUnsaved = 0;
  return sealTrie(STATE_TRIE, true);
}
