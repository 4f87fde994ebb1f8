/** Begin and end of a transaction over the base state. System calls, withdrawals and rewards are transactions here too. */
import { resetTransactionMemory } from "../memory/arena";
import { copy32, eq32, zero32 } from "../u256/word";
import { clearAccess, firstAccount, firstSlot, nextAccount, nextSlot } from "./access";
import {
  Account,
  EXISTS,
  SELF_DESTRUCTED,
  TOUCHED,
  codeHashPtr,
  currentPtr,
  originalBalancePtr,
  originalCodeHashPtr,
  originalPtr,
} from "./access-records";
import { accountIsEmpty, balancePtr } from "./account";
import { clearJournal } from "./journal";
import { clearLogs } from "./logs";
import { BaseAccount, BaseSlot, EMPTY_CODE_HASH, IN_STATE, NEW_CODE, baseBalance, baseCodeHash } from "./base-records";
import { clearTransient } from "./storage";
import { recordAccount, setBaseValue } from "./undo";

/** Frees transaction memory and forgets accesses, journal, logs, refund and transient storage. */
export function beginTransaction(): void {
  clearAccess();
  clearJournal();
  clearLogs();
  clearTransient();
  resetTransactionMemory();
}

/**
 * Writes the transaction's effects to the base state, with undo records. Self-destructed accounts go, and with
 * `deleteEmpty` (EIP-161) touched empty ones. Accesses and logs stay readable until the next beginTransaction.
 */
export function endTransaction(deleteEmpty: bool): void {
  for (let a = firstAccount(); changetype<usize>(a) != 0; a = nextAccount(a)) {
    const flags = a.flags;
    if (flags & SELF_DESTRUCTED || (deleteEmpty && flags & TOUCHED && accountIsEmpty(a))) removeAccount(a);
    else {
      if ((flags & (TOUCHED | EXISTS)) == (TOUCHED | EXISTS)) writeAccount(a);
      writeSlots(a);
    }
  }
}

/** Drops the transaction's effects: the base state is as before beginTransaction. */
export function discardTransaction(): void {
  beginTransaction();
}

function removeAccount(a: Account): void {
  const base = changetype<BaseAccount>(a.base);
  if ((base.flags & IN_STATE) == 0) return;
  recordAccount(base);
  base.flags &= ~IN_STATE;
  base.nonce = 0;
  base.storage = 0;
  base.code = 0;
  zero32(baseBalance(base));
  copy32(baseCodeHash(base), EMPTY_CODE_HASH);
}

function writeAccount(a: Account): void {
  const newCode = !eq32(codeHashPtr(a), originalCodeHashPtr(a));
  const same = a.originalFlags & EXISTS && a.nonce == a.originalNonce && eq32(balancePtr(a), originalBalancePtr(a));
  if (same && !newCode) return;
  const base = changetype<BaseAccount>(a.base);
  recordAccount(base);
  base.flags |= IN_STATE;
  base.nonce = a.nonce;
  base.code = a.code;
  copy32(baseBalance(base), balancePtr(a));
  copy32(baseCodeHash(base), codeHashPtr(a));
  if (newCode) base.flags |= NEW_CODE;
}

function writeSlots(a: Account): void {
  for (let s = firstSlot(a); changetype<usize>(s) != 0; s = nextSlot(s)) {
    if (!eq32(currentPtr(s), originalPtr(s))) setBaseValue(changetype<BaseSlot>(s.base), currentPtr(s));
  }
}
