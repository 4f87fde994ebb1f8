/**
 * The base state: what every finished transaction left, as records of accounts, slots and code over the state trie.
 * Records are made at the first access (table → flat entry of the host → trie), absent ones too. They stay until openState
 * or until eviction between blocks, so that within a block their addresses are stable and serve as identity.
 *
 * An account whose storage is wiped gets a new storage record: the slots of the old one are no longer found, and undoing
 * the wipe is putting the old record back.
 */
import { reserve } from "../memory/heap";
import { SHARING, abandon } from "../memory/sharing";
import { Table, clearTable, insertInPlace, insertRecord, isCrowded, makeRoom, newTable } from "../table/table";
import { TRIE_SIZE } from "../trie/trie";
import { initBaseAccounts } from "./base-account";
import { initBaseSlots } from "./base-slot";
import { adoptStorages, initStorages, resetStorages, sharedStorages } from "./base-storage";
import { adoptCodes, initCodes, makeRoomForCode, resetCodes, shareCodes } from "./code";

export let accounts: Table = changetype<Table>(0);
export let slots: Table = changetype<Table>(0);

/** The trie from hashed addresses to accounts. */
export let STATE_TRIE: usize = 0;

export const INITIAL_LOG2: u32 = 8;

/** Once per instance. */
export function initRecords(): void {
  accounts = newTable(INITIAL_LOG2);
  slots = newTable(INITIAL_LOG2);
  STATE_TRIE = reserve(TRIE_SIZE);
  initBaseAccounts();
  initStorages();
  initBaseSlots();
  initCodes();
}

/** Bytes that `shareRecords` writes. */
export const SHARED_RECORDS: usize = 24;

/** Writes where the records are to `out`, for `adoptRecords` of another instance. */
export function shareRecords(out: usize): void {
  store<u32>(out, <u32>changetype<usize>(accounts));
  store<u32>(out, <u32>changetype<usize>(slots), 4);
  store<u32>(out, <u32>sharedStorages(), 8);
  store<u32>(out, <u32>STATE_TRIE, 12);
  shareCodes(out + 16);
}

/** Uses the records of another instance over the same memory. */
export function adoptRecords(at: usize): void {
  accounts = changetype<Table>(<usize>load<u32>(at));
  slots = changetype<Table>(<usize>load<u32>(at, 4));
  adoptStorages(load<u32>(at, 8));
  STATE_TRIE = load<u32>(at, 12);
  adoptCodes(at + 16);
}

/** Makes room for what `count` transactions may load, since shared tables do not grow. */
export function makeRoomFor(count: u32): void {
  makeRoom(accounts, count * 8 + 4096);
  makeRoom(slots, count * 16 + 4096);
  makeRoomForCode(count);
}

/** Adds a record; under the lock of the state. */
export function addRecord(table: Table, hash: u64, record: usize): void {
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
  resetCodes();
  resetStorages();
}
