/**
 * Gas that an instruction charges beyond the static part of the instruction table (src/opcodes.ts), and code limits, by
 * fork. `selectFork` copies the row of a fork into the variables below.
 */

const COLUMNS: u32 = 8;

/** One row per fork from Frontier to Osaka. */
const ROWS: usize = memory.data<u32>([
  // EXP byte, cold account, cold slot, SSTORE: unchanged, reset, clearing refund; SELFDESTRUCT: new account, refund
  10, 0, 0, 0, 5000, 15000, 0, 24000, // Frontier
  10, 0, 0, 0, 5000, 15000, 0, 24000, // Homestead
  10, 0, 0, 0, 5000, 15000, 25000, 24000, // Tangerine Whistle: EIP-150
  50, 0, 0, 0, 5000, 15000, 25000, 24000, // Spurious Dragon: EIP-160
  50, 0, 0, 0, 5000, 15000, 25000, 24000, // Byzantium
  50, 0, 0, 200, 5000, 15000, 25000, 24000, // Constantinople: EIP-1283
  50, 0, 0, 0, 5000, 15000, 25000, 24000, // Petersburg takes EIP-1283 back
  50, 0, 0, 800, 5000, 15000, 25000, 24000, // Istanbul: EIP-1884, EIP-2200
  50, 2600, 2100, 100, 2900, 15000, 25000, 24000, // Berlin: EIP-2929
  50, 2600, 2100, 100, 2900, 4800, 25000, 0, // London: EIP-3529
  50, 2600, 2100, 100, 2900, 4800, 25000, 0, // Paris
  50, 2600, 2100, 100, 2900, 4800, 25000, 0, // Shanghai
  50, 2600, 2100, 100, 2900, 4800, 25000, 0, // Cancun
  50, 2600, 2100, 100, 2900, 4800, 25000, 0, // Prague
  50, 2600, 2100, 100, 2900, 4800, 25000, 0, // Osaka
]);

/** Gas that a warm access costs from Berlin on; the instruction table's static part for account and slot reads. */
export const WARM_ACCESS: i64 = 100;
export const SSTORE_SET: i64 = 20000;
/** EIP-2200: SSTORE needs more than this left. */
export const SSTORE_SENTRY: i64 = 2300;
export const MEMORY_WORD: i64 = 3;
export const COPY_WORD: i64 = 3;
export const KECCAK_WORD: i64 = 6;
export const LOG_DATA_BYTE: i64 = 8;
export const CALL_VALUE: i64 = 9000;
export const CALL_STIPEND: i64 = 2300;
export const CALL_NEW_ACCOUNT: i64 = 25000;
export const CODE_DEPOSIT_BYTE: i64 = 200;
export const INIT_CODE_WORD: i64 = 2;
/** EIP-170. */
export const MAX_CODE_SIZE: u32 = 24576;
/** EIP-3860. */
export const MAX_INIT_CODE_SIZE: u32 = 49152;

/** Fork that the variables below describe. */
export let FORK: u32 = u32.MAX_VALUE;
export let EXP_BYTE: i64 = 0;
/** EIP-2929 cost of a cold account, 0 before Berlin. */
export let COLD_ACCOUNT: i64 = 0;
export let COLD_SLOT: i64 = 0;
/** SSTORE that changes nothing; 0 where SSTORE is charged by the two values alone, without the original one. */
export let SSTORE_UNCHANGED: i64 = 0;
export let SSTORE_RESET: i64 = 0;
export let SSTORE_CLEAR_REFUND: i64 = 0;
export let SELFDESTRUCT_NEW_ACCOUNT: i64 = 0;
export let SELFDESTRUCT_REFUND: i64 = 0;

/** Makes `fork` (below the number of forks) the current one. */
export function selectFork(fork: u32): void {
  const row = ROWS + ((<usize>fork * COLUMNS) << 2);
  FORK = fork;
  EXP_BYTE = load<u32>(row);
  COLD_ACCOUNT = load<u32>(row, 4);
  COLD_SLOT = load<u32>(row, 8);
  SSTORE_UNCHANGED = load<u32>(row, 12);
  SSTORE_RESET = load<u32>(row, 16);
  SSTORE_CLEAR_REFUND = load<u32>(row, 20);
  SELFDESTRUCT_NEW_ACCOUNT = load<u32>(row, 24);
  SELFDESTRUCT_REFUND = load<u32>(row, 28);
}
