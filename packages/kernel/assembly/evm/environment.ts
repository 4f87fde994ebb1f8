/**
 * What a message sees of its block and transaction. One record per kernel instance, written by the block and
 * transaction layers before a message runs and read-only to the EVM.
 */

/** Unmanaged record; 32-byte fields are reached through the pointer functions below (limb form, little-endian). */
@unmanaged
export class Environment {
  chainId: u64;
  number: u64;
  timestamp: u64;
  gasLimit: u64;
  /** `FEATURE_*` bits of spec/forks.ts. */
  features: u64;
  /** Fork number of spec/forks.ts. */
  fork: u32;
  blobHashCount: u32;
  /** `blobHashCount` raw 32-byte versioned hashes. */
  blobHashes: usize;
}

const COINBASE: usize = 64;
const ORIGIN: usize = 96;
const PREV_RANDAO: usize = 128;
const BASE_FEE: usize = 160;
const BLOB_BASE_FEE: usize = 192;
const GAS_PRICE: usize = 224;

/** Bytes of an Environment record, pointer-reached fields included. */
export const ENVIRONMENT_SIZE: usize = 256;

/** The instance's record; allocated by `initEvm` (evm/message.ts). */
export let ENV: Environment = changetype<Environment>(0);

export function setEnvironment(pointer: usize): void {
  ENV = changetype<Environment>(pointer);
}

/** 20 raw bytes, then zeros to 24. */
// @ts-ignore: decorator
@inline
export function coinbasePtr(): usize {
  return changetype<usize>(ENV) + COINBASE;
}

/** 20 raw bytes, then zeros to 24: the sender of the transaction. */
// @ts-ignore: decorator
@inline
export function originPtr(): usize {
  return changetype<usize>(ENV) + ORIGIN;
}

/** u256: the difficulty before Paris, PREVRANDAO (EIP-4399) from Paris on. */
// @ts-ignore: decorator
@inline
export function prevRandaoPtr(): usize {
  return changetype<usize>(ENV) + PREV_RANDAO;
}

/** u256, wei. */
// @ts-ignore: decorator
@inline
export function baseFeePtr(): usize {
  return changetype<usize>(ENV) + BASE_FEE;
}

/** u256, wei per blob gas (EIP-7516). */
// @ts-ignore: decorator
@inline
export function blobBaseFeePtr(): usize {
  return changetype<usize>(ENV) + BLOB_BASE_FEE;
}

/** u256, wei: the effective gas price of the transaction. */
// @ts-ignore: decorator
@inline
export function gasPricePtr(): usize {
  return changetype<usize>(ENV) + GAS_PRICE;
}
