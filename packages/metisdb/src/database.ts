import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type {
  DatabaseOptions,
  DatabaseStatistics,
  RecoveryReport,
  SnapshotInfo,
  StateDatabase,
  StateView,
  VerifyReport,
} from "./api.ts";
import { type BlockRecord, blockKey, type DatabaseChange, metaKey, type StateUpdate } from "./change.ts";
import { inlineCheckpointer, THREADS_AVAILABLE, threadCheckpointer } from "./checkpointer.ts";
import { lockDirectory } from "./directory-lock.ts";
import { DatabaseError } from "./errors.ts";
import { writeFormat } from "./format.ts";
import { numberKey, owned, readNumber } from "./keys.ts";
import type { LogFiles } from "./log/log-files.ts";
import type { LogContents } from "./log/read-log.ts";
import { WriteAheadLog } from "./log/write-ahead-log.ts";
import { type IndexClause, matchingBlocks } from "./log-index.ts";
import { makeDirectory, openTables } from "./opening.ts";
import { Overlay } from "./overlay.ts";
import { Pipeline } from "./pipeline.ts";
import { type Position, readPosition } from "./position.ts";
import type { OnProgress } from "./progress.ts";
import { decodeRecord, encodeRecord } from "./record.ts";
import { exportSnapshot, type SnapshotOptions } from "./snapshot-export.ts";
import { type ImportOptions, importSnapshot } from "./snapshot-import.ts";
import { StateHead } from "./state-head.ts";
import { loadState } from "./state-loader.ts";
import { prunedHeight } from "./state-view.ts";
import { statistics } from "./statistics.ts";
import { storedExecution } from "./stored-execution.ts";
import { type Environment, openEnvironment, type TableName } from "./tables.ts";
import { verify } from "./verify.ts";
import { Snapshot } from "./version.ts";

const DEFAULT_RETAIN = 100_000;
const DEFAULT_SYNC_INTERVAL_MS = 100;
const DEFAULT_PENDING_BYTES = 64 * 1024 * 1024;
/** Milliseconds that lmdb gets to close after a failed commit, when it may wait for ever for a flush that never came. */
const CLOSE_AFTER_FAILURE = 500;

export interface TransactionLocation {
  readonly number: bigint;
  readonly index: number;
}

/** How `Database` gets what it is made of; `open` and `temporary` fill it. */
interface Parts {
  readonly environment: Environment;
  readonly options: DatabaseOptions;
  readonly release: () => void;
  /** Of `performance.now()`: when opening began. */
  readonly started: number;
  /** Missing for a database that is gone with its process. */
  readonly log?: { readonly files: LogFiles; readonly contents: LogContents };
}

/**
 * Durable state, blocks and indexes. Reads are synchronous and see every change handed to `write`. A change goes to the
 * log at once, and to the tables in the background.
 */
export class Database implements StateDatabase {
  readonly directory: string;
  readonly recovery: RecoveryReport;
  readonly head: StateView;
  readonly #environment: Environment;
  readonly #overlay: Overlay;
  readonly #pipeline: Pipeline;
  readonly #log: WriteAheadLog | undefined;
  readonly #checkpointer: ReturnType<typeof inlineCheckpointer>;
  readonly #release: () => void;
  readonly #state: StateHead;
  #closed = false;
  #onFailure: (failure: DatabaseError) => void = () => {};

  private constructor({ environment, options, release, started, log }: Parts) {
    this.directory = environment.directory;
    this.#environment = environment;
    this.#release = release;
    this.#overlay = new Overlay(environment.tables);
    this.#checkpointer =
      log && THREADS_AVAILABLE ? threadCheckpointer(environment.directory) : inlineCheckpointer(environment);
    this.#pipeline = new Pipeline({
      overlay: this.#overlay,
      checkpointer: this.#checkpointer,
      position: readPosition(environment),
      pendingBytes: options.pendingBytes ?? DEFAULT_PENDING_BYTES,
      horizonFor: horizonRule(options.retain ?? DEFAULT_RETAIN),
      onCheckpoint: (position) => this.#settle(position),
      onFailure: (failure) => this.#onFailure(failure),
    });
    this.#log = log && this.#openLog(log, options);
    this.#pipeline.start(this.#log ?? unlogged(this.#pipeline));
    this.#state = new StateHead(environment, this.#overlay, () => this.horizon);
    this.head = this.#state.view();
    this.#resume(log?.contents.records ?? []);
    this.recovery = recoveryReport(log?.contents, this.height, started);
  }

  /**
   * Opens or creates a database directory for this process alone.
   *
   * @param wrap puts faults under the log in tests
   * @throws DatabaseError DATABASE_LOCKED, DIRECTORY_NOT_WRITABLE, FOREIGN_DATABASE, UNSUPPORTED_FORMAT, DATABASE_DAMAGED,
   * DISK_FULL
   */
  static open(directory: string, options: DatabaseOptions = {}, wrap?: (files: LogFiles) => LogFiles): Database {
    const started = performance.now();
    makeDirectory(directory);
    const release = lockDirectory(directory);
    let environment: Environment | undefined;
    try {
      const opened = openTables(directory, wrap);
      environment = opened.environment;
      return new Database({
        environment,
        options,
        release,
        started,
        log: { files: opened.files, contents: opened.log },
      });
    } catch (error) {
      void environment?.close();
      release();
      throw error;
    }
  }

  /** A database that leaves nothing behind: it lives in a temporary directory, is never synced, and goes with `close`. */
  static temporary(options: DatabaseOptions = {}): Database {
    const directory = mkdtempSync(join(tmpdir(), "hyperion-"));
    const environment = openEnvironment(directory, { synced: false });
    writeFormat(environment);
    return new Database({
      environment,
      options,
      started: performance.now(),
      release: () => rmSync(directory, { recursive: true, force: true }),
    });
  }

  /** Makes a database of a snapshot file; see `importSnapshot`. */
  static snapshotImport(file: string, directory: string, options?: ImportOptions): Promise<SnapshotInfo> {
    return importSnapshot(file, directory, options);
  }

  /** Makes a database of a whole state; see `loadState`. */
  static load(...state: Parameters<typeof loadState>): ReturnType<typeof loadState> {
    return loadState(...state);
  }

  /** Code by its hash. */
  preimage(hash: Uint8Array): Uint8Array | undefined {
    return this.#overlay.get("code", hash);
  }

  meta(name: string): Uint8Array | undefined {
    return this.#overlay.get("meta", metaKey(name));
  }

  canonicalHash(number: bigint): Uint8Array | undefined {
    return this.#overlay.get("canonical", numberKey(number));
  }

  blockNumber(hash: Uint8Array): bigint | undefined {
    const number = this.#overlay.get("numbers", hash);
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
    return { number, hash: owned(hash), header, body, execution: storedExecution(execution) };
  }

  /** Where the canonical chain has a transaction. */
  transaction(hash: Uint8Array): TransactionLocation | undefined {
    const location = this.#overlay.get("transactions", hash);
    if (!location) return undefined;
    return { number: readNumber(location, 0), index: Number(readNumber(location, 8)) };
  }

  /** Canonical blocks in [from, to] that may have matching logs (see `matchingBlocks`). */
  logCandidates(clauses: readonly IndexClause[], from: bigint, to: bigint): Generator<bigint> {
    return matchingBlocks((start, end) => this.#overlay.seek("logs", start, end), clauses, from, to);
  }

  /** Height of the newest state; `undefined` before the first. */
  get height(): bigint | undefined {
    return this.#state.height;
  }

  /** Oldest height whose state can be read. */
  get horizon(): bigint {
    return this.#pipeline.horizon;
  }

  view(height: bigint): StateView {
    return this.#state.version(height).view();
  }

  /**
   * Hands over a change, whose bytes must stay as they are. It is visible to reads at once and durable when `durable()` called afterwards resolves.
   *
   * @throws DatabaseError WRITE_FAILED or DISK_FULL (an earlier change did not reach the disk), DATABASE_CLOSED,
   * CHANGE_OUT_OF_ORDER, HEIGHT_UNKNOWN, HEIGHT_PRUNED
   */
  write(change: DatabaseChange): void {
    this.#requireOpen();
    const { record, layers } = this.#state.advance(this.#pipeline.nextSequence, change);
    this.#pipeline.push(encodeRecord(record), layers, this.height);
  }

  /** Takes what the log has and the tables have not: it goes to the tables in the background, as if it were new. */
  #resume(payloads: readonly Uint8Array[]): void {
    for (const bytes of payloads) {
      // Whoever sends part of a segment to the writing thread sends all of it.
      const payload = owned(bytes);
      const layers = this.#state.take(decodeRecord(payload));
      this.#pipeline.resume(payload, layers, this.height);
    }
  }

  /** The state that a block leaves, with the block itself. @throws as `write` */
  append(state: StateUpdate, change: Omit<DatabaseChange, "states" | "rollback"> = {}): void {
    this.write({ ...change, states: [state] });
  }

  rollback(height: bigint): void {
    this.write({ rollback: height });
  }

  /** Changes handed over that are not durable yet. */
  get inFlight(): number {
    return this.#pipeline.unacknowledged;
  }

  /** Called at most once, the moment a write fails: nothing is taken any more, and everything can still be read. */
  onFailure(listener: (failure: DatabaseError) => void): void {
    this.#onFailure = listener;
    if (this.#pipeline.failure) listener(this.#pipeline.failure);
  }

  durable(): Promise<void> {
    return this.#pipeline.durable();
  }

  backpressure(): Promise<void> {
    return this.#pipeline.backpressure();
  }

  flush(): Promise<void> {
    return this.#pipeline.flush();
  }

  async prune(height?: bigint): Promise<void> {
    if (height !== undefined) this.#state.version(height).release();
    await this.#pipeline.prune(height ?? this.horizon);
  }

  /** Writes the state of a height, with what a node needs to continue from it, to a new file. */
  async snapshotExport(height: bigint, file: string, options?: SnapshotOptions): Promise<SnapshotInfo> {
    this.#requireOpen();
    if (height < this.horizon) throw prunedHeight(height, this.horizon);
    await this.flush();
    const snapshot = new Snapshot(this.#environment).use();
    try {
      return await exportSnapshot(snapshot, height, file, options);
    } finally {
      snapshot.release();
    }
  }

  async verify(onProgress?: OnProgress): Promise<VerifyReport> {
    this.#requireOpen();
    await this.flush();
    const snapshot = new Snapshot(this.#environment).use();
    try {
      return await verify(snapshot, onProgress);
    } finally {
      snapshot.release();
    }
  }

  async stat(): Promise<DatabaseStatistics> {
    this.#requireOpen();
    await this.flush();
    return statistics(this.#environment, this.#log?.bytes ?? 0);
  }

  /** Waits for writes and releases the directory. Views must not be used afterwards. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#log?.idle();
    const flushed = await this.#pipeline.flush().then(
      () => true,
      () => false,
    );
    await this.#pipeline.stop();
    this.#state.settle();
    await this.#checkpointer.close();
    await this.#log?.close(flushed);
    const patience = flushed ? new Promise<never>(() => {}) : delay(CLOSE_AFTER_FAILURE);
    await Promise.race([this.#environment.close(), patience]);
    this.#release();
  }

  #openLog({ files, contents }: NonNullable<Parts["log"]>, options: DatabaseOptions): WriteAheadLog {
    return new WriteAheadLog(files, contents.kept, contents.nextNumber, {
      durability: options.durability ?? "block",
      syncIntervalMs: options.syncIntervalMs ?? DEFAULT_SYNC_INTERVAL_MS,
      onAcknowledged: (sequence) => this.#pipeline.acknowledge(sequence),
      onFailure: (failure) => this.#pipeline.fail(failure),
    });
  }

  #requireOpen(): void {
    if (this.#pipeline.failure) throw this.#pipeline.failure;
    if (this.#closed) throw new DatabaseError("DATABASE_CLOSED", "the database is closed");
  }

  #settle({ sequence }: Position): void {
    this.#environment.refresh();
    this.#overlay.settle(sequence);
    this.#state.settle();
  }

  #byBlock(name: TableName, hash: Uint8Array): Uint8Array | undefined {
    const number = this.blockNumber(hash);
    return number === undefined ? undefined : this.#overlay.get(name, blockKey(number, hash));
  }
}

function recoveryReport(log: LogContents | undefined, height: bigint | undefined, started: number): RecoveryReport {
  const { records, damage, discardedBytes } = log ?? { records: [], damage: undefined, discardedBytes: 0 };
  return {
    clean: records.length === 0 && damage === undefined,
    replayedRecords: records.length,
    discardedBytes,
    damage,
    height: height ?? -1n,
    milliseconds: performance.now() - started,
  };
}

function horizonRule(retain: number | "all"): (head: bigint) => bigint | undefined {
  return (head) => (retain === "all" || head < BigInt(retain) ? undefined : head - BigInt(retain));
}

/** What is gone with its process needs no log. */
function unlogged(pipeline: Pipeline): { append(sequence: number): void; drop(): Promise<void> } {
  return {
    append: (sequence) => queueMicrotask(() => pipeline.acknowledge(sequence)),
    drop: async () => {},
  };
}
