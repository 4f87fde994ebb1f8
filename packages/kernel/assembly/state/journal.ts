/**
 * The transaction's journal: a stack of what was there before each change. A mark is the newest entry's address; undoing
 * pops down to it. Warmth, touches, refund, logs and transient storage are journaled like values.
 */
import { Arena, arenaAlloc, arenaReset, arenaRewind, newArena } from "../memory/arena";
import { copy32 } from "../u256/word";
import { Account, Slot, TOUCHED, balanceField, codeHashPtr, currentPtr } from "./access-records";

/** Kinds of entries; those below JOURNAL_SLOT_FLAGS are about accounts and restore the account's flags too. */
export const JOURNAL_FLAGS: u32 = 0;
export const JOURNAL_BALANCE: u32 = 1;
export const JOURNAL_NONCE: u32 = 2;
export const JOURNAL_CODE: u32 = 3;
export const JOURNAL_SLOT_FLAGS: u32 = 4;
export const JOURNAL_SLOT: u32 = 5;
export const JOURNAL_TRANSIENT: u32 = 6;
export const JOURNAL_REFUND: u32 = 7;
const JOURNAL_LOG: u32 = 8;

/** Entry: previous entry u32, kind u32, target u32, flags u32, then the old value. */
const ENTRY: usize = 16;

let stack: Arena = changetype<Arena>(0);
let newest: usize = 0;

/** Gas to be refunded so far (EIP-3529 caps it at the end); may be negative within a frame. */
export let refund: i64 = 0;
/** Logs so far. */
export let LOG_COUNT: u32 = 0;

/** Once per instance. */
export function initJournal(): void {
  stack = newArena();
}

export function clearJournal(): void {
  arenaReset(stack);
  newest = 0;
  refund = 0;
  LOG_COUNT = 0;
}

/** Adds an entry; the caller stores the old value of `size` bytes at the returned address. */
export function record(kind: u32, target: usize, flags: u32, size: usize): usize {
  const entry = arenaAlloc(stack, ENTRY + size);
  store<u32>(entry, <u32>newest);
  store<u32>(entry, kind, 4);
  store<u32>(entry, <u32>target, 8);
  store<u32>(entry, flags, 12);
  newest = entry;
  return entry + ENTRY;
}

/** Mark for revertTo, taken when a frame begins. */
export function checkpoint(): u32 {
  return <u32>newest;
}

/** Undoes every change since the mark. */
export function revertTo(mark: u32): void {
  while (newest != <usize>mark) {
    const entry = newest;
    newest = load<u32>(entry);
    undo(load<u32>(entry, 4), <usize>load<u32>(entry, 8), load<u32>(entry, 12), entry + ENTRY);
    arenaRewind(stack, entry);
  }
}

export function addRefund(delta: i64): void {
  store<i64>(record(JOURNAL_REFUND, 0, 0, 8), refund);
  refund += delta;
}

/** Counts one log more; its number. */
export function addLog(): u32 {
  record(JOURNAL_LOG, 0, LOG_COUNT, 0);
  return LOG_COUNT++;
}

function undo(kind: u32, target: usize, flags: u32, old: usize): void {
  if (kind < JOURNAL_SLOT_FLAGS) undoAccount(kind, changetype<Account>(target), flags, old);
  else if (kind == JOURNAL_SLOT_FLAGS) changetype<Slot>(target).flags = flags;
  else if (kind == JOURNAL_SLOT) copy32(currentPtr(changetype<Slot>(target)), old);
  else if (kind == JOURNAL_TRANSIENT) copy32(target, old);
  else if (kind == JOURNAL_REFUND) refund = load<i64>(old);
  else LOG_COUNT = flags;
}

/**
 * The touch of account 3 outlives a revert: mainnet's block 2675119 removed the empty RIPEMD-160 account although its
 * call ran out of gas, and every client keeps that.
 */
function undoAccount(kind: u32, a: Account, flags: u32, old: usize): void {
  a.flags = isRipemd(a) ? flags | (a.flags & TOUCHED) : flags;
  if (kind == JOURNAL_BALANCE) copy32(balanceField(a), old);
  else if (kind == JOURNAL_NONCE) a.nonce = load<u64>(old);
  else if (kind == JOURNAL_CODE) {
    copy32(codeHashPtr(a), old);
    a.code = load<u32>(old, 32);
  }
}

// @ts-ignore: decorator
@inline
function isRipemd(a: Account): bool {
  return a.address2 == 0x03000000 && a.address0 == 0 && a.address1 == 0;
}
