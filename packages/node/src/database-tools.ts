import { existsSync, readdirSync } from "node:fs";
import { exportSnapshot } from "@hyperion/chain";
import {
  Database,
  type DatabaseStatistics,
  type OnProgress,
  type SnapshotInfo,
  type VerifyReport,
} from "@hyperion/metisdb";
import { firstWholeBlock, readDeployment } from "@hyperion/rollup";
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

export interface ExportSettings {
  /** Default: the newest block's. */
  readonly height?: bigint | undefined;
  /** File of a rollup's deployment: then the snapshot has the blocks from which a verifier can derive on. */
  readonly deployment?: string | undefined;
  readonly onProgress?: OnProgress;
}

/** Writes a snapshot of a block's state. @throws DatabaseAbsentError, DatabaseError, DeployError, SnapshotError */
export const exportDatabase = (
  directory: string,
  file: string,
  { deployment, height, onProgress }: ExportSettings = {},
): Promise<SnapshotInfo> => {
  const rollup = deployment === undefined ? undefined : readDeployment(deployment).rollup;
  return withDatabase(directory, (database) => {
    const wholeFrom = rollup && firstWholeBlock(database, height ?? database.head.height, rollup);
    return exportSnapshot(database, file, { height, wholeFrom, onProgress });
  });
};

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
