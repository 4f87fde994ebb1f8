import { statfsSync } from "node:fs";
import { join } from "node:path";
import { type Database as LmdbDatabase, open, type RootDatabase, type Transaction } from "lmdb";
import { DATA_FILE, prepareDataFile, recordDataSize } from "./data-file.ts";
import { DatabaseError } from "./errors.ts";
import { owned } from "./keys.ts";

/** In this order: a table's place is its number in log records. */
export const TABLE_NAMES = [
  "meta",
  "headers",
  "bodies",
  "executions",
  "numbers",
  "canonical",
  "transactions",
  "logs",
  "code",
  "accounts",
  "slots",
  "nodes",
  "history",
  "removed",
  "states",
] as const;
export type TableName = (typeof TABLE_NAMES)[number];

export const READER_TABLE = "lock.mdb";
/** Address space, not memory and not disk: growing a mapping while other threads read is what must never happen. */
const MAP_BYTES = 2 ** 40;
export const MAX_READERS = 1024;

export interface TableStatistics {
  readonly entries: number;
  /** Pages of the table's tree. */
  readonly bytes: number;
}

/** lmdb takes the option, its types do not. */
interface SnapshotReads {
  getBinaryFast(key: Uint8Array, options?: { readonly transaction: Transaction }): Uint8Array | undefined;
}

interface AppendingPut {
  putSync(key: Uint8Array, value: Uint8Array, options: { readonly append: boolean }): void;
}

/** Bytes by bytes. The reader argument is a snapshot of the environment; without it, reads see the newest commit. */
export class Table {
  readonly #opened: LmdbDatabase<Uint8Array, Uint8Array>;
  readonly #usage: { readonly closed: boolean };

  constructor(environment: RootDatabase, name: TableName, usage: { readonly closed: boolean } = { closed: false }) {
    this.#opened = environment.openDB({ name, encoding: "binary", keyEncoding: "binary" });
    this.#usage = usage;
  }

  get #table(): LmdbDatabase<Uint8Array, Uint8Array> {
    // Reading from an environment that was unmapped ends the process.
    if (this.#usage.closed) throw new DatabaseError("DATABASE_CLOSED", "the database is closed");
    return this.#opened;
  }

  /** A copy. */
  get(key: Uint8Array, reader?: Transaction): Uint8Array | undefined {
    const bytes = (this.#table as SnapshotReads).getBinaryFast(key, reader && { transaction: reader });
    // lmdb reuses one buffer longer than the value and only redefines its `length`.
    return bytes && new Uint8Array(bytes.subarray(0, bytes.length));
  }

  /** Where lmdb has it: valid until the next read of any table. */
  borrow(key: Uint8Array): Uint8Array | undefined {
    const bytes = this.#table.getBinaryFast(key);
    return bytes && (bytes.subarray(0, bytes.length) as Uint8Array);
  }

  /** The first key ≥ `start` and < `end`. */
  seek(start: Uint8Array, end: Uint8Array, reader?: Transaction): Uint8Array | undefined {
    const options = { start, end, limit: 1 };
    for (const key of this.#table.getKeys(reader ? { ...options, transaction: reader } : options)) return owned(key);
    return undefined;
  }

  /** The first entry with a key ≥ `start` and < `end`. */
  first(start: Uint8Array, end: Uint8Array, reader?: Transaction): readonly [Uint8Array, Uint8Array] | undefined {
    const options = { start, end, limit: 1 };
    for (const { key, value } of this.#table.getRange(reader ? { ...options, transaction: reader } : options)) {
      return [owned(key), owned(value)];
    }
    return undefined;
  }

  /** The last entry with a key ≥ `least` and ≤ `key`. */
  last(least: Uint8Array, key: Uint8Array, reader?: Transaction): readonly [Uint8Array, Uint8Array] | undefined {
    const options = { start: key, reverse: true, limit: 1 };
    for (const entry of this.#table.getRange(reader ? { ...options, transaction: reader } : options)) {
      return Buffer.compare(entry.key, least) < 0 ? undefined : [owned(entry.key), owned(entry.value)];
    }
    return undefined;
  }

  /** Entries with keys ≥ `start` and < `end`, in order; without bounds, all. */
  *range(reader: Transaction, start?: Uint8Array, end?: Uint8Array): Generator<readonly [Uint8Array, Uint8Array]> {
    const options = { transaction: reader, ...(start && { start }), ...(end && { end }) };
    for (const { key, value } of this.#table.getRange(options)) yield [owned(key), owned(value)];
  }

  /** Within a write transaction; `undefined` removes. lmdb crashes on a value in memory shared between threads. */
  put(key: Uint8Array, value: Uint8Array | undefined): void {
    if (value === undefined) this.#table.removeSync(key);
    else this.#table.putSync(key, value);
  }

  /** Within a write transaction: a key greater than all others. Fills pages where `put` would leave them half empty. */
  append(key: Uint8Array, value: Uint8Array): void {
    (this.#table as unknown as AppendingPut).putSync(key, value, { append: true });
  }

  /** Keys from `start` on; without it, all. */
  count(start?: Uint8Array): number {
    return this.#table.getKeysCount(start ? { start } : {});
  }

  statistics(): TableStatistics {
    const stats = this.#table.getStats() as Record<
      "entryCount" | "treeBranchPageCount" | "treeLeafPageCount" | "overflowPages" | "pageSize",
      number
    >;
    const pages = stats.treeBranchPageCount + stats.treeLeafPageCount + stats.overflowPages;
    return { entries: stats.entryCount, bytes: pages * stats.pageSize };
  }
}

export interface Environment {
  readonly directory: string;
  readonly tables: Readonly<Record<TableName, Table>>;
  /** A version of everything, until it is handed to `done` or the environment closes. */
  snapshot(): Transaction;
  /** Idempotent. */
  done(reader: Transaction): void;
  /** Makes reads without a snapshot see what other threads committed. */
  refresh(): void;
  /** All or nothing; on disk when it returns. @throws DatabaseError DISK_FULL, WRITE_FAILED */
  write(work: () => void): void;
  close(): Promise<void>;
}

export interface EnvironmentOptions {
  /** False for what need not survive the machine. */
  readonly synced: boolean;
  readonly readOnly?: boolean;
  /** For the first in the process to open: sees the names of the tables before any is made; throws to refuse. */
  readonly accept?: (tableNames: readonly string[], meta: () => Table) => void;
}

/** @throws DatabaseError DIRECTORY_NOT_WRITABLE, FOREIGN_DATABASE, DATABASE_DAMAGED, DISK_FULL */
export function openEnvironment(
  directory: string,
  { synced, readOnly = false, accept }: EnvironmentOptions,
): Environment {
  if (accept) prepareDataFile(directory);
  const root = openRoot(directory, synced, readOnly);
  try {
    const names = [...root.getKeys()].map((name) =>
      Buffer.from(name as unknown as Uint8Array)
        .toString("latin1")
        .replace("\0", ""),
    );
    accept?.(names, () => new Table(root, "meta"));
  } catch (error) {
    void root.close();
    throw error;
  }
  const usage = { closed: false };
  const tables = openTables(root, directory, usage);
  const readers = new Set<Transaction>();
  const done = (reader: Transaction): void => {
    if (readers.delete(reader)) reader.done();
  };
  return {
    directory,
    tables,
    done,
    snapshot: () => {
      // Without a reset, the transaction may be an older version than what was read a moment ago in another thread.
      root.resetReadTxn();
      const reader = root.useReadTransaction();
      readers.add(reader);
      return reader;
    },
    refresh: () => root.resetReadTxn(),
    write: (work) => {
      try {
        root.transactionSync(work);
        if (synced) recordDataSize(directory);
      } catch (cause) {
        throw cause instanceof DatabaseError ? cause : writeFailure(directory, cause, directory);
      }
    },
    close: () => {
      usage.closed = true;
      for (const reader of readers) done(reader);
      return root.close();
    },
  };
}

function openTables(root: RootDatabase, directory: string, usage: { readonly closed: boolean }): Environment["tables"] {
  try {
    const tables = TABLE_NAMES.map((name) => [name, new Table(root, name, usage)]);
    return Object.fromEntries(tables) as unknown as Environment["tables"];
  } catch (cause) {
    void root.close();
    throw writeFailure(directory, cause, directory);
  }
}

/** A disk with less room than this is full, when a write on it failed. */
const HARDLY_ANY_BYTES = 1024 * 1024;

/**
 * ENOSPC and its relatives are worth telling apart: making room is a way out.
 *
 * @param place what was written, for people
 * @param directory where; without it, the cause alone tells
 */
export function writeFailure(place: string, cause: unknown, directory?: string): DatabaseError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const message = cause instanceof Error ? cause.message : "";
  const told = code === "ENOSPC" || code === "EDQUOT" || /no space left|quota/i.test(message);
  // For lmdb, a write that the system cut short for want of space is an input/output error.
  return told || (directory !== undefined && freeBytes(directory) < HARDLY_ANY_BYTES)
    ? new DatabaseError("DISK_FULL", `no space left for ${place}: make room, then restart`, { cause })
    : new DatabaseError("WRITE_FAILED", `writing to ${place} failed: check the disk and permissions, then restart`, {
        cause,
      });
}

function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}

function openRoot(directory: string, synced: boolean, readOnly: boolean): RootDatabase {
  try {
    return open({
      path: directory,
      // Otherwise a name with a dot would be a file's.
      noSubdir: false,
      maxDbs: TABLE_NAMES.length + 1,
      maxReaders: MAX_READERS,
      mapSize: MAP_BYTES,
      encoding: "binary",
      keyEncoding: "binary",
      eventTurnBatching: false,
      // A commit counts when it is on disk. Syncing behind commits also crashes lmdb when it is closed meanwhile.
      overlappingSync: false,
      noSync: !synced,
      readOnly,
    });
  } catch (cause) {
    if (!readOnly && freeBytes(directory) < HARDLY_ANY_BYTES) throw writeFailure(directory, cause, directory);
    const denied = ["EACCES", "EROFS", "EPERM"].includes((cause as NodeJS.ErrnoException).code ?? "");
    throw denied
      ? new DatabaseError("DIRECTORY_NOT_WRITABLE", `cannot write to ${directory}: choose another data directory`, {
          cause,
        })
      : new DatabaseError("DATABASE_DAMAGED", `cannot open ${join(directory, DATA_FILE)}`, { cause });
  }
}
