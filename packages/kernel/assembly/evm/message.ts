/**
 * Messages: a call or a creation and everything it calls. Frames are explicit records, so call depth never becomes
 * wasm recursion.
 */
import { SUCCESS } from "./status";

/** Gas that the last top-level message left, 0 after an exceptional halt. Refunds are the journal's. */
export let GAS_LEFT: i64 = 0;
/** Output of the last top-level message: return or revert data, valid until the next message. */
export let OUTPUT: usize = 0;
export let OUTPUT_LENGTH: u32 = 0;
/** Address (24-byte buffer) that the last top-level creation derived, whether or not it succeeded. */
export let CREATED_ADDRESS: usize = 0;

/** Reserves the regions of the EVM and the environment record. Once per instance, before anything else here. */
export function initEvm(): void {}

/**
 * Runs a top-level call in a state checkpoint of its own: transfers `value` (u256), resolves an EIP-7702 delegation,
 * runs precompile or code. The caller has paid for the gas and incremented the nonce.
 * Returns a status of evm/status.ts; sets GAS_LEFT, OUTPUT and OUTPUT_LENGTH.
 */
export function call(caller: usize, to: usize, value: usize, input: usize, inputLength: u32, gas: i64): u32 {
  return SUCCESS;
}

/**
 * Runs a top-level creation. `nonce` is the creator's nonce before the transaction incremented it: the address derives
 * from it. Returns a status; sets CREATED_ADDRESS too.
 */
export function create(caller: usize, nonce: u64, value: usize, init: usize, initLength: u32, gas: i64): u32 {
  return SUCCESS;
}
