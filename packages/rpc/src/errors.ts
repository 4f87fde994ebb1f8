import type { HaltReason, TransactionErrorCode } from "@hyperion/kernel";
import { data, toBigInt } from "./hex.ts";

/** JSON-RPC 2.0 codes, the EIP-1474 and execution-apis ranges, EIP-4444 (4444) and EIP-7966 (4, 5). */
export const RPC_CODES = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  server: -32000,
  notFound: -32001,
  timeout: -32002,
  responseTooLarge: -32003,
  limitExceeded: -32005,
  vmError: -32015,
  reverted: 3,
  syncTimeout: 4,
  syncUnready: 5,
  prunedHistory: 4444,
  nonceTooLow: -38010,
  nonceTooHigh: -38011,
  feeBelowBaseFee: -38012,
  intrinsicGas: -38013,
  insufficientFunds: -38014,
  blockGasLimit: -38015,
  blockNumberOrder: -38020,
  timestampOrder: -38021,
  senderNotEoa: -38024,
  initCodeSize: -38025,
  clientLimit: -38026,
} as const;

/** Codes of the Engine API (execution-apis, `engine/common.md`). */
export const ENGINE_CODES = {
  unknownPayload: -38001,
  invalidForkchoice: -38002,
  invalidAttributes: -38003,
  unsupportedFork: -38005,
} as const;

/** An answer of the server that is an error; `data` is JSON. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;
  readonly shortMessage: string;
  readonly data: unknown;

  constructor(code: number, shortMessage: string, data?: unknown, options?: ErrorOptions) {
    super(shortMessage, options);
    this.code = code;
    this.shortMessage = shortMessage;
    this.data = data;
  }
}

export const invalidParams = (message: string): RpcError => new RpcError(RPC_CODES.invalidParams, message);

export const serverError = (message: string): RpcError => new RpcError(RPC_CODES.server, message);

/** What client libraries look for in the text of a failed execution; wording as in other execution clients. */
const HALT_MESSAGES: Readonly<Record<HaltReason, string>> = {
  success: "",
  revert: "execution reverted",
  outOfGas: "out of gas",
  stackUnderflow: "stack underflow",
  stackOverflow: "stack limit reached 1024 (1023)",
  invalidJump: "invalid jump destination",
  invalidOpcode: "invalid opcode: INVALID",
  staticCallViolation: "write protection",
  returnDataOutOfBounds: "return data out of bounds",
  callDepthExceeded: "max call depth exceeded",
  insufficientBalance: "insufficient balance for transfer",
  createCollision: "contract address collision",
  invalidCode: "invalid code: must not begin with 0xef",
  codeSizeExceeded: "max code size exceeded",
  initCodeSizeExceeded: "max initcode size exceeded",
  nonceOverflow: "nonce uint64 overflow",
  precompileFailure: "precompile failed",
  memoryLimit: "gas uint64 overflow",
};

export const haltMessage = (halt: HaltReason): string => HALT_MESSAGES[halt];

/** Wording and eth_simulateV1 code (execution-apis, transaction validation errors) of each validity rule. */
const TRANSACTION_ERRORS: Readonly<Record<TransactionErrorCode, readonly [code: number, message: string]>> = {
  MALFORMED: [RPC_CODES.internal, "rlp: malformed transaction"],
  TYPE_NOT_SUPPORTED: [RPC_CODES.internal, "transaction type not supported"],
  INVALID_SIGNATURE: [RPC_CODES.internal, "invalid sender: invalid transaction v, r, s values"],
  INVALID_CHAIN_ID: [RPC_CODES.internal, "invalid sender: invalid chain id for signer"],
  NONCE_TOO_LOW: [RPC_CODES.nonceTooLow, "nonce too low"],
  NONCE_TOO_HIGH: [RPC_CODES.nonceTooHigh, "nonce too high"],
  NONCE_IS_MAX: [RPC_CODES.internal, "nonce has max value"],
  INSUFFICIENT_FUNDS: [RPC_CODES.insufficientFunds, "insufficient funds for gas * price + value"],
  INTRINSIC_GAS_TOO_LOW: [RPC_CODES.intrinsicGas, "intrinsic gas too low"],
  FLOOR_GAS_TOO_LOW: [RPC_CODES.internal, "insufficient gas for floor data gas cost"],
  GAS_LIMIT_EXCEEDS_MAXIMUM: [RPC_CODES.internal, "transaction gas limit too high"],
  GAS_ALLOWANCE_EXCEEDED: [RPC_CODES.blockGasLimit, "exceeds block gas limit"],
  GAS_PRICE_BELOW_BASE_FEE: [RPC_CODES.feeBelowBaseFee, "max fee per gas less than block base fee"],
  PRIORITY_FEE_ABOVE_MAX_FEE: [RPC_CODES.invalidParams, "max priority fee per gas higher than max fee per gas"],
  SENDER_NOT_EOA: [RPC_CODES.senderNotEoa, "sender not an eoa"],
  INITCODE_SIZE_EXCEEDED: [RPC_CODES.initCodeSize, "max initcode size exceeded"],
  BLOB_FEE_TOO_LOW: [RPC_CODES.internal, "max fee per blob gas less than block blob gas fee"],
  BLOB_COUNT_EXCEEDED: [RPC_CODES.internal, "too many blobs in transaction"],
  ZERO_BLOBS: [RPC_CODES.internal, "blob transaction missing blob hashes"],
  BLOB_VERSION_INVALID: [RPC_CODES.internal, "blob hash has an invalid version"],
  CONTRACT_CREATION_NOT_ALLOWED: [RPC_CODES.internal, "transaction of this type cannot be used to create a contract"],
  EMPTY_AUTHORIZATION_LIST: [RPC_CODES.internal, "EIP-7702 transaction with empty auth list"],
};

export const transactionErrorMessage = (code: TransactionErrorCode): string => TRANSACTION_ERRORS[code][1];

/** eth_simulateV1's code for a validity rule. */
export const simulationErrorCode = (code: TransactionErrorCode): number => TRANSACTION_ERRORS[code][0];

/** Solidity's Panic(uint256) codes by meaning. */
const PANIC_REASONS: Readonly<Record<string, string>> = {
  "0": "generic panic",
  "1": "assert(false)",
  "17": "arithmetic underflow or overflow",
  "18": "division or modulo by zero",
  "33": "enum overflow",
  "34": "invalid encoded storage byte array accessed",
  "49": "out-of-bounds array access; popping on an empty array",
  "50": "out-of-bounds access of an array or bytesN",
  "65": "out of memory",
  "81": "uninitialized function",
};

const ERROR_SELECTOR = "0x08c379a0";
const PANIC_SELECTOR = "0x4e487b71";

/** The text in `Error(string)` or `Panic(uint256)` return data, if it is one of them. */
export const revertReason = (output: Uint8Array): string | undefined => {
  const selector = data(output.subarray(0, 4));
  const body = output.subarray(4);
  if (selector === PANIC_SELECTOR && body.length >= 32) {
    const code = toBigInt(body.subarray(0, 32));
    return PANIC_REASONS[code.toString()] ?? `unknown panic code: 0x${code.toString(16)}`;
  }
  if (selector !== ERROR_SELECTOR || body.length < 64 || toBigInt(body.subarray(0, 32)) !== 32n) return undefined;
  const length = toBigInt(body.subarray(32, 64));
  if (length > BigInt(body.length - 64)) return undefined;
  return new TextDecoder().decode(body.subarray(64, 64 + Number(length)));
};

/** Message of a reverted execution: with its reason when the data carries one. */
export const revertMessage = (output: Uint8Array): string => {
  const reason = revertReason(output);
  return reason === undefined ? "execution reverted" : `execution reverted: ${reason}`;
};

/** The error eth_call and eth_estimateGas answer for a failed execution. */
export const executionError = (halt: HaltReason, output: Uint8Array): RpcError =>
  halt === "revert"
    ? new RpcError(RPC_CODES.reverted, revertMessage(output), data(output))
    : serverError(haltMessage(halt));
