import { type Database, DatabaseError, type OnProgress, type SnapshotInfo } from "@hyperion/metisdb";
import { POINTERS } from "./chain-store.ts";

export interface ExportOptions {
  readonly height?: bigint | undefined;
  readonly wholeFrom?: bigint | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Writes the state of a canonical block, with what a chain needs to continue from it, to a new file.
 *
 * @param options `height`: by default the newest; `wholeFrom`: the first block before it that comes along whole
 * @throws DatabaseError HEIGHT_UNKNOWN, HEIGHT_PRUNED, DISK_FULL, WRITE_FAILED
 */
export async function exportSnapshot(
  database: Database,
  file: string,
  { height, wholeFrom, onProgress }: ExportOptions = {},
): Promise<SnapshotInfo> {
  const at = height ?? database.head.height;
  const hash = database.canonicalHash(at);
  if (!hash)
    throw new DatabaseError("HEIGHT_UNKNOWN", `the chain has no block ${at}; the newest is ${database.height}`);
  const meta = [
    [POINTERS.head, hash],
    // Blocks between genesis and the snapshot do not come along.
    [POINTERS.safe, undefined],
    [POINTERS.finalized, undefined],
  ] as const;
  return database.snapshotExport(at, file, { meta, wholeFrom, onProgress });
}
