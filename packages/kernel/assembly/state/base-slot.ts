/** Slots of the base state: finding their records, and filling them in at the first access. */
import { readU256 } from "../encoding/rlp";
import { reserve } from "../memory/heap";
import { SHARING, lockState, unlockState } from "../memory/sharing";
import { hashKey } from "../table/siphash";
import { firstRecord, nextRecord } from "../table/table";
import { allocateNode, freeNode } from "../trie/node";
import { FOUND, FOUND_LENGTH, trieGet, trieIsEmpty } from "../trie/trie";
import { copy32, eq32, loadBE, zero32 } from "../u256/word";
import { BaseAccount, BaseSlot, FLAT, REACHED, Storage, baseValue, hashedAddress, hashedKey } from "./base-records";
import { countSlot } from "./base-storage";
import { flatSlot } from "./host";
import { addRecord, slots } from "./records";

let scratch: usize = 0;

/** Once per instance. */
export function initBaseSlots(): void {
  scratch = reserve(64);
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
    countSlot(changetype<Storage>(storage));
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
  const length = flatSlot(hashedAddress(account), hashedKey(s), scratch + 32);
  if (length < 0) return false;
  if (length > 32) unreachable();
  zero32(scratch);
  loadBE(baseValue(s), scratch + <usize>length);
  return true;
}

/** Frees a record that nothing refers to; the table is the caller's. */
export function freeSlot(s: BaseSlot): void {
  changetype<Storage>(s.storage).slots--;
  freeNode(changetype<usize>(s), offsetof<BaseSlot>());
}
