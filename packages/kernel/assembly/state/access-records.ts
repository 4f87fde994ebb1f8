/**
 * Layouts of the records that a transaction keeps of the accounts and slots it accessed. What they mean is said by
 * account.ts and storage.ts, where they are changed, and by access.ts, where they are found.
 */

/** Present in the state (possibly empty, before EIP-161). */
export const EXISTS: u32 = 1;
/** EIP-2929. */
export const WARM: u32 = 2;
/** EIP-161: a candidate for removal when empty; also set by every change of the record. */
export const TOUCHED: u32 = 4;
/** Created by this transaction (EIP-6780). */
export const CREATED: u32 = 8;
export const SELF_DESTRUCTED: u32 = 16;
/** In a batch: nobody looked at the balance yet. The field holds what was credited since the transaction began. */
export const CREDITED: u32 = 32;

/**
 * The first 24 bytes are the address, zero padded. Words follow the fields: balance, code hash, original balance and
 * original code hash, at the offsets of the functions below.
 */
@unmanaged
export class Account {
  address0: u64;
  address1: u64;
  address2: u64;
  nonce: u64;
  originalNonce: u64;
  flags: u32;
  /** Flags when first accessed: whether the account existed before the transaction. */
  originalFlags: u32;
  /** Code blob, 0 = not loaded. */
  code: usize;
  base: usize;
  /** Accessed slots and accounts in order of first access. */
  firstSlot: usize;
  lastSlot: usize;
  next: usize;
  /** In a batch: version that was read (state/versions.ts), and word with the storage record; 0 = the base record's. */
  version: usize;
  holder: usize;
  /** The balance was looked at. */
  observed: bool;
}

export const ACCOUNT_RECORD_SIZE: usize = 208;

// @ts-ignore: decorator
@inline
export function balanceField(a: Account): usize {
  return changetype<usize>(a) + 80;
}

// @ts-ignore: decorator
@inline
export function codeHashPtr(a: Account): usize {
  return changetype<usize>(a) + 112;
}

/** Balance before the transaction. */
// @ts-ignore: decorator
@inline
export function originalBalancePtr(a: Account): usize {
  return changetype<usize>(a) + 144;
}

/** Code hash before the transaction. */
// @ts-ignore: decorator
@inline
export function originalCodeHashPtr(a: Account): usize {
  return changetype<usize>(a) + 176;
}

/** The key is at the record's address, then the original and the current value. */
@unmanaged
export class Slot {
  private key0: u64;
  private key1: u64;
  private key2: u64;
  private key3: u64;
  private original0: u64;
  private original1: u64;
  private original2: u64;
  private original3: u64;
  private current0: u64;
  private current1: u64;
  private current2: u64;
  private current3: u64;
  account: usize;
  base: usize;
  flags: u32;
  next: usize;
  /** In a batch: version that was read, 0 = the base record's. */
  version: usize;
}

/** Value at the start of the transaction (EIP-2200). */
// @ts-ignore: decorator
@inline
export function originalPtr(s: Slot): usize {
  return changetype<usize>(s) + 32;
}

// @ts-ignore: decorator
@inline
export function currentPtr(s: Slot): usize {
  return changetype<usize>(s) + 64;
}
