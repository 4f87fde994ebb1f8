import { CANCUN, SPURIOUS_DRAGON } from "../../spec/forks";
import { COLD_ACCOUNT, FORK, SELFDESTRUCT_NEW_ACCOUNT, SELFDESTRUCT_REFUND } from "../../spec/parameters";
import {
  Account, accountExists, accountIsEmpty, addBalance, balancePtr, createdInTransaction, isSelfDestructed,
  markSelfDestruct, subBalance,
} from "../../state/account";
import { addRefund } from "../../state/journal";
import { traceSelfDestruct } from "../../trace/trace";
import { copy32, isZero32 } from "../../u256/word";
import { charge, FRAME, halt, SCRATCH, setOutput } from "../frame";
import { STATIC_CALL_VIOLATION } from "../status";
import { accountAt, warmFromCold } from "./accounts";

/** Sends the balance to the address on the stack and marks the account; from Cancun on only a new one (EIP-6780). */
export function selfDestruct(sp: usize): bool {
  if (FRAME.isStatic) return halt(STATIC_CALL_VIOLATION);
  const self = FRAME.account;
  const beneficiary = accountAt(sp);
  if (!chargeSelfDestruct(self, beneficiary)) return false;
  if (TRACE) traceSelfDestruct(self, beneficiary, balancePtr(self));

  const destroys = FORK < CANCUN || createdInTransaction(self);
  if (destroys && !isSelfDestructed(self)) addRefund(SELFDESTRUCT_REFUND);
  moveBalance(self, beneficiary, destroys);
  if (destroys) markSelfDestruct(self);
  setOutput(0, 0);
  return true;
}

export function chargeSelfDestruct(self: Account, beneficiary: Account): bool {
  // EIP-2929 charges nothing for a warm beneficiary, so this is not `chargeAccess`.
  if (COLD_ACCOUNT != 0 && warmFromCold(beneficiary) && !charge(COLD_ACCOUNT)) return false;
  return !bringsToLife(beneficiary, self) || charge(SELFDESTRUCT_NEW_ACCOUNT);
}

function bringsToLife(beneficiary: Account, self: Account): bool {
  if (SELFDESTRUCT_NEW_ACCOUNT == 0) return false;
  if (FORK >= SPURIOUS_DRAGON) return !isZero32(balancePtr(self)) && accountIsEmpty(beneficiary);
  return !accountExists(beneficiary);
}

/** An account that destroys itself in its own favour burns its balance; one that stays keeps it. */
function moveBalance(self: Account, beneficiary: Account, destroys: bool): void {
  if (self == beneficiary && !destroys) return;
  const amount = SCRATCH;
  copy32(amount, balancePtr(self));
  subBalance(self, amount);
  if (self != beneficiary) addBalance(beneficiary, amount);
}
