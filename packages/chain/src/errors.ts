import type { PoolErrorCode } from "./api.ts";

export type ChainErrorCode =
  | "UNKNOWN_BLOCK"
  | "STATE_UNAVAILABLE"
  | "INVALID_BLOCK"
  | "INVALID_RANGE"
  | "QUERY_LIMIT"
  | "GENESIS_MISMATCH"
  | "INVALID_TIMESTAMP"
  | "DEV_ONLY"
  | "HALTED"
  | "NOT_READY";

/** What the chain throws; `shortMessage` is fit for a user. */
export class ChainError extends Error {
  readonly code: ChainErrorCode;
  readonly shortMessage: string;

  constructor(code: ChainErrorCode, shortMessage: string, options?: ErrorOptions) {
    super(shortMessage, options);
    this.name = "ChainError";
    this.code = code;
    this.shortMessage = shortMessage;
  }
}

/** A block that breaks a rule; `rule` names it as the execution spec tests do (BlockException, TransactionException). */
export class InvalidBlockError extends ChainError {
  readonly rule: string;

  constructor(rule: string, message: string) {
    super("INVALID_BLOCK", `invalid block: ${message}`);
    this.name = "InvalidBlockError";
    this.rule = rule;
  }
}

/** Why the pool did not take a transaction. Messages are the ones that clients match on (geth's where it has one). */
export class PoolError extends Error {
  readonly code: PoolErrorCode;
  readonly shortMessage: string;

  constructor(code: PoolErrorCode, detail?: string) {
    const shortMessage = detail ? `${POOL_MESSAGES[code]}: ${detail}` : POOL_MESSAGES[code];
    super(shortMessage);
    this.name = "PoolError";
    this.code = code;
    this.shortMessage = shortMessage;
  }
}

const POOL_MESSAGES: Readonly<Record<PoolErrorCode, string>> = {
  MALFORMED: "rlp: transaction cannot be decoded",
  TYPE_NOT_SUPPORTED: "transaction type not supported",
  OVERSIZED: "oversized data",
  ALREADY_KNOWN: "already known",
  INVALID_SENDER: "invalid sender",
  INVALID_CHAIN_ID: "invalid chain id for signer",
  NOT_REPLAY_PROTECTED: "only replay-protected (EIP-155) transactions allowed over RPC",
  NONCE_TOO_LOW: "nonce too low",
  NONCE_TOO_HIGH: "nonce too high",
  NONCE_IS_MAX: "nonce has max value",
  INSUFFICIENT_FUNDS: "insufficient funds for gas * price + value",
  INTRINSIC_GAS: "intrinsic gas too low",
  FLOOR_GAS: "insufficient gas for floor data gas cost",
  GAS_LIMIT: "exceeds block gas limit",
  GAS_LIMIT_CAP: "transaction gas limit too high",
  FEE_CAP_BELOW_BASE_FEE: "max fee per gas less than block base fee",
  TIP_ABOVE_FEE_CAP: "max priority fee per gas higher than max fee per gas",
  UNDERPRICED: "transaction underpriced",
  REPLACEMENT_UNDERPRICED: "replacement transaction underpriced",
  SENDER_NOT_EOA: "sender not an eoa",
  INITCODE_SIZE: "max initcode size exceeded",
  BLOB_INVALID: "invalid blob transaction",
  BLOBS_NOT_ACCEPTED: "blob transactions are not accepted by this chain",
  AUTHORIZATION_INVALID: "invalid authorization list",
  ACCOUNT_LIMIT: "account limit exceeded",
  POOL_FULL: "txpool is full",
  CONFLICT: "address already reserved",
  NO_SEQUENCER: "this node orders no transactions: send them to the sequencer",
};
