/** Storage of the running account, gas and refunds of SSTORE by fork, and transient storage. */
import { ISTANBUL } from "../../spec/forks";
import {
  COLD_SLOT, FORK, SSTORE_CLEAR_REFUND, SSTORE_RESET, SSTORE_SENTRY, SSTORE_SET, SSTORE_UNCHANGED, WARM_ACCESS,
} from "../../spec/parameters";
import { addRefund } from "../../state/journal";
import {
  currentPtr, originalPtr, setSlot, Slot, slot, transientGet, transientSet, warmSlot,
} from "../../state/storage";
import { copy32, eq32, isZero32 } from "../../u256/word";
import { addressPtr, charge, FRAME, GAS, halt } from "../frame";
import { OUT_OF_GAS, STATIC_CALL_VIOLATION } from "../status";

// @ts-ignore: decorator
@inline
export function loadStorage(sp: usize): bool {
  const entry = slot(FRAME.account, sp);
  if (!chargeLoad(entry)) return false;
  copy32(sp, currentPtr(entry));
  return true;
}

// @ts-ignore: decorator
@inline
export function chargeLoad(entry: Slot): bool {
  return COLD_SLOT == 0 || !warmSlot(entry) || charge(COLD_SLOT - WARM_ACCESS);
}

export function storeStorage(sp: usize): bool {
  if (FRAME.isStatic) return halt(STATIC_CALL_VIOLATION);
  if (FORK >= ISTANBUL && GAS <= SSTORE_SENTRY) return halt(OUT_OF_GAS);
  const entry = slot(FRAME.account, sp);
  const value = sp - 32;
  if (!chargeStore(entry, value)) return false;
  const refund = storeRefund(entry, value);
  if (refund != 0) addRefund(refund);
  if (!eq32(value, currentPtr(entry))) setSlot(entry, value);
  return true;
}

export function chargeStore(entry: Slot, value: usize): bool {
  return charge((COLD_SLOT != 0 && warmSlot(entry) ? COLD_SLOT : 0) + storeGas(entry, value));
}

/** Gas without the cold surcharge: Yellow Paper, EIP-1283, EIP-2200. */
function storeGas(entry: Slot, value: usize): i64 {
  const current = currentPtr(entry);
  if (SSTORE_UNCHANGED == 0) return isZero32(current) && !isZero32(value) ? SSTORE_SET : SSTORE_RESET;
  const original = originalPtr(entry);
  if (eq32(current, value) || !eq32(original, current)) return SSTORE_UNCHANGED;
  return isZero32(original) ? SSTORE_SET : SSTORE_RESET;
}

function storeRefund(entry: Slot, value: usize): i64 {
  const current = currentPtr(entry);
  if (SSTORE_UNCHANGED == 0) return !isZero32(current) && isZero32(value) ? SSTORE_CLEAR_REFUND : 0;
  if (eq32(current, value)) return 0;
  const original = originalPtr(entry);
  let refund: i64 = 0;
  if (!isZero32(original)) {
    if (isZero32(current)) refund -= SSTORE_CLEAR_REFUND;
    else if (isZero32(value)) refund += SSTORE_CLEAR_REFUND;
  }
  // Back to the original value: what the first change cost beyond an unchanged store.
  if (!eq32(original, current) && eq32(original, value)) {
    refund += (isZero32(original) ? SSTORE_SET : SSTORE_RESET) - SSTORE_UNCHANGED;
  }
  return refund;
}

/** TLOAD (EIP-1153). */
export function loadTransient(sp: usize): void {
  transientGet(addressPtr(FRAME.account), sp, sp);
}

/** TSTORE (EIP-1153). */
export function storeTransient(sp: usize): bool {
  if (FRAME.isStatic) return halt(STATIC_CALL_VIOLATION);
  transientSet(addressPtr(FRAME.account), sp, sp - 32);
  return true;
}
