/**
 * Layouts of the records of the base state: accounts, their storage, slots. How they are found and filled in is said by
 * base-account.ts, base-storage.ts and base-slot.ts.
 */
import { keccak256 } from "../crypto/keccak";
import { storeBE } from "../u256/word";

/** keccak256 of no bytes. */
export const EMPTY_CODE_HASH: usize = memory.data<u8>([
  0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d, 0xb2, 0xdc, 0xc7, 0x03, 0xc0, 0xe5, 0x00, 0xb6,
  0x53, 0xca, 0x82, 0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70,
]);

/** The account is in the state (it may still be empty, before EIP-161). */
export const IN_STATE: u32 = 1;
/** In a list of records that the trie is behind of. */
export const DIRTY: u32 = 2;
/** In the list of accounts with nodes or code that the host has not been given. */
export const UNSAVED_ACCOUNT: u32 = 4;
/** The account's code was set since it was last saved. */
export const NEW_CODE: u32 = 8;
/** The slot's hashed key is filled in. */
const HASHED: u32 = 16;
/** What the state holds of the record changed since the last commit. Slots are in their storage's list then. */
export const CHANGED: u32 = 32;
/** Used since eviction last passed the record. */
export const REACHED: u32 = 64;

/** Followed by the words balance, code hash and hashed address. */
@unmanaged
export class BaseAccount {
  address0: u64;
  address1: u64;
  address2: u64;
  nonce: u64;
  /** Storage record, 0 = none needed yet: storage is empty. */
  storage: usize;
  /** Code blob, 0 = not loaded. */
  code: usize;
  flags: u32;
  nextDirty: usize;
  nextUnsaved: usize;
  /** Storage record at the last commit: the one whose entries the host has. */
  saved: usize;
}

export const ACCOUNT_SIZE: usize = 160;
export const HASHED_ADDRESS_OFFSET: usize = 120;
const STORAGES_OFFSET: usize = 152;
const VERSIONS_OFFSET: usize = 156;

/** Where the versions hang that transactions of a running batch made of the account (versions.ts), a word; 0 = none. */
// @ts-ignore: decorator
@inline
export function accountVersions(a: BaseAccount): usize {
  return changetype<usize>(a) + VERSIONS_OFFSET;
}

/** Newest storage record made for the account; the current one and those that were dropped. */
// @ts-ignore: decorator
@inline
export function storagesOf(a: BaseAccount): usize {
  return <usize>load<u32>(changetype<usize>(a), STORAGES_OFFSET);
}

// @ts-ignore: decorator
@inline
export function setStorages(a: BaseAccount, newest: usize): void {
  store<u32>(changetype<usize>(a), <u32>newest, STORAGES_OFFSET);
}

// @ts-ignore: decorator
@inline
export function baseBalance(a: BaseAccount): usize {
  return changetype<usize>(a) + 56;
}

// @ts-ignore: decorator
@inline
export function baseCodeHash(a: BaseAccount): usize {
  return changetype<usize>(a) + 88;
}

// @ts-ignore: decorator
@inline
export function hashedAddress(a: BaseAccount): usize {
  return changetype<usize>(a) + HASHED_ADDRESS_OFFSET;
}

/** The trie record comes first: a storage record's address is its trie's. */
@unmanaged
export class Storage {
  private trie0: u64;
  private trie1: u64;
  private trie2: u64;
  private trie3: u64;
  private trie4: u64;
  private trie5: u64;
  account: usize;
  firstDirty: usize;
  /** Newest slot that changed since the last commit. */
  firstChanged: usize;
  /** Older storage record of the account. */
  older: usize;
  /** Next in the list of large storages. */
  nextLarge: usize;
  /** Slot records in the table. */
  slots: u32;
  flags: u32;
}

/** The host's flat entries are those of this storage, but for what changed since the last commit. */
export const FLAT: u32 = 1;
/** The host has slots of this storage. */
export const HELD: u32 = 2;
/** In the list of large storages. */
export const LARGE: u32 = 4;
/** Begins with the words key, value and hashed key. */
@unmanaged
export class BaseSlot {
  private key0: u64;
  private key1: u64;
  private key2: u64;
  private key3: u64;
  private value0: u64;
  private value1: u64;
  private value2: u64;
  private value3: u64;
  private hashed0: u64;
  private hashed1: u64;
  private hashed2: u64;
  private hashed3: u64;
  storage: usize;
  nextDirty: usize;
  nextChanged: usize;
  flags: u32;
  /** As `accountVersions`. */
  versions: u32;
}

export const HASHED_KEY_OFFSET: usize = 64;

// @ts-ignore: decorator
@inline
export function baseValue(s: BaseSlot): usize {
  return changetype<usize>(s) + 32;
}

/** keccak256 of the slot's key: its place in the storage trie. */
export function hashedKey(s: BaseSlot): usize {
  const hashed = changetype<usize>(s) + HASHED_KEY_OFFSET;
  if ((s.flags & HASHED) == 0) {
    s.flags |= HASHED;
    storeBE(hashed, changetype<usize>(s));
    keccak256(hashed, 32, hashed);
  }
  return hashed;
}

// @ts-ignore: decorator
@inline
export function sameAddress(a: usize, b: usize): bool {
  return load<u64>(a) == load<u64>(b) && load<u64>(a, 8) == load<u64>(b, 8) && load<u32>(a, 16) == load<u32>(b, 16);
}
