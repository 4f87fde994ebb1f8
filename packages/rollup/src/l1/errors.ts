/** L1 cannot be read, or says what cannot be. `retry`: the same question may have an answer later. */
export class L1Error extends Error {
  readonly code: "L1_UNREACHABLE" | "L1_INCONSISTENT" | "BLOB_UNAVAILABLE";
  readonly shortMessage: string;

  constructor(code: L1Error["code"], problem: string, options?: ErrorOptions) {
    super(`L1: ${problem}`, options);
    this.name = "L1Error";
    this.code = code;
    this.shortMessage = problem;
  }
}
