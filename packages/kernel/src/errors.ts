/** Why the kernel could not answer; consensus outcomes are never reported this way. */
export type KernelErrorCode =
  /** The oracle does not know a trie node, code or model chunk that the state refers to. */
  | "MISSING_PREIMAGE"
  /** A method that needs an open block was called without one, or the other way round. */
  | "WRONG_PHASE"
  /** An argument does not have the shape its type promises (length of a hash, range of a number). */
  | "INVALID_ARGUMENT"
  /** The block that was built cannot be sealed: a system contract is missing or failed. */
  | "SEAL_FAILED"
  /** An earlier call ended inside the kernel; only `open` brings the instance back. */
  | "POISONED"
  /** The kernel stopped at a WebAssembly trap: a defect of the kernel itself, or memory exhausted. */
  | "TRAP";

/** Everything the kernel throws. */
export class KernelError extends Error {
  readonly code: KernelErrorCode;
  readonly shortMessage: string;

  constructor(code: KernelErrorCode, shortMessage: string, options?: ErrorOptions) {
    super(`${shortMessage} (${code})`, options);
    this.name = "KernelError";
    this.code = code;
    this.shortMessage = shortMessage;
  }
}
