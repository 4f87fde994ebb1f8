import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { open, type RootDatabase } from "lmdb";
import { inspectDataFile } from "./data-file.ts";
import { lockDirectory } from "./directory-lock.ts";
import { DatabaseError } from "./errors.ts";
import { decodeExecution, encodeExecution, type TransactionRecord } from "./execution-codec.ts";
import { type IndexClause, logIndexKeys, matchingBlocks } from "./log-index.ts";
import { Store } from "./store.ts";

/** Written into `meta`; a database with another value is refused. */
export const DATABASE_FORMAT = "hyperion-metisdb/1";

const DATA_FILE = "data.mdb";
const FORMAT_KEY = metaKey("format");
const STORE_NAMES = [
  "meta",
  "preimages",
  "headers",
  "bodies",
  "executions",
  "numbers",
  "canonical",
  "transactions",
  "logs",
] as const;

type StoreName = (typeof STORE_NAMES)[number];

/** A block as stored: `header` is its RLP; `body` is the rest of the block's list payload (transactions, ommers, …). */
export interface BlockRecord {
  readonly number: bigint;
  readonly hash: Uint8Array;
  readonly header: Uint8Array;
  readonly body: Uint8Array;
  readonly execution: readonly TransactionRecord[];
}

/** Everything one step of the chain changes. It becomes durable as a whole or not at all. */
export interface DatabaseChange {
  readonly blocks?: readonly BlockRecord[];
  /** Trie nodes and code by keccak hash. */
  readonly preimages?: readonly (readonly [hash: Uint8Array, bytes: Uint8Array])[];
  /** Blocks leaving the canonical chain. Applied before `canonize`. */
  readonly decanonize?: readonly BlockRecord[];
  /** Blocks joining the canonical chain. */
  readonly canonize?: readonly BlockRecord[];
  /** Named values; `undefined` removes. */
  readonly meta?: readonly (readonly [name: string, value: Uint8Array | undefined])[];
}

export interface TransactionLocation {
  readonly number: bigint;
  readonly index: number;
}

/**
 * Durable state, blocks and indexes over LMDB. Reads are synchronous and see every change handed to `write`; writing
 * happens in the background, one LMDB transaction per change, in order.
 */
export class Database {
  readonly directory: string;
  readonly #environment: RootDatabase;
  readonly #stores: Readonly<Record<StoreName, Store>>;
  readonly #release: () => void;
  #batch = 0;
  #inFlight = 0;
  #last: Promise<unknown> = Promise.resolve();
  #failure: DatabaseError | undefined;
  #closed = false;

  private constructor(directory: string, environment: RootDatabase, release: () => void) {
    this.directory = directory;
    this.#environment = environment;
    this.#release = release;
    this.#stores = Object.fromEntries(
      STORE_NAMES.map((name) => [name, new Store(environment, name, name === "logs")]),
    ) as Record<StoreName, Store>;
  }

  /**
   * Opens or creates a database directory for this process alone.
   *
   * @throws DatabaseError DATABASE_LOCKED, DIRECTORY_NOT_WRITABLE, FOREIGN_DATABASE, UNSUPPORTED_FORMAT, DATABASE_DAMAGED
   */
  static open(directory: string): Database {
    makeDirectory(directory);
    const release = lockDirectory(directory);
    try {
      inspectDataFile(join(directory, DATA_FILE));
      return Database.#opened(directory, release, true);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** A database that leaves nothing behind: it lives in a temporary directory, is never synced, and goes with `close`. */
  static temporary(): Database {
    const directory = mkdtempSync(join(tmpdir(), "hyperion-"));
    return Database.#opened(directory, () => rmSync(directory, { recursive: true, force: true }), false);
  }

  static #opened(directory: string, release: () => void, durable: boolean): Database {
    const environment = openEnvironment(directory, durable);
    try {
      const database = new Database(directory, environment, release);
      database.#checkFormat();
      return database;
    } catch (error) {
      void environment.close();
      throw error;
    }
  }

  #checkFormat(): void {
    const format = this.#stores.meta.get(FORMAT_KEY);
    if (format) {
      const found = Buffer.from(format).toString("utf8");
      if (found === DATABASE_FORMAT) return;
      throw new DatabaseError(
        "UNSUPPORTED_FORMAT",
        `${this.directory} has format ${found}, this version reads ${DATABASE_FORMAT}: export with the version that wrote it or start with an empty directory`,
      );
    }
    if (STORE_NAMES.some((name) => this.#stores[name].entries() > 0)) {
      throw new DatabaseError("FOREIGN_DATABASE", `${this.directory} is not a database of this software`);
    }
    this.write({ meta: [["format", Buffer.from(DATABASE_FORMAT)]] });
  }

  /** Trie node, code or model chunk by hash; the bytes are valid until the next call. */
  preimage(hash: Uint8Array): Uint8Array | undefined {
    return this.#stores.preimages.get(hash);
  }

  meta(name: string): Uint8Array | undefined {
    const value = this.#stores.meta.get(metaKey(name));
    return value && new Uint8Array(value);
  }

  canonicalHash(number: bigint): Uint8Array | undefined {
    const hash = this.#stores.canonical.get(numberKey(number));
    return hash && new Uint8Array(hash);
  }

  blockNumber(hash: Uint8Array): bigint | undefined {
    const number = this.#stores.numbers.get(hash);
    return number && readNumber(number, 0);
  }

  /** Header RLP of any stored block. */
  header(hash: Uint8Array): Uint8Array | undefined {
    return this.#byBlock("headers", hash);
  }

  /** @throws DatabaseError RECORD_DAMAGED */
  block(hash: Uint8Array): BlockRecord | undefined {
    const number = this.blockNumber(hash);
    const header = this.header(hash);
    const body = this.#byBlock("bodies", hash);
    const execution = this.#byBlock("executions", hash);
    if (number === undefined || !header || !body || !execution) return undefined;
    return { number, hash: new Uint8Array(hash), header, body, execution: decodeExecution(execution) };
  }

  /** Where the canonical chain has a transaction. */
  transaction(hash: Uint8Array): TransactionLocation | undefined {
    const location = this.#stores.transactions.get(hash);
    if (!location) return undefined;
    return { number: readNumber(location, 0), index: Number(readNumber(location, 8)) };
  }

  /** Canonical blocks in [from, to] that may have matching logs (see `matchingBlocks`). Await `durable` first. */
  logCandidates(clauses: readonly IndexClause[], from: bigint, to: bigint): Generator<bigint> {
    return matchingBlocks((start, end) => this.#stores.logs.seek(start, end), clauses, from, to);
  }

  /**
   * Hands over a change. It is visible to reads at once and durable when `durable()` called afterwards resolves.
   *
   * @throws DatabaseError WRITE_FAILED (an earlier change did not reach the disk), DATABASE_CLOSED
   */
  write(change: DatabaseChange): void {
    if (this.#failure) throw this.#failure;
    if (this.#closed) throw new DatabaseError("DATABASE_CLOSED", "the database is closed");
    const batch = ++this.#batch;
    this.#inFlight++;
    this.#last = this.#environment
      .batch(() => this.#apply(change, batch))
      .then(
        () => {
          for (const name of STORE_NAMES) this.#stores[name].settle(batch);
        },
        (cause: CommitFailure) => this.#fail(cause),
      )
      .finally(() => {
        this.#inFlight--;
      });
  }

  /** Changes handed over that are not on disk yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Resolves when every change handed over so far is on disk. @throws DatabaseError WRITE_FAILED */
  async durable(): Promise<void> {
    await this.#last;
    if (this.#failure) throw this.#failure;
  }

  async #fail(cause: CommitFailure): Promise<void> {
    const reason = await cause.commitError?.catch((error: unknown) => error);
    this.#failure ??= new DatabaseError(
      "WRITE_FAILED",
      `writing to ${this.directory} failed: check free space and permissions, then restart`,
      { cause: reason ?? cause },
    );
  }

  /** Waits for writes and releases the directory. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#last;
    // After a failed commit lmdb may wait for ever for the flush that never came.
    const patience = this.#failure ? delay(CLOSE_AFTER_FAILURE) : new Promise<never>(() => {});
    await Promise.race([this.#environment.close(), patience]);
    this.#release();
  }

  #apply(change: DatabaseChange, batch: number): void {
    const { meta, preimages, headers, bodies, executions, numbers } = this.#stores;
    for (const [hash, bytes] of change.preimages ?? []) preimages.put(hash, bytes, batch);
    for (const block of change.blocks ?? []) {
      const key = blockKey(block.number, block.hash);
      headers.put(key, block.header, batch);
      bodies.put(key, block.body, batch);
      executions.put(key, encodeExecution(block.execution), batch);
      numbers.put(block.hash, numberKey(block.number), batch);
    }
    for (const block of change.decanonize ?? []) this.#index(block, batch, false);
    for (const block of change.canonize ?? []) this.#index(block, batch, true);
    for (const [name, value] of change.meta ?? []) meta.put(metaKey(name), value, batch);
  }

  #index(block: BlockRecord, batch: number, joins: boolean): void {
    const { canonical, transactions, logs } = this.#stores;
    canonical.put(numberKey(block.number), joins ? block.hash : undefined, batch);
    block.execution.forEach((record, index) => {
      transactions.put(record.hash, joins ? locationValue(block.number, index) : undefined, batch);
    });
    const receipts = block.execution.map((record) => record.receipt);
    for (const key of logIndexKeys(block.number, receipts)) logs.put(key, joins ? PRESENT : undefined, batch);
  }

  #byBlock(name: StoreName, hash: Uint8Array): Uint8Array | undefined {
    const number = this.blockNumber(hash);
    const value = number === undefined ? undefined : this.#stores[name].get(blockKey(number, hash));
    return value && new Uint8Array(value);
  }
}

/** What lmdb rejects a failed batch with; the reason comes separately. */
interface CommitFailure {
  readonly commitError?: Promise<unknown>;
}

/** Milliseconds. */
const CLOSE_AFTER_FAILURE = 500;
const PRESENT = new Uint8Array(1);

function makeDirectory(directory: string): void {
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

function openEnvironment(directory: string, durable: boolean): RootDatabase {
  try {
    return open({
      path: directory,
      maxDbs: STORE_NAMES.length + 1,
      encoding: "binary",
      keyEncoding: "binary",
      // Every change is an explicit batch; the implicit one leaves a rejection nobody can observe.
      eventTurnBatching: false,
      // A commit counts when it is on disk. Syncing behind commits also crashes lmdb when it is closed meanwhile.
      overlappingSync: false,
      noSync: !durable,
    });
  } catch (cause) {
    const denied = ["EACCES", "EROFS", "EPERM"].includes((cause as NodeJS.ErrnoException).code ?? "");
    throw denied
      ? new DatabaseError("DIRECTORY_NOT_WRITABLE", `cannot write to ${directory}: choose another data directory`, {
          cause,
        })
      : new DatabaseError("DATABASE_DAMAGED", `cannot open ${join(directory, DATA_FILE)}`, { cause });
  }
}

function metaKey(name: string): Uint8Array {
  return Buffer.from(name, "utf8");
}

function numberKey(number: bigint): Uint8Array {
  const key = new Uint8Array(8);
  new DataView(key.buffer).setBigUint64(0, number);
  return key;
}

function blockKey(number: bigint, hash: Uint8Array): Uint8Array {
  const key = new Uint8Array(40);
  new DataView(key.buffer).setBigUint64(0, number);
  key.set(hash, 8);
  return key;
}

function locationValue(number: bigint, index: number): Uint8Array {
  const value = new Uint8Array(16);
  const view = new DataView(value.buffer);
  view.setBigUint64(0, number);
  view.setBigUint64(8, BigInt(index));
  return value;
}

function readNumber(bytes: Uint8Array, offset: number): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(offset);
}
