/** Instructions that look at accounts by address, with the access gas of EIP-2929. */
import { isStandardPrecompile } from "../../precompiles/precompiles";
import { COLD_ACCOUNT, WARM_ACCESS } from "../../spec/parameters";
import { Account, account, accountIsEmpty, balancePtr, codeHashPtr, codeOf, warmAccount } from "../../state/account";
import { copy32, loadBE, set64, storeAddress, zero32 } from "../../u256/word";
import { codeBytes, codeLength } from "../code";
import { addressPtr, charge, SCRATCH } from "../frame";
import { copyToMemory } from "./memory";

/** The account whose address is the low 20 bytes of a stack word. */
export function accountAt(word: usize): Account {
  storeAddress(SCRATCH, word);
  return account(SCRATCH);
}

/** Warms an account and tells whether it was cold. Precompiles are warm from the start, where they stand by default. */
export function warmFromCold(target: Account): bool {
  return warmAccount(target) && !isStandardPrecompile(addressPtr(target));
}

/** Pays what a cold account costs beyond a warm one and warms it. */
export function chargeAccess(target: Account): bool {
  return COLD_ACCOUNT == 0 || !warmFromCold(target) || charge(COLD_ACCOUNT - WARM_ACCESS);
}

export function balance(sp: usize): bool {
  const target = accountAt(sp);
  if (!chargeAccess(target)) return false;
  copy32(sp, balancePtr(target));
  return true;
}

export function externalCodeSize(sp: usize): bool {
  const target = accountAt(sp);
  if (!chargeAccess(target)) return false;
  set64(sp, codeLength(codeOf(target)));
  return true;
}

/** 0 for an account that is absent or empty (EIP-1052). */
export function externalCodeHash(sp: usize): bool {
  const target = accountAt(sp);
  if (!chargeAccess(target)) return false;
  if (accountIsEmpty(target)) zero32(sp);
  else loadBE(sp, codeHashPtr(target));
  return true;
}

export function externalCodeCopy(sp: usize): bool {
  const target = accountAt(sp);
  if (!chargeAccess(target)) return false;
  const code = codeOf(target);
  return copyToMemory(sp - 32, codeBytes(code), codeLength(code));
}
