/**
 * Flat entries of the state that was last opened or committed. The host may not have them: it answers -1, and the kernel
 * walks the trie, as the stateless program always does. 0 = absent, else the length of the entry.
 */

// @ts-ignore: decorator
@external("host", "account")
declare function hostAccount(hashedAddress: usize, out: usize): i32;

// @ts-ignore: decorator
@external("host", "slot")
declare function hostSlot(hashedAddress: usize, hashedKey: usize, out: usize): i32;

/** Slim RLP of an account, at most 128 bytes. */
// @ts-ignore: decorator
@inline
export function flatAccount(hashedAddress: usize, out: usize): i32 {
  return GUEST ? -1 : hostAccount(hashedAddress, out);
}

/** Value of a slot without leading zeros, at most 32 bytes. */
// @ts-ignore: decorator
@inline
export function flatSlot(hashedAddress: usize, hashedKey: usize, out: usize): i32 {
  return GUEST ? -1 : hostSlot(hashedAddress, hashedKey, out);
}
