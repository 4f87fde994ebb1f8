/** Once per instance: the table seed (host randomness; results never depend on it). */
export function initState(seed0: u64, seed1: u64): void { unreachable(); }
/** Drops all cached state and continues from `root` (32 bytes). */
export function openState(root: usize): void { unreachable(); }
/** Root of the state with everything flushed by endTransaction (open transactions excluded). */
export function stateRoot(out: usize): void { unreachable(); }
/** Transaction-level marks below the journal; only outside an open transaction. */
export function baseCheckpoint(): u32 { unreachable(); }
export function baseRevert(mark: u32): void { unreachable(); }
/** Computes the root, hands every new node and code to host.emitPreimages, and drops the undo log (marks become invalid). */
export function commitNodes(root: usize): void { unreachable(); }
/** Bytes held by cached state; the host re-opens at the last committed root when it exceeds its budget. */
export function stateMemory(): usize { unreachable(); }
/** Base-level setters for genesis and state overrides; outside an open transaction, undone by baseRevert. */
export function overrideNonce(address: usize, nonce: u64): void { unreachable(); }
export function overrideBalance(address: usize, value: usize): void { unreachable(); }
export function overrideCode(address: usize, ptr: usize, len: u32): void { unreachable(); }
/** key and value as u256 limbs. */
export function overrideSlot(address: usize, key: usize, value: usize): void { unreachable(); }
export function clearStorage(address: usize): void { unreachable(); }
