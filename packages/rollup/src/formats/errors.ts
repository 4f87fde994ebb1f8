/** Bytes from L1 that are not what their place asks for. Derivation passes over them; nothing else follows from it. */
export class FormatError extends Error {
  readonly code = "MALFORMED_ROLLUP_DATA";
  readonly shortMessage: string;

  constructor(problem: string, options?: ErrorOptions) {
    super(problem, options);
    this.name = "FormatError";
    this.shortMessage = problem;
  }
}
