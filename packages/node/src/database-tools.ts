import { existsSync, readdirSync } from "node:fs";
import { exportSnapshot } from "@hyperion/chain";
import {
  Database,
  type DatabaseStatistics,
  type OnProgress,
  type SnapshotInfo,
  type VerifyReport,
} from "@hyperion/metisdb";
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
export const checkDatabase = (directory: string, onProgress?: OnProgress): Promise<VerifyReport> =>
  withDatabase(directory, (database) => database.verify(onProgress));

/** @throws DatabaseAbsentError, DatabaseError */
export const describeDatabase = (directory: string): Promise<DatabaseStatistics> =>
  withDatabase(directory, (database) => database.stat());

/** Writes a snapshot of a block's state; default: the newest block's. @throws DatabaseAbsentError, DatabaseError */
export const exportDatabase = (
  directory: string,
  file: string,
  options: { readonly height?: bigint | undefined; readonly onProgress?: OnProgress } = {},
): Promise<SnapshotInfo> => withDatabase(directory, (database) => exportSnapshot(database, file, options));

/**
 * Makes a database of a snapshot.
 *
 * @param options `root`: the state root that is trusted, when the file's own word is not enough
 * @throws DatabaseError SNAPSHOT_INVALID, FOREIGN_DATABASE
 */
export const importDatabase = (
  file: string,
  directory: string,
  { root, onProgress }: { readonly root?: `0x${string}` | undefined; readonly onProgress?: OnProgress } = {},
): Promise<SnapshotInfo> =>
  Database.snapshotImport(file, directory, { verifyRoot: root && hexToBytes(root), onProgress });
