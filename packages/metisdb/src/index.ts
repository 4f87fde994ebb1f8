/** Durable, versioned storage of state, and of blocks, receipts and indexes. */
export { type AccountFields, decodeAccount, encodeAccount } from "./account.ts";
export type {
  AccountChange,
  CodeChange,
  DatabaseOptions,
  DatabaseStatistics,
  Durability,
  NodeChange,
  RecoveryReport,
  SlotChange,
  SnapshotInfo,
  StateChange,
  StateDatabase,
  StateView,
  VerifyDifference,
  VerifyReport,
} from "./api.ts";
export type { BlockRecord, DatabaseChange, StateUpdate } from "./change.ts";
export { Database, type TransactionLocation } from "./database.ts";
export { DatabaseError, type DatabaseErrorCode } from "./errors.ts";
export { DATABASE_FORMAT } from "./format.ts";
export type { LogFile, LogFiles } from "./log/log-files.ts";
export { ADDRESS_KIND, type IndexClause } from "./log-index.ts";
export type { OnProgress } from "./progress.ts";
export { openReader } from "./reader.ts";
export type { SnapshotOptions } from "./snapshot-export.ts";
export type { ImportOptions } from "./snapshot-import.ts";
export type { LoadedAccount } from "./state-loader.ts";
