import type { WireReader } from "./codec.ts";
import type { HaltReason, InvalidBlock, InvalidTransaction, TransactionErrorCode } from "./types.ts";

/** By the kernel's status number (assembly/evm/status.ts). */
export const HALT_REASONS: readonly HaltReason[] = [
  "success",
  "revert",
  "outOfGas",
  "stackUnderflow",
  "stackOverflow",
  "invalidJump",
  "invalidOpcode",
  "staticCallViolation",
  "returnDataOutOfBounds",
  "callDepthExceeded",
  "insufficientBalance",
  "createCollision",
  "invalidCode",
  "codeSizeExceeded",
  "initCodeSizeExceeded",
  "nonceOverflow",
  "precompileFailure",
  "memoryLimit",
];

/** What is wrong, from the two amounts that the kernel compared. */
type Describe = (actual: bigint, limit: bigint) => string;
type Rule<Code> = readonly [code: Code, describe: Describe];

/** By the kernel's number minus one (assembly/transaction/error.ts). */
const TRANSACTION_RULES: readonly Rule<TransactionErrorCode>[] = [
  ["MALFORMED", () => "transaction is not canonical RLP of a known type"],
  ["TYPE_NOT_SUPPORTED", (type) => `transaction type ${type} is not supported by the active fork`],
  ["INVALID_SIGNATURE", () => "invalid transaction signature"],
  ["INVALID_CHAIN_ID", (have, want) => `invalid chain id: have ${have}, want ${want}`],
  ["NONCE_TOO_LOW", (have, want) => `nonce too low: next nonce ${want}, tx nonce ${have}`],
  ["NONCE_TOO_HIGH", (have, want) => `nonce too high: next nonce ${want}, tx nonce ${have}`],
  ["NONCE_IS_MAX", () => "nonce has reached its maximum (EIP-2681)"],
  ["INSUFFICIENT_FUNDS", (have, want) => `insufficient funds for gas * price + value: have ${have} want ${want}`],
  ["INTRINSIC_GAS_TOO_LOW", (have, want) => `intrinsic gas too low: have ${have}, want ${want}`],
  ["FLOOR_GAS_TOO_LOW", (have, want) => `gas limit below the calldata floor (EIP-7623): have ${have}, want ${want}`],
  ["GAS_LIMIT_EXCEEDS_MAXIMUM", (have, want) => `transaction gas limit too high (cap: ${want}, tx: ${have})`],
  ["GAS_ALLOWANCE_EXCEEDED", (have, want) => `gas limit ${have} exceeds what the block has left: ${want}`],
  ["GAS_PRICE_BELOW_BASE_FEE", (have, want) => `max fee per gas less than block base fee: ${have}, baseFee: ${want}`],
  ["PRIORITY_FEE_ABOVE_MAX_FEE", (have, want) => `max priority fee per gas ${have} is above max fee per gas ${want}`],
  ["SENDER_NOT_EOA", () => "sender is not an externally owned account (EIP-3607)"],
  ["INITCODE_SIZE_EXCEEDED", (have, want) => `max initcode size exceeded: code size ${have}, limit ${want}`],
  ["BLOB_FEE_TOO_LOW", (have, want) => `max fee per blob gas less than block blob gas fee: ${have}, blob fee: ${want}`],
  ["BLOB_COUNT_EXCEEDED", (have, want) => `too many blobs: have ${have}, permitted ${want}`],
  ["ZERO_BLOBS", () => "blob transaction without blobs"],
  ["BLOB_VERSION_INVALID", () => "blob versioned hash has an unknown version"],
  ["CONTRACT_CREATION_NOT_ALLOWED", () => "blob and set-code transactions cannot create contracts"],
  ["EMPTY_AUTHORIZATION_LIST", () => "set-code transaction with an empty authorization list"],
];

/** By the kernel's number minus `FIRST_BLOCK_ERROR` (assembly/block/error.ts). */
const BLOCK_RULES: readonly Rule<string>[] = [
  ["RLP_STRUCTURES_ENCODING", () => "block is not canonical RLP"],
  ["RLP_BLOCK_LIMIT_EXCEEDED", (have, want) => `block of ${have} bytes exceeds ${want} (EIP-7934)`],
  ["INCORRECT_BLOCK_FORMAT", () => "header fields do not fit the active fork"],
  ["UNKNOWN_PARENT", () => "parent hash does not match"],
  ["INVALID_BLOCK_NUMBER", (have, want) => `block number ${have}, expected ${want}`],
  ["INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT", (have, want) => `timestamp ${have} is not after the parent's ${want}`],
  ["INVALID_GASLIMIT", (have, want) => `gas limit ${have} is out of bounds for the parent's ${want}`],
  ["INVALID_GAS_USED_ABOVE_LIMIT", (have, want) => `gas used ${have} exceeds the gas limit ${want}`],
  ["INVALID_BASEFEE_PER_GAS", (have, want) => `base fee ${have}, expected ${want}`],
  ["EXTRA_DATA_TOO_BIG", (have, want) => `extra data of ${have} bytes, at most ${want}`],
  ["INVALID_DIFFICULTY", () => "difficulty does not fit the active fork"],
  ["INVALID_NONCE", () => "nonce must be zero from Paris on"],
  ["INVALID_UNCLES_HASH", () => "ommers do not match the header"],
  ["TOO_MANY_UNCLES", (have, want) => `${have} ommers, at most ${want}`],
  ["INVALID_UNCLE", () => "ommer is not a recent relative"],
  ["INCORRECT_EXCESS_BLOB_GAS", (have, want) => `excess blob gas ${have}, expected ${want}`],
  ["INCORRECT_BLOB_GAS_USED", (have, want) => `blob gas used ${have}, expected ${want}`],
  ["INVALID_TRANSACTIONS_ROOT", () => "transactions root does not match"],
  ["INVALID_WITHDRAWALS_ROOT", () => "withdrawals root does not match"],
  ["INVALID_GAS_USED", (have, want) => `gas used ${have}, expected ${want}`],
  ["INVALID_RECEIPTS_ROOT", () => "receipts root does not match"],
  ["INVALID_LOG_BLOOM", () => "logs bloom does not match"],
  ["INVALID_STATE_ROOT", () => "state root does not match"],
  ["INVALID_REQUESTS", () => "requests hash does not match"],
  ["INVALID_DEPOSIT_EVENT_LAYOUT", () => "deposit contract log does not have the layout of EIP-6110"],
  ["SYSTEM_CONTRACT_EMPTY", () => "a system contract has no code"],
  ["SYSTEM_CONTRACT_CALL_FAILED", () => "a system contract call failed"],
  ["INVALID_EXTRA_DATA", () => "extra data does not hold the EIP-1559 parameters of the active fork"],
];

const FIRST_BLOCK_ERROR = 64;
const MALFORMED: Rule<string> = ["MALFORMED", () => "unknown rule"];

/** The rest of an answer whose validity flag was false: rule number and the two amounts that were compared. */
export function readInvalidTransaction(from: WireReader): InvalidTransaction {
  const { code, message } = readInvalidBlock(from);
  return { valid: false, code: code as TransactionErrorCode, message };
}

/** As for a transaction; a block is also invalid when one of its transactions is. */
export function readInvalidBlock(from: WireReader): InvalidBlock {
  const number = from.u32();
  const rule = number < FIRST_BLOCK_ERROR ? TRANSACTION_RULES[number - 1] : BLOCK_RULES[number - FIRST_BLOCK_ERROR];
  const [code, describe] = rule ?? MALFORMED;
  return { valid: false, code, message: describe(from.u256(), from.u256()) };
}
