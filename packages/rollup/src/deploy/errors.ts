export type DeployErrorCode =
  | "NO_CREATE2_FACTORY"
  | "INSUFFICIENT_FUNDS"
  | "TRANSACTION_REVERTED"
  | "NOT_DEPLOYED"
  | "GENESIS_MISMATCH"
  | "INVALID_DEPLOYMENT_FILE"
  | "L1_UNREACHABLE";

/** Why a deployment stopped. What was done stays done: the same command goes on from there. */
export class DeployError extends Error {
  override readonly name = "DeployError";
  readonly code: DeployErrorCode;
  readonly shortMessage: string;

  constructor(code: DeployErrorCode, shortMessage: string, options?: ErrorOptions) {
    super(shortMessage, options);
    this.code = code;
    this.shortMessage = shortMessage;
  }
}
