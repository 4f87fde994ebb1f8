/** Frame marks are opaque; revertTo undoes everything after the mark, logs, refund, warmth, transient storage included. */
export function checkpoint(): u32 { unreachable(); }
export function revertTo(mark: u32): void { unreachable(); }
export let refund: i64 = 0;
export function addRefund(delta: i64): void { unreachable(); }
