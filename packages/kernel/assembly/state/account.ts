/**
 * Accounts as a transaction sees them. A record is made at the first access and holds both the values the transaction
 * began with and the current ones; what changed reaches the base state in endTransaction.
 */
import { keccak256 } from "../crypto/keccak";
import { hashAddress } from "../table/siphash";
import { trieIsEmpty } from "../trie/trie";
import { copy32, eq32, isZero32 } from "../u256/word";
import { add, sub } from "../u256/add";
import { SHARING, abandon } from "../memory/sharing";
import { findAccount, newAccount } from "./access";
import {
  Account,
  CREATED,
  CREDITED,
  EXISTS,
  SELF_DESTRUCTED,
  TOUCHED,
  WARM,
  balanceField,
  codeHashPtr,
  originalBalancePtr,
  originalCodeHashPtr,
} from "./access-records";
import { flushStorage } from "./flush";
import { JOURNAL_BALANCE, JOURNAL_CODE, JOURNAL_FLAGS, JOURNAL_NONCE, record } from "./journal";
import { baseAccount } from "./base-account";
import { BaseAccount, EMPTY_CODE_HASH, Storage, accountVersions, baseBalance } from "./base-records";
import { sharedStorage, storageOf } from "./base-storage";
import { codeByHash, codeFromBytes } from "./code";
import { readBalance } from "./versions";

export { Account, codeHashPtr, originalBalancePtr, originalCodeHashPtr };

/** u256: the current balance. The address is to be read at once: the balance may be known only when somebody asks. */
// @ts-ignore: decorator
@inline
export function balancePtr(a: Account): usize {
  if (!GUEST && a.flags & CREDITED) resolveBalance(a);
  return balanceField(a);
}

/** In a batch, adds what was credited to the balance that the transactions below left. */
function resolveBalance(a: Account): void {
  const credit = balanceField(a);
  const original = originalBalancePtr(a);
  copy32(record(JOURNAL_BALANCE, changetype<usize>(a), a.flags, 32), credit);
  a.flags &= ~CREDITED;
  if (!a.observed) {
    const base = changetype<BaseAccount>(a.base);
    readBalance(accountVersions(base), baseBalance(base), original);
    a.observed = true;
  }
  add(credit, credit, original);
}

/** Whether the balance is zero; what was credited tells without a look at the rest. */
function hasNoBalance(a: Account): bool {
  if (!GUEST && a.flags & CREDITED && !isZero32(balanceField(a))) return false;
  return isZero32(balancePtr(a));
}

/** The account's record; loads it at the first access and neither warms nor touches it. `address`: 20 bytes. */
export function account(address: usize): Account {
  const hash = hashAddress(address);
  const known = findAccount(address, hash);
  return changetype<usize>(known) != 0 ? known : newAccount(baseAccount(address, hash), hash);
}

/** EIP-2929: true when the account was cold. */
export function warmAccount(a: Account): bool {
  if (a.flags & WARM) return false;
  record(JOURNAL_FLAGS, changetype<usize>(a), a.flags, 0);
  a.flags |= WARM;
  return true;
}

export function isWarm(a: Account): bool {
  return (a.flags & WARM) != 0;
}

export function accountExists(a: Account): bool {
  return (a.flags & EXISTS) != 0;
}

/** EIP-161: no nonce, no balance, no code. */
export function accountIsEmpty(a: Account): bool {
  return a.nonce == 0 && eq32(codeHashPtr(a), EMPTY_CODE_HASH) && hasNoBalance(a);
}

/**
 * Brings an absent account into existence, as forks before EIP-161 do for the target of a transfer of nothing; from
 * EIP-161 on endTransaction removes it again.
 */
export function touch(a: Account): void {
  if ((a.flags & (EXISTS | TOUCHED)) == (EXISTS | TOUCHED)) return;
  record(JOURNAL_FLAGS, changetype<usize>(a), a.flags, 0);
  a.flags |= EXISTS | TOUCHED;
}

export function setNonce(a: Account, nonce: u64): void {
  store<u64>(record(JOURNAL_NONCE, changetype<usize>(a), a.flags, 8), a.nonce);
  a.flags |= EXISTS | TOUCHED;
  a.nonce = nonce;
}

function recordBalance(a: Account): void {
  copy32(record(JOURNAL_BALANCE, changetype<usize>(a), a.flags, 32), balanceField(a));
  a.flags |= EXISTS | TOUCHED;
}

/** value: u256. */
export function setBalance(a: Account, value: usize): void {
  const balance = balancePtr(a);
  recordBalance(a);
  copy32(balance, value);
}

/** value: u256; zero only touches. The total supply fits in 256 bits, so there is no overflow to report. */
export function addBalance(a: Account, value: usize): void {
  if (isZero32(value)) {
    touch(a);
    return;
  }
  recordBalance(a);
  add(balanceField(a), balanceField(a), value);
}

/** value: u256, at most the balance (the caller checks). */
export function subBalance(a: Account, value: usize): void {
  if (isZero32(value)) {
    touch(a);
    return;
  }
  const balance = balancePtr(a);
  recordBalance(a);
  sub(balance, balance, value);
}

/** Sets the account's code; no bytes clear it (EIP-7702 reset). */
export function setCode(a: Account, bytes: usize, length: u32): void {
  const entry = record(JOURNAL_CODE, changetype<usize>(a), a.flags, 40);
  copy32(entry, codeHashPtr(a));
  store<u32>(entry, <u32>a.code, 32);
  a.flags |= EXISTS | TOUCHED;
  keccak256(bytes, length, codeHashPtr(a));
  a.code = codeFromBytes(codeHashPtr(a), bytes, length);
}

/** Code blob (evm/code.ts) of the account; empty code has one too, so never 0. */
export function codeOf(a: Account): usize {
  if (a.code == 0) {
    a.code = codeByHash(codeHashPtr(a));
    const base = changetype<BaseAccount>(a.base);
    if (base.code == 0 && eq32(codeHashPtr(a), originalCodeHashPtr(a))) base.code = a.code;
  }
  return a.code;
}

/** Marks the account as created by this transaction. Balance, nonce and collision rules are the caller's. */
export function createContract(a: Account): void {
  record(JOURNAL_FLAGS, changetype<usize>(a), a.flags, 0);
  a.flags |= EXISTS | TOUCHED | CREATED;
}

export function createdInTransaction(a: Account): bool {
  return (a.flags & CREATED) != 0;
}

/** The account's storage record, made if there is none. Its address is the namespace of the slots. */
export function accountStorage(a: Account): usize {
  const base = changetype<BaseAccount>(a.base);
  if (GUEST || !SHARING) return storageOf(base);
  return sharedStorage(base, a.holder != 0 ? a.holder : a.base + offsetof<BaseAccount>("storage"));
}

/** EIP-7610: whether the account had storage when the transaction began. */
export function hasStorage(a: Account): bool {
  const storage = changetype<BaseAccount>(a.base).storage;
  if (storage == 0 || (!GUEST && SHARING && a.holder != 0)) return false;
  if (changetype<Storage>(storage).firstDirty != 0) {
    // Tries do not change while a batch runs. From Spurious Dragon on no transaction leaves storage without a nonce.
    if (!GUEST && SHARING) abandon();
    flushStorage(storage, false);
  }
  return !trieIsEmpty(storage);
}

/** endTransaction removes the account, with its balance and storage. */
export function markSelfDestruct(a: Account): void {
  if (a.flags & SELF_DESTRUCTED) return;
  record(JOURNAL_FLAGS, changetype<usize>(a), a.flags, 0);
  a.flags |= SELF_DESTRUCTED;
}

export function isSelfDestructed(a: Account): bool {
  return (a.flags & SELF_DESTRUCTED) != 0;
}
