/** The base state's undo log: what every record held before it was changed, newest on top. */
import { Arena, arenaAlloc, arenaReset, arenaRewind, newArena } from "../memory/arena";
import { copy32 } from "../u256/word";
import {
  BaseAccount,
  BaseSlot,
  DIRTY,
  IN_STATE,
  NEW_CODE,
  Storage,
  baseBalance,
  baseCodeHash,
  baseValue,
} from "./base-records";

const ACCOUNT: u32 = 0;
const SLOT: u32 = 1;

// Every entry: previous entry u32, record u32, kind u32.
/** flags u32 @12 · nonce u64 @16 · storage u32 @24 · code u32 @28 · balance @32 · code hash @64 */
const ACCOUNT_ENTRY: usize = 96;
/** value @16 */
const SLOT_ENTRY: usize = 48;

let log: Arena = changetype<Arena>(0);
let newest: usize = 0;

/** Newest account that the trie is behind of. */
export let FIRST_DIRTY: usize = 0;

/** Once per instance. */
export function initUndo(): void {
  log = newArena();
}

/** Forgets all undo records: marks become invalid. */
export function clearUndo(): void {
  arenaReset(log);
  newest = 0;
}

/** Forgets the list of changed accounts, after a flush or with the records themselves. */
export function clearDirty(): void {
  FIRST_DIRTY = 0;
}

/** Whether something can be undone. */
export function hasUndo(): bool {
  return newest != 0;
}

export function undoMark(): u32 {
  return <u32>newest;
}

function push(size: usize, record: usize, kind: u32): usize {
  const entry = arenaAlloc(log, size);
  store<u32>(entry, <u32>newest);
  store<u32>(entry, <u32>record, 4);
  store<u32>(entry, kind, 8);
  newest = entry;
  return entry;
}

function markAccountDirty(a: BaseAccount): void {
  if (a.flags & DIRTY) return;
  a.flags |= DIRTY;
  a.nextDirty = FIRST_DIRTY;
  FIRST_DIRTY = changetype<usize>(a);
}

function markSlotDirty(s: BaseSlot): void {
  const storage = changetype<Storage>(s.storage);
  markAccountDirty(changetype<BaseAccount>(storage.account));
  if (s.flags & DIRTY) return;
  s.flags |= DIRTY;
  s.nextDirty = storage.firstDirty;
  storage.firstDirty = changetype<usize>(s);
}

/** To be called before an account's fields change. */
export function recordAccount(a: BaseAccount): void {
  const entry = push(ACCOUNT_ENTRY, changetype<usize>(a), ACCOUNT);
  store<u32>(entry, a.flags & IN_STATE, 12);
  store<u64>(entry, a.nonce, 16);
  store<u32>(entry, <u32>a.storage, 24);
  store<u32>(entry, <u32>a.code, 28);
  copy32(entry + 32, baseBalance(a));
  copy32(entry + 64, baseCodeHash(a));
  markAccountDirty(a);
}

function restoreAccount(a: BaseAccount, entry: usize): void {
  a.flags = (a.flags & ~IN_STATE) | load<u32>(entry, 12);
  a.nonce = load<u64>(entry, 16);
  a.storage = load<u32>(entry, 24);
  a.code = load<u32>(entry, 28);
  copy32(baseBalance(a), entry + 32);
  copy32(baseCodeHash(a), entry + 64);
  a.flags |= NEW_CODE;
  markAccountDirty(a);
}

/** Sets a slot of the base state. */
export function setBaseValue(s: BaseSlot, value: usize): void {
  const entry = push(SLOT_ENTRY, changetype<usize>(s), SLOT);
  copy32(entry + 16, baseValue(s));
  copy32(baseValue(s), value);
  markSlotDirty(s);
}

/** Undoes every change after the mark. */
export function undoTo(mark: u32): void {
  while (newest != <usize>mark) {
    const entry = newest;
    const record = <usize>load<u32>(entry, 4);
    newest = load<u32>(entry);
    if (load<u32>(entry, 8) == ACCOUNT) restoreAccount(changetype<BaseAccount>(record), entry);
    else {
      copy32(baseValue(changetype<BaseSlot>(record)), entry + 16);
      markSlotDirty(changetype<BaseSlot>(record));
    }
    arenaRewind(log, entry);
  }
}
