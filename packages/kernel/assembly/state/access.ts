import { Account } from "./account";
import { Slot } from "./storage";
/** Accounts of the current or last transaction in order of first access; 0 ends. Valid until the next beginTransaction. */
export function firstAccount(): Account { unreachable(); }
export function nextAccount(a: Account): Account { unreachable(); }
export function firstSlot(a: Account): Slot { unreachable(); }
export function nextSlot(s: Slot): Slot { unreachable(); }
