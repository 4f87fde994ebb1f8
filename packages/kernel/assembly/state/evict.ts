/**
 * Keeping the cached state within a budget. Between blocks, when the host has everything, records and trie nodes that were
 * not used lately are given back; whatever is needed again is loaded again, so no result depends on what went.
 *
 * A hand goes round accounts, slots and tries in equal parts. What it finds used since the last time stays for another
 * turn (second chance). It moves on by as much as came in, so that no block has to wait for a whole round.
 */
import { stateMemory } from "../memory/arena";
import { recordAt, removeAt, shrinkTable, slotCount, tableMemory, Table } from "../table/table";
import { TRIE_PARTS, sweepPart, sweepTrie } from "../trie/evict";
import { nodeCapacity, nodeMemory } from "../trie/node";
import { freeTrie } from "../trie/trie";
import { isSaved } from "./flush";
import { freeAccount } from "./base-account";
import {
  BaseAccount,
  BaseSlot,
  CHANGED,
  DIRTY,
  LARGE,
  REACHED,
  Storage,
  UNSAVED_ACCOUNT,
  setStorages,
  storagesOf,
} from "./base-records";
import { freeSlot } from "./base-slot";
import { firstLarge, freeStorage } from "./base-storage";
import { STATE_TRIE, accounts, slots } from "./records";
import { discardTransaction } from "./transaction";
import { hasUndo } from "./undo";

/** Below this, memory is held rather than given back to the system. */
const FLOOR: u64 = 64 << 20;

/** Two rounds: the first takes the marks, the second what has none. */
const TURNS: u64 = <u64>TRIE_PARTS << 1;

/** Turns for as much new state as the budget: what is used once stays for about a budget's worth. */
const PACE: u64 = 320;

/** Part that is next. */
let hand: u32 = 0;
/** Bytes in use after the last look. */
let usedBefore: u64 = 0;

/** With the records themselves. */
export function resetEviction(): void {
  hand = 0;
  usedBefore = 0;
}

/** Bytes of cached state in use. */
export function usedMemory(): u64 {
  return <u64>nodeMemory() + tableMemory(accounts) + tableMemory(slots) + stateMemory();
}

/** Bytes taken from the system for cached state, used or not. */
export function heldMemory(): u64 {
  return <u64>nodeCapacity() + tableMemory(accounts) + tableMemory(slots) + stateMemory();
}

/**
 * Brings what is in use down to `budget` bytes; only right after a state was opened or committed, and outside a
 * transaction. From a quarter of the budget on, the hand moves, so that the first round is over when the budget is
 * reached. Returns whether the budget was missed by so much that opening the state anew is better: code is never evicted,
 * what failed blocks left is not, and free memory of one size is of no use for another.
 */
export function evictState(budget: u64): bool {
  const used = usedMemory();
  if (used > budget >> 2 && isSaved() && !hasUndo()) {
    discardTransaction();
    const due = used > usedBefore && budget != 0 ? min(TURNS, (used - usedBefore) * PACE / budget + 1) : 0;
    for (let turn: u64 = 0; turn < TURNS && (turn < due || usedMemory() > budget); turn++) {
      sweep(hand);
      hand = (hand + 1) & (TRIE_PARTS - 1);
    }
    shrinkTable(accounts);
    shrinkTable(slots);
  }
  usedBefore = usedMemory();
  const limit = max(budget, FLOOR);
  return heldMemory() > limit + limit / 5;
}

function sweep(part: u32): void {
  sweepSlots(part);
  sweepAccounts(part);
  sweepPart(STATE_TRIE, part);
  for (let at = firstLarge(); at != 0; at = changetype<Storage>(at).nextLarge) sweepPart(at, part);
}

// @ts-ignore: decorator
@inline
function partBegin(table: Table, part: u32): u32 {
  return <u32>((<u64>slotCount(table) * part) >> 8);
}

function sweepSlots(part: u32): void {
  const end = partBegin(slots, part + 1);
  for (let i = partBegin(slots, part); i < end; ) {
    const record = recordAt(slots, i);
    if (record != 0 && evictSlot(changetype<BaseSlot>(record))) removeAt(slots, i);
    else i++;
  }
}

function sweepAccounts(part: u32): void {
  const end = partBegin(accounts, part + 1);
  for (let i = partBegin(accounts, part); i < end; ) {
    const record = recordAt(accounts, i);
    if (record != 0 && evictAccount(changetype<BaseAccount>(record))) removeAt(accounts, i);
    else i++;
  }
}

/** Slots of storage that was dropped go at once. */
function evictSlot(s: BaseSlot): bool {
  const storage = changetype<Storage>(s.storage);
  if (changetype<BaseAccount>(storage.account).storage == changetype<usize>(storage)) {
    const flags = s.flags;
    if (flags & (DIRTY | CHANGED)) return false;
    s.flags = flags & ~REACHED;
    if (flags & REACHED) return false;
  }
  freeSlot(s);
  return true;
}

/** An account stays while slots of it do. */
function evictAccount(a: BaseAccount): bool {
  if (a.flags & (DIRTY | UNSAVED_ACCOUNT)) return false;
  const hasSlots = sweepStorages(a);
  const reached = (a.flags & REACHED) != 0;
  a.flags &= ~REACHED;
  if (hasSlots || reached) return false;
  for (let at = storagesOf(a); at != 0; ) {
    const older = changetype<Storage>(at).older;
    freeStorage(changetype<Storage>(at));
    at = older;
  }
  freeAccount(a);
  return true;
}

/** Frees storage that was dropped, and passes over the trie of the current one. Returns whether slots are in the table. */
function sweepStorages(a: BaseAccount): bool {
  let hasSlots = false;
  let newer: usize = 0;
  for (let at = storagesOf(a); at != 0; ) {
    const storage = changetype<Storage>(at);
    const older = storage.older;
    const current = at == a.storage;
    if (storage.slots != 0) hasSlots = true;
    if (!current) freeTrie(at);
    else if ((storage.flags & LARGE) == 0) sweepTrie(at);
    if (current || storage.slots != 0) newer = at;
    else {
      if (newer == 0) setStorages(a, older);
      else changetype<Storage>(newer).older = older;
      freeStorage(storage);
    }
    at = older;
  }
  return hasSlots;
}
