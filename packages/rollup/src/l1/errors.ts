/** L1 cannot be read, says what cannot be, or does not do what it was asked for. */
export class L1Error extends Error {
  /** `L1_RESERVED`: L1's pool holds a transaction of the account that has blobs where this one has none, or the reverse. */
  readonly code: "L1_UNREACHABLE" | "L1_INCONSISTENT" | "L1_REFUSED" | "L1_RESERVED" | "L1_FUNDS" | "BLOB_UNAVAILABLE";
  readonly shortMessage: string;

  constructor(code: L1Error["code"], problem: string, options?: ErrorOptions) {
    super(`L1: ${problem}`, options);
    this.name = "L1Error";
    this.code = code;
    this.shortMessage = problem;
  }
}
