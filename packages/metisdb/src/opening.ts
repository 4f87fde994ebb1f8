import { existsSync, mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DATA_FILE } from "./data-file.ts";
import { DatabaseError } from "./errors.ts";
import { checkFormat, writeFormat } from "./format.ts";
import { directoryFiles, type LogFiles } from "./log/log-files.ts";
import { type LogContents, readLog } from "./log/read-log.ts";
import { readPosition } from "./position.ts";
import { fillReaderTable } from "./reader-table.ts";
import { type Environment, MAX_READERS, openEnvironment, READER_TABLE, writeFailure } from "./tables.ts";

const LOG_DIRECTORY = "log";

export interface Opened {
  readonly environment: Environment;
  readonly files: LogFiles;
  readonly log: LogContents;
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
 * Opens the tables and reads what the log has and they have not. Afterwards the log has nothing else, and that is durable.
 *
 * @param wrap puts faults under the log in tests
 * @throws DatabaseError FOREIGN_DATABASE, UNSUPPORTED_FORMAT, DATABASE_DAMAGED, DIRECTORY_NOT_WRITABLE, DISK_FULL, WRITE_FAILED
 */
export function openTables(directory: string, wrap: (files: LogFiles) => LogFiles = (files) => files): Opened {
  const files = wrap(directoryFiles(join(directory, LOG_DIRECTORY)));
  const hasLog = files.list().length > 0;
  fillReaderTable(join(directory, READER_TABLE), MAX_READERS);
  const environment = openEnvironment(directory, {
    synced: true,
    accept: (names, meta) => checkFormat(directory, names, meta, hasLog),
  });
  try {
    writeFormat(environment);
    return { environment, files, log: recoverLog(environment, files) };
  } catch (error) {
    void environment.close();
    throw error;
  }
}

function recoverLog(environment: Environment, files: LogFiles): LogContents {
  const log = readLog(files, readPosition(environment).sequence);
  if (log.missing) {
    throw new DatabaseError(
      "DATABASE_DAMAGED",
      `${environment.directory}: the log continues a newer ${DATA_FILE} than this one: restore that, or remove the log to go back`,
    );
  }
  // What is torn must not stand before records that will follow, and those must not survive without what is before them.
  try {
    for (const name of log.dropped.toReversed()) files.remove(name);
    for (const { name, bytes } of log.kept) files.cut(name, bytes);
  } catch (cause) {
    throw writeFailure("the log", cause, environment.directory);
  }
  return log;
}
