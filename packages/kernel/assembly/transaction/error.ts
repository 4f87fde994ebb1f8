/**
 * Why a transaction or block is invalid. The numbers are positions in the tables of `packages/kernel/src/outcomes.ts`
 * (transaction rules from 1, block rules from 64); 0 means valid.
 */
import { reserve } from "../memory/heap";
import { copy32, set64 } from "../u256/word";

export const VALID: u32 = 0;
export const MALFORMED: u32 = 1;
export const TYPE_NOT_SUPPORTED: u32 = 2;
export const INVALID_SIGNATURE: u32 = 3;
export const INVALID_CHAIN_ID: u32 = 4;
export const NONCE_TOO_LOW: u32 = 5;
export const NONCE_TOO_HIGH: u32 = 6;
export const NONCE_IS_MAX: u32 = 7;
export const INSUFFICIENT_FUNDS: u32 = 8;
export const INTRINSIC_GAS_TOO_LOW: u32 = 9;
export const FLOOR_GAS_TOO_LOW: u32 = 10;
export const GAS_LIMIT_EXCEEDS_MAXIMUM: u32 = 11;
export const GAS_ALLOWANCE_EXCEEDED: u32 = 12;
export const GAS_PRICE_BELOW_BASE_FEE: u32 = 13;
export const PRIORITY_FEE_ABOVE_MAX_FEE: u32 = 14;
export const SENDER_NOT_EOA: u32 = 15;
export const INITCODE_SIZE_EXCEEDED: u32 = 16;
export const BLOB_FEE_TOO_LOW: u32 = 17;
export const BLOB_COUNT_EXCEEDED: u32 = 18;
export const ZERO_BLOBS: u32 = 19;
export const BLOB_VERSION_INVALID: u32 = 20;
export const CONTRACT_CREATION_NOT_ALLOWED: u32 = 21;
export const EMPTY_AUTHORIZATION_LIST: u32 = 22;

/** The two amounts (words) that the broken rule compared: what was found, and what the rule asks for. */
export let REJECTED_ACTUAL: usize = 0;
export let REJECTED_LIMIT: usize = 0;

/** Reserves the two words. Once per instance. */
export function initErrors(): void {
  REJECTED_ACTUAL = reserve(64);
  REJECTED_LIMIT = REJECTED_ACTUAL + 32;
}

/** Records the amounts and returns `code`, for `return reject(…)`. */
export function reject(code: u32, actual: u64 = 0, limit: u64 = 0): u32 {
  set64(REJECTED_ACTUAL, actual);
  set64(REJECTED_LIMIT, limit);
  return code;
}

/** As `reject`, with amounts as words. */
export function rejectWords(code: u32, actual: usize, limit: usize): u32 {
  copy32(REJECTED_ACTUAL, actual);
  copy32(REJECTED_LIMIT, limit);
  return code;
}
