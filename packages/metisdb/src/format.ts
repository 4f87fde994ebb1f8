import { join } from "node:path";
import { DATA_FILE } from "./data-file.ts";
import { DatabaseError } from "./errors.ts";
import { type Environment, TABLE_NAMES, type Table } from "./tables.ts";

/** Written into `meta`; a database with another value is refused. */
export const DATABASE_FORMAT = "hyperion-metisdb/4";

const FORMAT_KEY = Buffer.from("format");
/** Names in `meta` that belong to the database itself. */
export const INTERNAL_META: ReadonlySet<string> = new Set(["format", "importing", "position"]);
/** Set while a snapshot is read in: a database that has it is half a database. */
const IMPORTING_KEY = Buffer.from("importing");

/**
 * Accepts a database of this format and an empty one, before anything in it is touched.
 *
 * @throws DatabaseError UNSUPPORTED_FORMAT, FOREIGN_DATABASE, DATABASE_DAMAGED
 */
export function checkFormat(
  directory: string,
  tableNames: readonly string[],
  meta: () => Table,
  hasLog: boolean,
): void {
  if (isUnwritten(tableNames, meta)) {
    if (!hasLog) return;
    throw new DatabaseError(
      "DATABASE_DAMAGED",
      `${join(directory, DATA_FILE)} is missing or empty, but there is a log: restore it or start with an empty directory`,
    );
  }
  const format = tableNames.includes("meta") ? meta().get(FORMAT_KEY) : undefined;
  if (!format) throw new DatabaseError("FOREIGN_DATABASE", `${directory} is not a database of this software`);
  const found = Buffer.from(format).toString("utf8");
  if (found !== DATABASE_FORMAT) {
    throw new DatabaseError(
      "UNSUPPORTED_FORMAT",
      `${directory} has format ${found}, this version reads ${DATABASE_FORMAT}: start with an empty directory, or from a snapshot`,
    );
  }
  if (meta().get(IMPORTING_KEY)) {
    throw new DatabaseError(
      "DATABASE_DAMAGED",
      `${directory} holds a snapshot that was not read to its end: remove the directory and import again`,
    );
  }
}

/** Without an entry yet: new, or left by a start that ended before it wrote the format, which comes first. */
function isUnwritten(tableNames: readonly string[], meta: () => Table): boolean {
  const known: readonly string[] = TABLE_NAMES;
  return tableNames.every((name) => known.includes(name)) && !(tableNames.includes("meta") && meta().count() > 0);
}

/** Makes an empty database one of this format. */
export function writeFormat(environment: Environment): void {
  const { meta } = environment.tables;
  if (!meta.get(FORMAT_KEY)) environment.write(() => meta.put(FORMAT_KEY, Buffer.from(DATABASE_FORMAT)));
}

/** Within a write transaction. */
export function markImporting({ tables }: Environment, importing: boolean): void {
  tables.meta.put(IMPORTING_KEY, importing ? new Uint8Array(1) : undefined);
}
