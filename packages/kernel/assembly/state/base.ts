/** The base state's public face: opening, roots, marks, commit, and setters below the transaction level. */
import { keccak256 } from "../crypto/keccak";
import { initArenas, resetStateMemory } from "../memory/arena";
import { seedTables } from "../table/siphash";
import { initNodes, resetNodes } from "../trie/node";
import { emitsChanges, flushRecords } from "../trie/emit";
import { openTrie, ownTrie } from "../trie/trie";
import { copy32 } from "../u256/word";
import { initAccess } from "./access";
import { resetEviction } from "./evict";
import { initFlush, resetFlush, saveState, sealState } from "./flush";
import { initJournal } from "./journal";
import { baseAccountAt } from "./base-account";
import { BaseAccount, IN_STATE, NEW_CODE, baseBalance, baseCodeHash } from "./base-records";
import { baseSlotAt } from "./base-slot";
import { storageOf } from "./base-storage";
import { codeFromBytes } from "./code";
import { STATE_TRIE, initRecords, resetRecords } from "./records";
import { initTransient } from "./storage";
import { initVersions } from "./versions";
import { discardTransaction } from "./transaction";
import { clearDirty, clearUndo, initUndo, recordAccount, setBaseValue, undoMark, undoTo } from "./undo";

/** Once per instance, before anything else: `seed0`, `seed1` are host randomness for the tables; no result depends on them. */
export function initState(seed0: u64, seed1: u64): void {
  seedTables(seed0, seed1);
  initArenas();
  initNodes();
  initRecords();
  initUndo();
  initFlush();
  initAccess();
  initTransient();
  initJournal();
  initVersions();
}

/** Drops all cached state and continues from `root` (32 bytes), loading through the host. */
export function openState(root: usize): void {
  discardTransaction();
  resetRecords();
  resetFlush();
  clearDirty();
  clearUndo();
  resetNodes();
  resetStateMemory();
  resetEviction();
  openTrie(STATE_TRIE, root);
  ownTrie(STATE_TRIE, 0, emitsChanges());
}

/** Root of everything that endTransaction and the overrides wrote. Hands nothing to the host. */
export function stateRoot(out: usize): void {
  copy32(out, sealState());
}

/** Mark for baseRevert, below the transaction level; only outside an open transaction. */
export function baseCheckpoint(): u32 {
  return undoMark();
}

/** Undoes every transaction and override since the mark. */
export function baseRevert(mark: u32): void {
  undoTo(mark);
}

/**
 * Computes the root and hands to the host everything that is new since the last commit (trie/emit.ts). From now on the
 * host's flat entries are expected to be those of this state. What was committed cannot be reverted: earlier marks become
 * invalid.
 */
export function commitNodes(root: usize): void {
  copy32(root, saveState());
  flushRecords();
  clearUndo();
}

/** The setters below serve genesis and state overrides: outside an open transaction, undone by baseRevert. */
function changeAccount(address: usize): BaseAccount {
  const a = baseAccountAt(address);
  recordAccount(a);
  a.flags |= IN_STATE;
  return a;
}

export function overrideNonce(address: usize, nonce: u64): void {
  changeAccount(address).nonce = nonce;
}

/** value: u256. */
export function overrideBalance(address: usize, value: usize): void {
  copy32(baseBalance(changeAccount(address)), value);
}

export function overrideCode(address: usize, bytes: usize, length: u32): void {
  const a = changeAccount(address);
  keccak256(bytes, length, baseCodeHash(a));
  a.code = codeFromBytes(baseCodeHash(a), bytes, length);
  a.flags |= NEW_CODE;
}

/** key, value: u256. */
export function overrideSlot(address: usize, key: usize, value: usize): void {
  setBaseValue(baseSlotAt(storageOf(changeAccount(address)), key), value);
}

/** Empties the account's storage. */
export function clearStorage(address: usize): void {
  changeAccount(address).storage = 0;
}
