/** Calls that the protocol makes in every block: EIP-4788, EIP-2935, EIP-7002, EIP-7251. */
import { codeLength } from "../evm/code";
import { ENV, gasPricePtr, originPtr } from "../evm/environment";
import { call } from "../evm/message";
import { SUCCESS } from "../evm/status";
import { reserve } from "../memory/heap";
import { CANCUN, PRAGUE } from "../spec/forks";
import { account, codeOf } from "../state/account";
import { beginTransaction, discardTransaction, endTransaction } from "../state/transaction";
import { zero32 } from "../u256/word";
import { SYSTEM_CONTRACT_CALL_FAILED, SYSTEM_CONTRACT_EMPTY } from "./error";
import { VALID, reject } from "../transaction/error";
import { HEADER } from "./open-block";
import { HAS_BEACON_ROOT, beaconRootPtr, parentHashPtr } from "./header";

const SYSTEM_GAS: i64 = 30_000_000;

/** 0xffff…fffe, padded to 24 bytes. */
const SYSTEM_ADDRESS = memory.data<u8>([
  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
  0xfe, 0, 0, 0, 0,
]);
const BEACON_ROOTS = memory.data<u8>([
  0x00, 0x0f, 0x3d, 0xf6, 0xd7, 0x32, 0x80, 0x7e, 0xf1, 0x31, 0x9f, 0xb7, 0xb8, 0xbb, 0x85, 0x22, 0xd0, 0xbe, 0xac,
  0x02, 0, 0, 0, 0,
]);
const HISTORY_STORAGE = memory.data<u8>([
  0x00, 0x00, 0xf9, 0x08, 0x27, 0xf1, 0xc5, 0x3a, 0x10, 0xcb, 0x7a, 0x02, 0x33, 0x5b, 0x17, 0x53, 0x20, 0x00, 0x29,
  0x35, 0, 0, 0, 0,
]);
/** EIP-7002. */
export const WITHDRAWAL_REQUESTS: usize = memory.data<u8>([
  0x00, 0x00, 0x09, 0x61, 0xef, 0x48, 0x0e, 0xb5, 0x5e, 0x80, 0xd1, 0x9a, 0xd8, 0x35, 0x79, 0xa6, 0x4c, 0x00, 0x70,
  0x02, 0, 0, 0, 0,
]);
/** EIP-7251. */
export const CONSOLIDATION_REQUESTS: usize = memory.data<u8>([
  0x00, 0x00, 0xbb, 0xdd, 0xc7, 0xce, 0x48, 0x86, 0x42, 0xfb, 0x57, 0x9f, 0x8b, 0x00, 0xf3, 0xa5, 0x90, 0x00, 0x72,
  0x51, 0, 0, 0, 0,
]);

let zero: usize = 0;

/** Reserves working memory. Once per instance. */
export function initSystemCalls(): void {
  zero = reserve(32);
}

/** The calls before the first transaction. A missing contract is no error there. */
export function runPreBlockCalls(): void {
  if (ENV.fork >= CANCUN && HEADER.present & HAS_BEACON_ROOT) runUnchecked(BEACON_ROOTS, beaconRootPtr(HEADER));
  if (ENV.fork >= PRAGUE) runUnchecked(HISTORY_STORAGE, parentHashPtr(HEADER));
}

function runUnchecked(contract: usize, word: usize): void {
  beginTransaction();
  const failed = codeLength(codeOf(account(contract))) == 0 || callAsSystem(contract, word, 32) != SUCCESS;
  if (failed) discardTransaction();
  else endTransaction(true);
}

/**
 * Calls a contract whose output is a request of the block; the output is the EVM's OUTPUT.
 *
 * @returns VALID, SYSTEM_CONTRACT_EMPTY or SYSTEM_CONTRACT_CALL_FAILED
 */
export function runRequestCall(contract: usize): u32 {
  beginTransaction();
  if (codeLength(codeOf(account(contract))) == 0) {
    discardTransaction();
    return reject(SYSTEM_CONTRACT_EMPTY);
  }
  if (callAsSystem(contract, zero, 0) != SUCCESS) {
    discardTransaction();
    return reject(SYSTEM_CONTRACT_CALL_FAILED);
  }
  endTransaction(true);
  return VALID;
}

function callAsSystem(contract: usize, data: usize, length: u32): u32 {
  memory.copy(originPtr(), SYSTEM_ADDRESS, 24);
  zero32(gasPricePtr());
  ENV.blobHashCount = 0;
  return call(account(SYSTEM_ADDRESS), account(contract), zero, data, length, SYSTEM_GAS);
}
