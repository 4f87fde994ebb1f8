export type TranslateErrorCode = "INVALID_MODULE" | "UNSUPPORTED" | "TOO_LARGE";

/** A WebAssembly module that cannot become an image. */
export class TranslateError extends Error {
  override readonly name: string = "TranslateError";
  readonly code: TranslateErrorCode;
  readonly shortMessage: string;

  constructor(code: TranslateErrorCode, shortMessage: string, options?: ErrorOptions) {
    super(shortMessage, options);
    this.code = code;
    this.shortMessage = shortMessage;
  }
}

export type MachineErrorCode =
  | "IMAGE"
  | "PANIC"
  | "EXIT"
  | "FAULT"
  | "STEP_LIMIT"
  | "UNKNOWN_CALL"
  | "OUT_OF_BOUNDS"
  | "MISSING_PREIMAGE";

/** An image that cannot be loaded, or a run that did not end as a call does. */
export class MachineError extends Error {
  override readonly name: string = "MachineError";
  readonly code: MachineErrorCode;
  readonly shortMessage: string;

  constructor(code: MachineErrorCode, shortMessage: string, options?: ErrorOptions) {
    super(shortMessage, options);
    this.code = code;
    this.shortMessage = shortMessage;
  }
}
