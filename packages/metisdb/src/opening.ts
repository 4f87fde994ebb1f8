import { existsSync, mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { RecoveryReport } from "./api.ts";
import { checkpoint } from "./checkpoint.ts";
import { DatabaseError } from "./errors.ts";
import { checkFormat, writeFormat } from "./format.ts";
import { directoryFiles, type LogFiles } from "./log/log-files.ts";
import { readLog } from "./log/read-log.ts";
import { readPosition } from "./position.ts";
import { fillReaderTable } from "./reader-table.ts";
import { DATA_FILE, type Environment, MAX_READERS, openEnvironment, READER_TABLE } from "./tables.ts";

const LOG_DIRECTORY = "log";
/** Records are written into the tables in steps of this many bytes. */
const REPLAY_BYTES = 16 * 1024 * 1024;

export interface Opened {
  readonly environment: Environment;
  readonly files: LogFiles;
  /** For the next segment of the log. */
  readonly nextSegment: number;
  readonly recovery: RecoveryReport;
}

/** @throws DatabaseError DIRECTORY_NOT_WRITABLE */
export function makeDirectory(directory: string): void {
  try {
    makeWithParents(resolve(directory));
  } catch (cause) {
    throw new DatabaseError("DIRECTORY_NOT_WRITABLE", `cannot create ${directory}: choose another data directory`, {
      cause,
    });
  }
}

/** Not mkdirSync's own recursion: it never ends where a folder cannot hold another, as under /proc. */
function makeWithParents(directory: string): void {
  const missing: string[] = [];
  for (let path = directory; !existsSync(path); path = dirname(path)) missing.push(path);
  for (const path of missing.reverse()) mkdirSync(path);
}

/**
 * Opens the tables and writes into them what the log has and they have not; afterwards the log is empty.
 *
 * @param wrap puts faults under the log in tests
 * @throws DatabaseError FOREIGN_DATABASE, UNSUPPORTED_FORMAT, DATABASE_DAMAGED, DIRECTORY_NOT_WRITABLE, DISK_FULL, WRITE_FAILED
 */
export function openTables(directory: string, wrap: (files: LogFiles) => LogFiles = (files) => files): Opened {
  const started = performance.now();
  const files = wrap(directoryFiles(join(directory, LOG_DIRECTORY)));
  const hasLog = files.list().length > 0;
  fillReaderTable(join(directory, READER_TABLE), MAX_READERS);
  const environment = openEnvironment(directory, {
    synced: true,
    accept: (names, meta) => checkFormat(directory, names, meta, hasLog),
  });
  try {
    writeFormat(environment);
    return { environment, files, ...recover(environment, files, started) };
  } catch (error) {
    void environment.close();
    throw error;
  }
}

function recover(environment: Environment, files: LogFiles, started: number): Pick<Opened, "nextSegment" | "recovery"> {
  const { records, damage, missing, discardedBytes, segments, nextNumber } = readLog(
    files,
    readPosition(environment).sequence,
  );
  if (missing) {
    throw new DatabaseError(
      "DATABASE_DAMAGED",
      `${environment.directory}: the log continues a newer ${DATA_FILE} than this one: restore that, or remove the log to go back`,
    );
  }
  for (const group of grouped(records)) checkpoint(environment, { records: group, horizon: undefined });
  for (const name of segments) files.remove(name);
  const recovery = {
    clean: records.length === 0 && damage === undefined,
    replayedRecords: records.length,
    discardedBytes,
    damage,
    height: readPosition(environment).height ?? -1n,
    milliseconds: performance.now() - started,
  };
  return { nextSegment: nextNumber, recovery };
}

function* grouped(records: readonly Uint8Array[]): Generator<Uint8Array[]> {
  let group: Uint8Array[] = [];
  let bytes = 0;
  for (const record of records) {
    group.push(record);
    bytes += record.length;
    if (bytes < REPLAY_BYTES) continue;
    yield group;
    [group, bytes] = [[], 0];
  }
  if (group.length > 0) yield group;
}
