export type DatabaseErrorCode =
  /** Another process (or another instance in this one) uses the directory. */
  | "DATABASE_LOCKED"
  /** The directory cannot be created or written. */
  | "DIRECTORY_NOT_WRITABLE"
  /** The directory holds a data file that this software did not write. */
  | "FOREIGN_DATABASE"
  /** Written by a version with another format. */
  | "UNSUPPORTED_FORMAT"
  /** The data file is shorter than its own header says, or unreadable. */
  | "DATABASE_DAMAGED"
  /** A record does not decode. */
  | "RECORD_DAMAGED"
  /** A write did not reach the disk; nothing after it was written either. */
  | "WRITE_FAILED"
  /** As `WRITE_FAILED`, for want of space. */
  | "DISK_FULL"
  | "DATABASE_CLOSED"
  /** There is no state at this height (yet). */
  | "HEIGHT_UNKNOWN"
  /** The state of this height was dropped. */
  | "HEIGHT_PRUNED"
  /** A change that does not follow the head. */
  | "CHANGE_OUT_OF_ORDER"
  /** A snapshot file that is damaged, or does not hold the state its root names. */
  | "SNAPSHOT_INVALID";

/** Everything the database throws. `shortMessage` says what to do where there is a way out. */
export class DatabaseError extends Error {
  readonly code: DatabaseErrorCode;
  readonly shortMessage: string;

  constructor(code: DatabaseErrorCode, shortMessage: string, options?: ErrorOptions) {
    super(`${shortMessage} (${code})`, options);
    this.name = "DatabaseError";
    this.code = code;
    this.shortMessage = shortMessage;
  }
}
