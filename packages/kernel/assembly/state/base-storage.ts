/**
 * Storage records: one per storage that an account has or had since its record was made. Those with many slots are in a
 * list, for eviction.
 */
import { reserve } from "../memory/heap";
import { lockState, unlockState } from "../memory/sharing";
import { emitsChanges } from "../trie/emit";
import { allocateNode, freeNode, linkReference } from "../trie/node";
import { EMPTY_ROOT, freeTrie, openTrie, ownTrie, trieIsEmpty } from "../trie/trie";
import {
  BaseAccount,
  FLAT,
  HELD,
  IN_STATE,
  LARGE,
  Storage,
  hashedAddress,
  setStorages,
  storagesOf,
} from "./base-records";

/** Slot records from which on a storage is large: its trie is evicted in parts. */
const LARGE_SLOTS: u32 = 2048;

/** Word: newest of the large storages. */
let largest: usize = 0;

/** Once per instance. */
export function initStorages(): void {
  largest = reserve(4);
}

/** Address of the word that holds the newest of the large storages, for `adoptStorages` of another instance. */
export function sharedStorages(): usize {
  return largest;
}

export function adoptStorages(newest: usize): void {
  largest = newest;
}

/** With the records themselves. */
export function resetStorages(): void {
  store<u32>(largest, 0);
}

/** Newest of the large storages. */
export function firstLarge(): usize {
  return load<u32>(largest);
}

/** A storage record of the account, with the trie of this root. */
export function newStorage(a: BaseAccount, root: usize): usize {
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

/** Counts another slot record in the table. */
export function countSlot(storage: Storage): void {
  if (++storage.slots >= LARGE_SLOTS && (storage.flags & LARGE) == 0) listLarge(storage);
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

/** Frees a record that nothing refers to. */
export function freeStorage(storage: Storage): void {
  if (storage.flags & LARGE) unlistLarge(storage);
  freeTrie(changetype<usize>(storage));
  freeNode(changetype<usize>(storage), offsetof<Storage>());
}
