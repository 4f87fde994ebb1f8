import { RPC_CODES, RpcError } from "./errors.ts";

/**
 * The one table from typed errors of the other packages (their `code`) to JSON-RPC codes. Pool errors not listed here
 * are answered with −32000, as other clients answer eth_sendRawTransaction; their messages are what libraries match on.
 */
const CODES: Readonly<Record<string, number>> = {
  UNKNOWN_BLOCK: RPC_CODES.server,
  STATE_UNAVAILABLE: RPC_CODES.prunedHistory,
  QUERY_LIMIT: RPC_CODES.limitExceeded,
  INVALID_RANGE: RPC_CODES.invalidParams,
  INVALID_TIMESTAMP: RPC_CODES.invalidParams,
  INVALID_BLOCK: RPC_CODES.server,
  DEV_ONLY: RPC_CODES.server,
  HALTED: RPC_CODES.server,
};

const codeOf = (error: Error & { readonly code?: unknown }): number | undefined =>
  error.name === "PoolError" ? RPC_CODES.server : CODES[String(error.code)];

/** The answer for an error that is meant for the caller; `undefined` for anything unexpected. */
export const toRpcError = (error: unknown): RpcError | undefined => {
  if (error instanceof RpcError) return error;
  if (!(error instanceof Error) || !("shortMessage" in error)) return undefined;
  const code = codeOf(error);
  return code === undefined ? undefined : new RpcError(code, String(error.shortMessage), undefined, { cause: error });
};
