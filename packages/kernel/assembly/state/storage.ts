/** Storage slots as a transaction sees them, and transient storage (EIP-1153). Keys and values are u256. */
import { txAlloc } from "../memory/arena";
import { hashAddress, hashKey } from "../table/siphash";
import { Table, clearTable, firstRecord, insertRecord, newTable, nextRecord } from "../table/table";
import { copy32, eq32, zero32 } from "../u256/word";
import { findSlot, newSlot } from "./access";
import { Account, Slot, currentPtr, originalPtr } from "./access-records";
import { JOURNAL_SLOT, JOURNAL_SLOT_FLAGS, JOURNAL_TRANSIENT, record } from "./journal";
import { accountStorage } from "./account";
import { sameAddress } from "./base-records";
import { baseSlot } from "./base-slot";

export { Slot, currentPtr, originalPtr };

const SLOT_WARM: u32 = 1;

/** The slot's record; loads it at the first access and does not warm it. */
export function slot(a: Account, key: usize): Slot {
  const storage = accountStorage(a);
  const hash = hashKey(storage, key);
  const known = findSlot(a, key, hash);
  return changetype<usize>(known) != 0 ? known : newSlot(a, baseSlot(storage, key, hash), hash);
}

/** EIP-2929: true when the slot was cold. */
export function warmSlot(s: Slot): bool {
  if (s.flags & SLOT_WARM) return false;
  record(JOURNAL_SLOT_FLAGS, changetype<usize>(s), s.flags, 0);
  s.flags |= SLOT_WARM;
  return true;
}

export function setSlot(s: Slot, value: usize): void {
  if (eq32(currentPtr(s), value)) return;
  copy32(record(JOURNAL_SLOT, changetype<usize>(s), s.flags, 32), currentPtr(s));
  copy32(currentPtr(s), value);
}

/** Transient slot: address 24, key 32, value 32. */
const TRANSIENT_KEY: usize = 24;
const TRANSIENT_VALUE: usize = 56;
const TRANSIENT_SIZE: usize = 88;
const TRANSIENT_LOG2: u32 = 6;

let transients: Table = changetype<Table>(0);

/** Once per instance. */
export function initTransient(): void {
  transients = newTable(TRANSIENT_LOG2);
}

/** With transaction memory. */
export function clearTransient(): void {
  clearTable(transients);
}

function findTransient(address: usize, key: usize, hash: u64): usize {
  let found = firstRecord(transients, hash);
  while (found != 0 && !(sameAddress(found, address) && eq32(found + TRANSIENT_KEY, key))) {
    found = nextRecord(transients, hash);
  }
  return found;
}

/** Writes the value to `out`; zero when never set. */
export function transientGet(address: usize, key: usize, out: usize): void {
  const found = findTransient(address, key, hashKey(hashAddress(address), key));
  if (found == 0) zero32(out);
  else copy32(out, found + TRANSIENT_VALUE);
}

export function transientSet(address: usize, key: usize, value: usize): void {
  const hash = hashKey(hashAddress(address), key);
  let at = findTransient(address, key, hash);
  if (at == 0) {
    at = txAlloc(TRANSIENT_SIZE);
    store<u64>(at, load<u64>(address));
    store<u64>(at, load<u64>(address, 8), 8);
    store<u64>(at, load<u32>(address, 16), 16);
    copy32(at + TRANSIENT_KEY, key);
    zero32(at + TRANSIENT_VALUE);
    insertRecord(transients, hash, at);
  }
  copy32(record(JOURNAL_TRANSIENT, at + TRANSIENT_VALUE, 0, 32), at + TRANSIENT_VALUE);
  copy32(at + TRANSIENT_VALUE, value);
}
