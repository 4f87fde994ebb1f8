/** Durable storage of state, blocks, receipts and indexes. */
export {
  type BlockRecord,
  DATABASE_FORMAT,
  Database,
  type DatabaseChange,
  type TransactionLocation,
} from "./database.ts";
export { DatabaseError, type DatabaseErrorCode } from "./errors.ts";
export { decodeExecution, encodeExecution, type TransactionRecord } from "./execution-codec.ts";
export { ADDRESS_KIND, type IndexClause } from "./log-index.ts";
