import { ChainError, type ChainErrorCode, PoolError } from "@hyperion/chain";
import { RPC_CODES, RpcError } from "./errors.ts";

/**
 * The one table from the chain's errors to JSON-RPC codes. Pool errors are all answered with −32000, as other clients
 * answer eth_sendRawTransaction; their messages are what libraries match on.
 */
const CODES: Readonly<Record<ChainErrorCode, number>> = {
  UNKNOWN_BLOCK: RPC_CODES.server,
  STATE_UNAVAILABLE: RPC_CODES.prunedHistory,
  QUERY_LIMIT: RPC_CODES.limitExceeded,
  INVALID_RANGE: RPC_CODES.invalidParams,
  INVALID_TIMESTAMP: RPC_CODES.invalidParams,
  INVALID_BLOCK: RPC_CODES.server,
  GENESIS_MISMATCH: RPC_CODES.server,
  DEV_ONLY: RPC_CODES.server,
  HALTED: RPC_CODES.server,
  NOT_READY: RPC_CODES.server,
};

/** The answer for an error that is meant for the caller; `undefined` for anything unexpected. */
export const toRpcError = (error: unknown): RpcError | undefined => {
  if (error instanceof RpcError) return error;
  if (!(error instanceof PoolError || error instanceof ChainError)) return undefined;
  const code = error instanceof PoolError ? RPC_CODES.server : CODES[error.code];
  return new RpcError(code, error.shortMessage, undefined, { cause: error });
};
