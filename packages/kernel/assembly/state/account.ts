/** Per-transaction account record. The first 24 bytes are the address, zero padded. */
@unmanaged
export class Account {
  addressLow: u64;
  addressMiddle: u64;
  addressHigh: u64;
  nonce: u64;
}
/** Loads through access → base → trie → host; never 0; does not warm or touch. `address`: 20 bytes, padding not needed. */
export function account(address: usize): Account { unreachable(); }
export function warmAccount(a: Account): bool { unreachable(); }
export function isWarm(a: Account): bool { unreachable(); }
export function accountExists(a: Account): bool { unreachable(); }
export function accountIsEmpty(a: Account): bool { unreachable(); }
/** Also brings an absent account into existence (as the forks before EIP-161 need; after it endTransaction(true) removes it again). */
export function touch(a: Account): void { unreachable(); }
export function setNonce(a: Account, nonce: u64): void { unreachable(); }
export function setBalance(a: Account, value: usize): void { unreachable(); }
export function addBalance(a: Account, value: usize): void { unreachable(); }
export function subBalance(a: Account, value: usize): void { unreachable(); }
export function balancePtr(a: Account): usize { unreachable(); }
export function codeHashPtr(a: Account): usize { unreachable(); }
export function setCode(a: Account, ptr: usize, len: u32): void { unreachable(); }
/** Code blob as made by evm/code.ts newCode(ptr, len); never 0 (empty code has a blob too). */
export function codeOf(a: Account): usize { unreachable(); }
export function createContract(a: Account): void { unreachable(); }
export function hasStorage(a: Account): bool { unreachable(); }
export function markSelfDestruct(a: Account): void { unreachable(); }
export function isSelfDestructed(a: Account): bool { unreachable(); }
export function createdInTransaction(a: Account): bool { unreachable(); }
