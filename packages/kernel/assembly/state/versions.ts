/**
 * What the transactions of a running batch wrote, by position. The base state does not change while a batch runs; each
 * account and slot that a transaction wrote has chains of versions instead, newest position first, and a transaction at
 * position n reads the newest below n.
 *
 * A version is a node (position, next node, record) whose record is replaced as a whole when the transaction runs again;
 * records do not change once they hang in a chain. An account has three chains, so that what is independent does not
 * conflict: its nonce, code and existence; its balance, also as mere credits, which commute; and the storage records that
 * came in place of wiped ones.
 */
import { Arena, arenaAlloc, arenaReset, newArena } from "../memory/arena";
import { reserve } from "../memory/heap";
import { pause } from "../memory/sharing";
import { add } from "../u256/add";
import { copy32, eq32, zero32 } from "../u256/word";
import { BaseAccount, BaseSlot, IN_STATE, baseBalance, baseCodeHash, baseValue } from "./base-records";

/** Bits beside the address of a record. The transaction is running again: what it writes is not known. */
export const ESTIMATE: u32 = 1;
/** The transaction did not write it after all. */
export const REMOVED: u32 = 2;
/** The record of a balance is a credit to it. */
export const CREDIT: u32 = 4;
const ADDRESS: u32 = 0xfffffff0;

/** Chains of one account or slot: newest nodes, and the next one that this instance made. */
@unmanaged
export class Versions {
  /** Account versions, or values of a slot. */
  value: u32;
  balance: u32;
  storage: u32;
  next: usize;
  /** The word of the base record that refers to this. */
  holder: usize;
}

@unmanaged
class Version {
  position: u32;
  next: u32;
  record: u32;
}

/** Account record: exists u32, code u32, nonce u64, code hash. */
const ACCOUNT_CODE: usize = 4;
const ACCOUNT_NONCE: usize = 8;
const ACCOUNT_CODE_HASH: usize = 16;
const ACCOUNT_SIZE: usize = 48;

let arena: Arena = changetype<Arena>(0);
/** Word: the newest chains that this instance made. */
let made: usize = 0;

/** Position of the transaction that runs. */
export let POSITION: u32 = 0;

/** Once per instance. */
export function initVersions(): void {
  arena = newArena();
  made = reserve(4);
}

/** Lists the chains that this instance makes at `list`, a word, so that another instance can drop them. */
export function listVersionsAt(list: usize): void {
  made = list;
  store<u32>(list, 0);
}

/** Memory that lives until the next batch. */
export function versionArena(): Arena {
  return arena;
}

export function batchAlloc(bytes: usize): usize {
  return arenaAlloc(arena, bytes);
}

/** Frees what the last batch left with this instance. */
export function resetVersions(): void {
  arenaReset(arena);
  store<u32>(made, 0);
}

export function setPosition(position: u32): void {
  POSITION = position;
}

/** Unhooks the chains listed at `list`: the base state is what counts again. */
export function dropVersions(list: usize): void {
  for (let at = <usize>load<u32>(list); at != 0; at = changetype<Versions>(at).next) {
    store<u32>(changetype<Versions>(at).holder, 0);
  }
  store<u32>(list, 0);
}

/** The chains behind `holder`, made if there are none. */
function versionsAt(holder: usize): Versions {
  const known = atomic.load<u32>(holder);
  if (known != 0) return changetype<Versions>(<usize>known);
  const fresh = changetype<Versions>(batchAlloc(offsetof<Versions>()));
  fresh.value = 0;
  fresh.balance = 0;
  fresh.storage = 0;
  fresh.holder = holder;
  const other = atomic.cmpxchg<u32>(holder, 0, <u32>changetype<usize>(fresh));
  if (other != 0) return changetype<Versions>(<usize>other);
  fresh.next = load<u32>(made);
  store<u32>(made, <u32>changetype<usize>(fresh));
  return fresh;
}

/** Newest node below `position` that was not removed, 0 = none. `chain`: address of the word with the newest node. */
function nodeBelow(chain: usize, position: u32): usize {
  let node = <usize>atomic.load<u32>(chain);
  while (node != 0) {
    const v = changetype<Version>(node);
    if (v.position < position && (atomic.load<u32>(node, offsetof<Version>("record")) & REMOVED) == 0) return node;
    node = atomic.load<u32>(node, offsetof<Version>("next"));
  }
  return 0;
}

// @ts-ignore: decorator
@inline
function recordOf(node: usize): u32 {
  return node == 0 ? 0 : atomic.load<u32>(node, offsetof<Version>("record"));
}

/** Record with its bits of the newest version below `position`, 0 = the base state's; waits for one that is not known. */
function recordBelow(chain: usize, position: u32): u32 {
  while (true) {
    const record = recordOf(nodeBelow(chain, position));
    if ((record & (ESTIMATE | REMOVED)) == 0) return record;
    pause();
  }
}

// @ts-ignore: decorator
@inline
function valueChain(versions: u32): usize {
  return <usize>versions;
}

// @ts-ignore: decorator
@inline
function balanceChain(versions: u32): usize {
  return <usize>versions + offsetof<Versions>("balance");
}

// @ts-ignore: decorator
@inline
function storageChain(versions: u32): usize {
  return <usize>versions + offsetof<Versions>("storage");
}

/** Version of nonce, code and existence that the running transaction sees; 0 = the base record's. `versions`: of the account. */
export function readAccount(versions: usize): usize {
  const chains = atomic.load<u32>(versions);
  return chains == 0 ? 0 : <usize>recordBelow(valueChain(chains), POSITION);
}

/** Word that holds the account's storage record for the running transaction, 0 = that of the base record. */
export function readStorage(versions: usize): usize {
  const chains = atomic.load<u32>(versions);
  return chains == 0 ? 0 : <usize>recordBelow(storageChain(chains), POSITION);
}

/** Record of the slot's value that the running transaction sees, 0 = the base record's. */
export function readSlot(versions: usize): usize {
  const chains = atomic.load<u32>(versions);
  return chains == 0 ? 0 : <usize>recordBelow(valueChain(chains), POSITION);
}

/** Balance before the running transaction: base or newest known one, and the credits since. */
export function readBalance(versions: usize, base: usize, out: usize): void {
  while (!sumBalance(versions, base, POSITION, out)) pause();
}

/** False when a transaction below runs again. */
function sumBalance(versions: usize, base: usize, position: u32, out: usize): bool {
  zero32(out);
  const chains = atomic.load<u32>(versions);
  let node = chains == 0 ? 0 : nodeBelow(balanceChain(chains), position);
  while (node != 0) {
    const record = recordOf(node);
    if (record & ESTIMATE) return false;
    if ((record & REMOVED) == 0) {
      add(out, out, <usize>(record & ADDRESS));
      if ((record & CREDIT) == 0) return true;
    }
    node = nodeBelow(node + offsetof<Version>("next"), position);
  }
  add(out, out, base);
  return true;
}

// @ts-ignore: decorator
@inline
export function versionExists(record: usize): bool {
  return load<u32>(record) != 0;
}

// @ts-ignore: decorator
@inline
export function versionCode(record: usize): usize {
  return load<u32>(record, ACCOUNT_CODE);
}

// @ts-ignore: decorator
@inline
export function versionNonce(record: usize): u64 {
  return load<u64>(record, ACCOUNT_NONCE);
}

// @ts-ignore: decorator
@inline
export function versionCodeHash(record: usize): usize {
  return record + ACCOUNT_CODE_HASH;
}

export function newAccountVersion(exists: bool, nonce: u64, code: usize, codeHash: usize): u32 {
  const record = batchAlloc(ACCOUNT_SIZE);
  store<u32>(record, u32(exists));
  store<u32>(record, <u32>code, ACCOUNT_CODE);
  store<u64>(record, nonce, ACCOUNT_NONCE);
  copy32(versionCodeHash(record), codeHash);
  return <u32>record;
}

/** A value of a slot, a balance, or with CREDIT an addition to one. */
export function newWordVersion(value: usize, bits: u32): u32 {
  const record = batchAlloc(32);
  copy32(record, value);
  return <u32>record | bits;
}

/** A storage record in place of one that was wiped; none until one is needed. */
export function newStorageVersion(): u32 {
  const record = batchAlloc(16);
  store<u32>(record, 0);
  return <u32>record;
}

/** The three below hang a record of the running transaction into a chain and return its node. */
export function writeValue(versions: usize, record: u32): usize {
  return write(valueChain(<u32>changetype<usize>(versionsAt(versions))), record);
}

export function writeBalance(versions: usize, record: u32): usize {
  return write(balanceChain(<u32>changetype<usize>(versionsAt(versions))), record);
}

export function writeStorage(versions: usize, record: u32): usize {
  return write(storageChain(<u32>changetype<usize>(versionsAt(versions))), record);
}

function write(chain: usize, record: u32): usize {
  let fresh: usize = 0;
  while (true) {
    let link = chain;
    let node = <usize>atomic.load<u32>(link);
    while (node != 0 && changetype<Version>(node).position > POSITION) {
      link = node + offsetof<Version>("next");
      node = atomic.load<u32>(link);
    }
    if (node != 0 && changetype<Version>(node).position == POSITION) {
      atomic.store<u32>(node, record, offsetof<Version>("record"));
      return node;
    }
    if (fresh == 0) {
      fresh = batchAlloc(offsetof<Version>());
      changetype<Version>(fresh).position = POSITION;
      changetype<Version>(fresh).record = record;
    }
    changetype<Version>(fresh).next = <u32>node;
    if (atomic.cmpxchg<u32>(link, <u32>node, <u32>fresh) == <u32>node) return fresh;
  }
}

/** The transaction runs again: whoever reads the version waits. */
export function markEstimate(node: usize): void {
  atomic.store<u32>(node, recordOf(node) | ESTIMATE, offsetof<Version>("record"));
}

/** Removes a version that the transaction, run again, did not write. */
export function removeEstimate(node: usize): void {
  if (recordOf(node) & ESTIMATE) atomic.store<u32>(node, REMOVED, offsetof<Version>("record"));
}

/** The four below tell whether what a transaction at `position` read is still what it would read. */
export function sameAccount(a: BaseAccount, versions: usize, seen: usize, position: u32): bool {
  const chains = atomic.load<u32>(versions);
  const now = chains == 0 ? 0 : recordOf(nodeBelow(valueChain(chains), position));
  if (now == <u32>seen) return true;
  if (now & (ESTIMATE | REMOVED)) return false;
  const exists = now == 0 ? (a.flags & IN_STATE) != 0 : versionExists(now);
  const nonce = now == 0 ? a.nonce : versionNonce(now);
  const hash = now == 0 ? baseCodeHash(a) : versionCodeHash(now);
  const existed = seen == 0 ? (a.flags & IN_STATE) != 0 : versionExists(seen);
  const nonceBefore = seen == 0 ? a.nonce : versionNonce(seen);
  const hashBefore = seen == 0 ? baseCodeHash(a) : versionCodeHash(seen);
  return exists == existed && nonce == nonceBefore && eq32(hash, hashBefore);
}

export function sameStorage(versions: usize, seen: usize, position: u32): bool {
  const chains = atomic.load<u32>(versions);
  return (chains == 0 ? 0 : recordOf(nodeBelow(storageChain(chains), position))) == <u32>seen;
}

/** `seen`: the balance; `scratch`: 32 bytes. */
export function sameBalance(a: BaseAccount, versions: usize, seen: usize, position: u32, scratch: usize): bool {
  return sumBalance(versions, baseBalance(a), position, scratch) && eq32(scratch, seen);
}

export function sameSlot(s: BaseSlot, seen: usize, position: u32): bool {
  const chains = s.versions;
  const now = chains == 0 ? 0 : recordOf(nodeBelow(valueChain(chains), position));
  if (now == <u32>seen) return true;
  if (now & (ESTIMATE | REMOVED)) return false;
  return eq32(now == 0 ? baseValue(s) : <usize>now, seen == 0 ? baseValue(s) : seen);
}

/** Position of the newest version below `position` of a slot, or of an account's code and nonce; -1 = the base state. */
export function valueWriter(versions: usize, position: u32): i32 {
  const chains = atomic.load<u32>(versions);
  return chains == 0 ? -1 : positionOf(nodeBelow(valueChain(chains), position));
}

/** As valueWriter, of an account's balance. */
export function balanceWriter(versions: usize, position: u32): i32 {
  const chains = atomic.load<u32>(versions);
  return chains == 0 ? -1 : positionOf(nodeBelow(balanceChain(chains), position));
}

// @ts-ignore: decorator
@inline
function positionOf(node: usize): i32 {
  return node == 0 ? -1 : <i32>changetype<Version>(node).position;
}
