import { existsSync, readdirSync } from "node:fs";
import { exportSnapshot } from "@hyperion/chain";
import { Database, type DatabaseStatistics, type SnapshotInfo, type VerifyReport } from "@hyperion/metisdb";
import { hexToBytes } from "viem";

/** There is no database where one should be. */
export class DatabaseAbsentError extends Error {
  override readonly name = "DatabaseAbsentError";
  readonly code = "DATABASE_ABSENT";
  readonly shortMessage: string;

  constructor(directory: string) {
    const shortMessage = `There is no database in ${directory}: give its folder with --data-dir.`;
    super(shortMessage);
    this.shortMessage = shortMessage;
  }
}

const withDatabase = async <T>(directory: string, work: (database: Database) => Promise<T>): Promise<T> => {
  if (!existsSync(directory) || readdirSync(directory).length === 0) throw new DatabaseAbsentError(directory);
  const database = Database.open(directory, { retain: "all" });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
};

/** Rebuilds every root from the flat state and compares. @throws DatabaseAbsentError, DatabaseError */
export const checkDatabase = (directory: string): Promise<VerifyReport> =>
  withDatabase(directory, (database) => database.verify());

/** @throws DatabaseAbsentError, DatabaseError */
export const describeDatabase = (directory: string): Promise<DatabaseStatistics> =>
  withDatabase(directory, (database) => database.stat());

/** Writes a snapshot of a block's state; default: the newest block's. @throws DatabaseAbsentError, DatabaseError */
export const exportDatabase = (directory: string, file: string, height?: bigint): Promise<SnapshotInfo> =>
  withDatabase(directory, (database) => exportSnapshot(database, file, height));

/**
 * Makes a database of a snapshot.
 *
 * @param root the state root that is trusted, when the file's own word is not enough
 * @throws DatabaseError SNAPSHOT_INVALID, FOREIGN_DATABASE
 */
export const importDatabase = (file: string, directory: string, root?: `0x${string}`): Promise<SnapshotInfo> =>
  Database.snapshotImport(file, directory, root && hexToBytes(root));
