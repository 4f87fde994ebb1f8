/** `UNAVAILABLE`: the server says so itself (503). `MISMATCH`: what it gave is not what the commitment stands for. */
export type AltDaErrorCode = "UNAVAILABLE" | "UNREACHABLE" | "REFUSED" | "NOT_FOUND" | "MISMATCH" | "OVERSIZE";

/** An alternative data availability server does not do what it is there for. */
export class AltDaError extends Error {
  readonly code: AltDaErrorCode;
  readonly shortMessage: string;

  constructor(code: AltDaErrorCode, problem: string, options?: ErrorOptions) {
    super(`alt-DA: ${problem}`, options);
    this.name = "AltDaError";
    this.code = code;
    this.shortMessage = problem;
  }
}
