export type SnapshotErrorCode =
  /** Of another chain. */
  | "SNAPSHOT_FOREIGN"
  /** Its blocks are not what their hashes say, or the state is another than the block's. */
  | "SNAPSHOT_INVALID"
  /** Lacks blocks that derivation may ask for. */
  | "SNAPSHOT_INCOMPLETE"
  /** L1 does not vouch for its block. */
  | "SNAPSHOT_UNPROVEN"
  /** The file cannot be had, or is too large. */
  | "SNAPSHOT_UNREACHABLE"
  /** Something else is where the database should be. */
  | "DIRECTORY_IN_USE";

/** Why a node does not begin with a snapshot. */
export class SnapshotError extends Error {
  readonly code: SnapshotErrorCode;
  readonly shortMessage: string;

  constructor(code: SnapshotErrorCode, problem: string, options?: ErrorOptions) {
    super(`snapshot: ${problem}`, options);
    this.name = "SnapshotError";
    this.code = code;
    this.shortMessage = problem;
  }
}
