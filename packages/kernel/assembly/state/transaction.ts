/** Resets transaction memory (txAlloc), logs, refund, journal, access records. */
export function beginTransaction(): void { unreachable(); }
/** Writes the transaction's effects to the base state with undo records. deleteEmpty: EIP-161 (Spurious Dragon on). */
export function endTransaction(deleteEmpty: bool): void { unreachable(); }
export function discardTransaction(): void { unreachable(); }
