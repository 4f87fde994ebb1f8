/** Scoped memory. All pointers are 16-byte aligned, contents are undefined (not zeroed). */
/** Lives until the next beginTransaction (so results of a finished transaction can still be read). */
export function txAlloc(bytes: usize): usize { unreachable(); }
/** Lives until resetBlockMemory (called by the block layer when it opens a block). */
export function blockAlloc(bytes: usize): usize { unreachable(); }
export function resetBlockMemory(): void { unreachable(); }
/** Lives until openState: analysed code, base entries. */
export function stateAlloc(bytes: usize): usize { unreachable(); }
