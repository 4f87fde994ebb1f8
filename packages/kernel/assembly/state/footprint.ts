/**
 * What a transaction of a batch read and wrote. It is kept beyond the transaction itself: to check whether what was read
 * still holds, to take back what was written when the transaction runs again, and to bring it into the base state.
 */
import { copy32, eq32, isZero32, zero32 } from "../u256/word";
import { add } from "../u256/add";
import { firstAccount, firstSlot, nextAccount, nextSlot } from "./access";
import {
  Account,
  CREDITED,
  EXISTS,
  SELF_DESTRUCTED,
  Slot,
  TOUCHED,
  balanceField,
  codeHashPtr,
  currentPtr,
  originalBalancePtr,
  originalCodeHashPtr,
  originalPtr,
} from "./access-records";
import { accountIsEmpty } from "./account";
import {
  BaseAccount,
  BaseSlot,
  EMPTY_CODE_HASH,
  IN_STATE,
  NEW_CODE,
  accountVersions,
  baseBalance,
  baseCodeHash,
} from "./base-records";
import { recordAccount, setBaseValue } from "./undo";
import {
  CREDIT,
  balanceWriter,
  batchAlloc,
  markEstimate,
  newAccountVersion,
  newStorageVersion,
  newWordVersion,
  removeEstimate,
  sameAccount,
  sameBalance,
  sameSlot,
  sameStorage,
  versionCode,
  versionCodeHash,
  versionExists,
  versionNonce,
  valueWriter,
  writeBalance,
  writeStorage,
  writeValue,
} from "./versions";

/** Lists of records in memory of the batch. */
@unmanaged
export class Footprint {
  accountReads: usize;
  accountReadCount: u32;
  slotReads: usize;
  slotReadCount: u32;
  accountWrites: usize;
  accountWriteCount: u32;
  slotWrites: usize;
  slotWriteCount: u32;
}

@unmanaged
class AccountRead {
  base: usize;
  version: usize;
  holder: usize;
  /** The balance that was seen, 0 = none was. */
  balance: usize;
}

@unmanaged
class SlotRead {
  base: usize;
  version: usize;
}

/** Records of versions.ts with their bits, and the nodes that they hang on; 0 = not written. */
@unmanaged
class AccountWrite {
  base: usize;
  value: u32;
  balance: u32;
  storage: u32;
  valueNode: usize;
  balanceNode: usize;
  storageNode: usize;
}

@unmanaged
class SlotWrite {
  base: usize;
  record: u32;
  node: usize;
}

const BITS: u32 = 15;

/** Keeps what the running transaction read. */
export function recordReads(f: Footprint): void {
  let accounts: u32 = 0;
  let slots: u32 = 0;
  for (let a = firstAccount(); changetype<usize>(a) != 0; a = nextAccount(a)) {
    accounts++;
    for (let s = firstSlot(a); changetype<usize>(s) != 0; s = nextSlot(s)) slots++;
  }
  f.accountReads = batchAlloc(<usize>accounts * offsetof<AccountRead>());
  f.slotReads = batchAlloc(<usize>slots * offsetof<SlotRead>());
  f.accountReadCount = accounts;
  f.slotReadCount = slots;
  let at = f.accountReads;
  let slotAt = f.slotReads;
  for (let a = firstAccount(); changetype<usize>(a) != 0; a = nextAccount(a), at += offsetof<AccountRead>()) {
    recordAccountRead(changetype<AccountRead>(at), a);
    for (let s = firstSlot(a); changetype<usize>(s) != 0; s = nextSlot(s), slotAt += offsetof<SlotRead>()) {
      changetype<SlotRead>(slotAt).base = s.base;
      changetype<SlotRead>(slotAt).version = s.version;
    }
  }
}

function recordAccountRead(read: AccountRead, a: Account): void {
  read.base = a.base;
  read.version = a.version;
  read.holder = a.holder;
  read.balance = 0;
  if (!a.observed) return;
  read.balance = batchAlloc(32);
  copy32(read.balance, originalBalancePtr(a));
}

/** What `firstStale` found: base record, whether it is a slot's, and the position that wrote it last. */
export let STALE: usize = 0;
export let STALE_IS_SLOT: bool = false;
export let STALE_WRITER: i32 = -1;

function foundStale(base: usize, isSlot: bool, writer: i32): bool {
  STALE = base;
  STALE_IS_SLOT = isSlot;
  STALE_WRITER = writer;
  return true;
}

/** Whether a transaction at `position` would read something differently now. `scratch`: 32 bytes. */
export function findStale(f: Footprint, position: u32, scratch: usize): bool {
  for (let i: u32 = 0; i < f.slotReadCount; i++) {
    const read = changetype<SlotRead>(f.slotReads + <usize>i * offsetof<SlotRead>());
    if (sameSlot(changetype<BaseSlot>(read.base), read.version, position)) continue;
    return foundStale(read.base, true, valueWriter(slotVersions(read.base), position));
  }
  for (let i: u32 = 0; i < f.accountReadCount; i++) {
    const read = changetype<AccountRead>(f.accountReads + <usize>i * offsetof<AccountRead>());
    const base = changetype<BaseAccount>(read.base);
    const versions = accountVersions(base);
    if (load<u32>(versions) == 0) continue;
    if (!sameAccount(base, versions, read.version, position) || !sameStorage(versions, read.holder, position)) {
      return foundStale(read.base, false, valueWriter(versions, position));
    }
    if (read.balance != 0 && !sameBalance(base, versions, read.balance, position, scratch)) {
      return foundStale(read.base, false, balanceWriter(versions, position));
    }
  }
  return false;
}

/**
 * Writes the positions that a final transaction read from to `out`, each once and at most `limit`; their number. Of the
 * credits in a balance the newest counts.
 */
export function readFrom(f: Footprint, position: u32, out: usize, limit: u32): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0; i < f.slotReadCount; i++) {
    const read = changetype<SlotRead>(f.slotReads + <usize>i * offsetof<SlotRead>());
    count = addPosition(out, count, limit, valueWriter(slotVersions(read.base), position));
  }
  for (let i: u32 = 0; i < f.accountReadCount; i++) {
    const read = changetype<AccountRead>(f.accountReads + <usize>i * offsetof<AccountRead>());
    const versions = accountVersions(changetype<BaseAccount>(read.base));
    count = addPosition(out, count, limit, valueWriter(versions, position));
    if (read.balance != 0) count = addPosition(out, count, limit, balanceWriter(versions, position));
  }
  return count;
}

function addPosition(out: usize, count: u32, limit: u32, position: i32): u32 {
  if (position < 0 || count == limit) return count;
  for (let i: u32 = 0; i < count; i++) {
    if (load<i32>(out + (<usize>i << 2)) == position) return count;
  }
  store<i32>(out + (<usize>count << 2), position);
  return count + 1;
}

// @ts-ignore: decorator
@inline
function slotVersions(slot: usize): usize {
  return slot + offsetof<BaseSlot>("versions");
}

/** The transaction is about to run again. */
export function expectAgain(f: Footprint): void {
  for (let i: u32 = 0; i < f.accountWriteCount; i++) {
    const write = accountWrite(f, i);
    if (write.valueNode != 0) markEstimate(write.valueNode);
    if (write.balanceNode != 0) markEstimate(write.balanceNode);
    if (write.storageNode != 0) markEstimate(write.storageNode);
  }
  for (let i: u32 = 0; i < f.slotWriteCount; i++) markEstimate(slotWrite(f, i).node);
}

/**
 * Hangs what the running transaction wrote into the chains of versions, and removes what it wrote when it ran before but
 * not now. `deleteEmpty`: EIP-161. With `keep` false it wrote nothing.
 */
export function publish(f: Footprint, deleteEmpty: bool, keep: bool): void {
  const accountsBefore = f.accountWrites;
  const accountsBeforeCount = f.accountWriteCount;
  const slotsBefore = f.slotWrites;
  const slotsBeforeCount = f.slotWriteCount;
  f.accountWrites = batchAlloc(<usize>f.accountReadCount * offsetof<AccountWrite>());
  f.slotWrites = batchAlloc(<usize>f.slotReadCount * offsetof<SlotWrite>());
  f.accountWriteCount = 0;
  f.slotWriteCount = 0;
  if (keep) {
    for (let a = firstAccount(); changetype<usize>(a) != 0; a = nextAccount(a)) publishAccount(f, a, deleteEmpty);
  }
  for (let i: u32 = 0; i < accountsBeforeCount; i++) {
    const write = changetype<AccountWrite>(accountsBefore + <usize>i * offsetof<AccountWrite>());
    if (write.valueNode != 0) removeEstimate(write.valueNode);
    if (write.balanceNode != 0) removeEstimate(write.balanceNode);
    if (write.storageNode != 0) removeEstimate(write.storageNode);
  }
  for (let i: u32 = 0; i < slotsBeforeCount; i++) {
    removeEstimate(changetype<SlotWrite>(slotsBefore + <usize>i * offsetof<SlotWrite>()).node);
  }
}

/** As endTransaction does with the base state (transaction.ts). */
function publishAccount(f: Footprint, a: Account, deleteEmpty: bool): void {
  if (isRemoved(a, deleteEmpty)) {
    if (a.originalFlags & EXISTS) publishRemoval(newAccountWrite(f, a));
    return;
  }
  if ((a.flags & (TOUCHED | EXISTS)) == (TOUCHED | EXISTS)) publishChange(f, a);
  for (let s = firstSlot(a); changetype<usize>(s) != 0; s = nextSlot(s)) {
    if (!eq32(currentPtr(s), originalPtr(s))) publishSlot(f, s);
  }
}

// @ts-ignore: decorator
@inline
function isRemoved(a: Account, deleteEmpty: bool): bool {
  return (a.flags & SELF_DESTRUCTED) != 0 || (deleteEmpty && (a.flags & TOUCHED) != 0 && accountIsEmpty(a));
}

/** Looks at every balance that ending the transaction depends on, so that `recordReads` knows of it. */
export function settleReads(deleteEmpty: bool): void {
  for (let a = firstAccount(); changetype<usize>(a) != 0; a = nextAccount(a)) isRemoved(a, deleteEmpty);
}

function newAccountWrite(f: Footprint, a: Account): AccountWrite {
  const write = accountWrite(f, f.accountWriteCount++);
  memory.fill(changetype<usize>(write), 0, offsetof<AccountWrite>());
  write.base = a.base;
  return write;
}

function publishRemoval(write: AccountWrite): void {
  const versions = accountVersions(changetype<BaseAccount>(write.base));
  const nothing = batchAlloc(32);
  zero32(nothing);
  write.value = newAccountVersion(false, 0, 0, EMPTY_CODE_HASH);
  write.balance = <u32>nothing;
  write.storage = newStorageVersion();
  write.valueNode = writeValue(versions, write.value);
  write.balanceNode = writeBalance(versions, write.balance);
  write.storageNode = writeStorage(versions, write.storage);
}

function publishChange(f: Footprint, a: Account): void {
  const credited = (a.flags & CREDITED) != 0;
  const balance = balanceField(a);
  const moved = credited ? !isZero32(balance) : !eq32(balance, originalBalancePtr(a));
  const changed =
    (a.originalFlags & EXISTS) == 0 || a.nonce != a.originalNonce || !eq32(codeHashPtr(a), originalCodeHashPtr(a));
  if (!moved && !changed) return;
  const write = newAccountWrite(f, a);
  const versions = accountVersions(changetype<BaseAccount>(a.base));
  if (changed) {
    write.value = newAccountVersion(true, a.nonce, a.code, codeHashPtr(a));
    write.valueNode = writeValue(versions, write.value);
  }
  if (moved) {
    write.balance = newWordVersion(balance, credited ? CREDIT : 0);
    write.balanceNode = writeBalance(versions, write.balance);
  }
}

function publishSlot(f: Footprint, s: Slot): void {
  const write = slotWrite(f, f.slotWriteCount++);
  write.base = s.base;
  write.record = newWordVersion(currentPtr(s), 0);
  write.node = writeValue(slotVersions(s.base), write.record);
}

/** Brings what was written into the base state, with undo records; when the batch is over, in the order of positions. */
export function applyWrites(f: Footprint): void {
  for (let i: u32 = 0; i < f.accountWriteCount; i++) applyAccount(accountWrite(f, i));
  for (let i: u32 = 0; i < f.slotWriteCount; i++) {
    const write = slotWrite(f, i);
    setBaseValue(changetype<BaseSlot>(write.base), write.record);
  }
}

function applyAccount(write: AccountWrite): void {
  const base = changetype<BaseAccount>(write.base);
  recordAccount(base);
  if (write.value != 0) {
    const exists = versionExists(write.value);
    const newCode = !eq32(versionCodeHash(write.value), baseCodeHash(base));
    base.flags = exists ? base.flags | IN_STATE : base.flags & ~IN_STATE;
    base.nonce = versionNonce(write.value);
    base.code = versionCode(write.value);
    copy32(baseCodeHash(base), versionCodeHash(write.value));
    if (exists && newCode) base.flags |= NEW_CODE;
  }
  const balance = <usize>(write.balance & ~BITS);
  if (write.balance & CREDIT) add(baseBalance(base), baseBalance(base), balance);
  else if (balance != 0) copy32(baseBalance(base), balance);
  if (write.storage != 0) base.storage = load<u32>(<usize>write.storage);
}

// @ts-ignore: decorator
@inline
function accountWrite(f: Footprint, index: u32): AccountWrite {
  return changetype<AccountWrite>(f.accountWrites + <usize>index * offsetof<AccountWrite>());
}

// @ts-ignore: decorator
@inline
function slotWrite(f: Footprint, index: u32): SlotWrite {
  return changetype<SlotWrite>(f.slotWrites + <usize>index * offsetof<SlotWrite>());
}
