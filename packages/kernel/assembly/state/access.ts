/**
 * The accounts and slots that the current or last transaction accessed. The same records serve execution (EIP-2929
 * warmth, originals, current values), access lists, tracers and witnesses.
 */
import { txAlloc } from "../memory/arena";
import { SHARING } from "../memory/sharing";
import { Table, clearTable, firstRecord, insertRecord, newTable, nextRecord } from "../table/table";
import { copy32, eq32, zero32 } from "../u256/word";
import {
  ACCOUNT_RECORD_SIZE,
  Account,
  CREDITED,
  EXISTS,
  Slot,
  balanceField,
  codeHashPtr,
  currentPtr,
  originalBalancePtr,
  originalCodeHashPtr,
  originalPtr,
} from "./access-records";
import {
  BaseAccount,
  BaseSlot,
  IN_STATE,
  accountVersions,
  baseBalance,
  baseCodeHash,
  baseValue,
  sameAddress,
} from "./base-records";
import {
  readAccount,
  readSlot,
  readStorage,
  versionCode,
  versionCodeHash,
  versionExists,
  versionNonce,
} from "./versions";

let accounts: Table = changetype<Table>(0);
let slots: Table = changetype<Table>(0);
let first: usize = 0;
let last: usize = 0;

const ACCOUNTS_LOG2: u32 = 6;
const SLOTS_LOG2: u32 = 8;

/** Once per instance. */
export function initAccess(): void {
  accounts = newTable(ACCOUNTS_LOG2);
  slots = newTable(SLOTS_LOG2);
}

/** Forgets all accesses; transaction memory is the caller's to free. */
export function clearAccess(): void {
  clearTable(accounts);
  clearTable(slots);
  first = 0;
  last = 0;
}

/** The record of an accessed account, or null. */
// @ts-ignore: decorator
@inline
export function findAccount(address: usize, hash: u64): Account {
  let record = firstRecord(accounts, hash);
  while (record != 0 && !sameAddress(record, address)) record = nextRecord(accounts, hash);
  return changetype<Account>(record);
}

export function newAccount(base: BaseAccount, hash: u64): Account {
  const a = changetype<Account>(txAlloc(ACCOUNT_RECORD_SIZE));
  a.address0 = base.address0;
  a.address1 = base.address1;
  a.address2 = base.address2;
  a.base = changetype<usize>(base);
  a.firstSlot = 0;
  a.lastSlot = 0;
  a.next = 0;
  if (!GUEST && SHARING) fillFromVersions(a, base);
  else fillFromBase(a, base);
  insertRecord(accounts, hash, changetype<usize>(a));
  if (last == 0) first = changetype<usize>(a);
  else changetype<Account>(last).next = changetype<usize>(a);
  last = changetype<usize>(a);
  return a;
}

// @ts-ignore: decorator
@inline
function fillFromBase(a: Account, base: BaseAccount): void {
  a.nonce = base.nonce;
  a.originalNonce = base.nonce;
  a.flags = base.flags & IN_STATE ? EXISTS : 0;
  a.originalFlags = a.flags;
  a.code = base.code;
  copy32(balanceField(a), baseBalance(base));
  copy32(codeHashPtr(a), baseCodeHash(base));
  copy32(originalBalancePtr(a), baseBalance(base));
  copy32(originalCodeHashPtr(a), baseCodeHash(base));
}

/** In a batch: what the transactions below left. The balance is not read before somebody looks at it. */
function fillFromVersions(a: Account, base: BaseAccount): void {
  const versions = accountVersions(base);
  const version = readAccount(versions);
  const exists = version == 0 ? (base.flags & IN_STATE) != 0 : versionExists(version);
  a.version = version;
  a.holder = readStorage(versions);
  a.observed = false;
  a.nonce = version == 0 ? base.nonce : versionNonce(version);
  a.originalNonce = a.nonce;
  a.flags = CREDITED | (exists ? EXISTS : 0);
  a.originalFlags = a.flags;
  a.code = version == 0 ? base.code : versionCode(version);
  zero32(balanceField(a));
  copy32(codeHashPtr(a), version == 0 ? baseCodeHash(base) : versionCodeHash(version));
  copy32(originalCodeHashPtr(a), codeHashPtr(a));
}

/** The record of an accessed slot, or null. */
// @ts-ignore: decorator
@inline
export function findSlot(a: Account, key: usize, hash: u64): Slot {
  let record = firstRecord(slots, hash);
  while (record != 0) {
    if (changetype<Slot>(record).account == changetype<usize>(a) && eq32(record, key)) break;
    record = nextRecord(slots, hash);
  }
  return changetype<Slot>(record);
}

export function newSlot(a: Account, base: BaseSlot, hash: u64): Slot {
  const s = changetype<Slot>(txAlloc(offsetof<Slot>()));
  copy32(changetype<usize>(s), changetype<usize>(base));
  let value = baseValue(base);
  if (!GUEST && SHARING) {
    s.version = readSlot(changetype<usize>(base) + offsetof<BaseSlot>("versions"));
    if (s.version != 0) value = s.version;
  }
  copy32(originalPtr(s), value);
  copy32(currentPtr(s), value);
  s.account = changetype<usize>(a);
  s.base = changetype<usize>(base);
  s.flags = 0;
  s.next = 0;
  insertRecord(slots, hash, changetype<usize>(s));
  if (a.lastSlot == 0) a.firstSlot = changetype<usize>(s);
  else changetype<Slot>(a.lastSlot).next = changetype<usize>(s);
  a.lastSlot = changetype<usize>(s);
  return s;
}

/** Accounts of the current or last transaction in order of first access, null after the last; until beginTransaction. */
export function firstAccount(): Account {
  return changetype<Account>(first);
}

export function nextAccount(a: Account): Account {
  return changetype<Account>(a.next);
}

/** Slots of an account in order of first access, null after the last. */
export function firstSlot(a: Account): Slot {
  return changetype<Slot>(a.firstSlot);
}

export function nextSlot(s: Slot): Slot {
  return changetype<Slot>(s.next);
}
