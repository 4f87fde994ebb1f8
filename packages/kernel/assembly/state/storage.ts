import { Account } from "./account";
@unmanaged
export class Slot {
  key0: u64;
}
export function slot(a: Account, key: usize): Slot { unreachable(); }
export function warmSlot(s: Slot): bool { unreachable(); }
export function currentPtr(s: Slot): usize { unreachable(); }
/** Value at the start of the transaction (EIP-2200). */
export function originalPtr(s: Slot): usize { unreachable(); }
export function setSlot(s: Slot, value: usize): void { unreachable(); }
export function transientGet(address: usize, key: usize, out: usize): void { unreachable(); }
export function transientSet(address: usize, key: usize, value: usize): void { unreachable(); }
