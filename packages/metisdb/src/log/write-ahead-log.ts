import type { Durability } from "../api.ts";
import type { DatabaseError } from "../errors.ts";
import { writeFailure } from "../tables.ts";
import { SEGMENT_MAGIC } from "./frame.ts";
import type { LogFile, LogFiles } from "./log-files.ts";
import type { KeptSegment } from "./read-log.ts";

/** A new segment begins behind this size. */
const SEGMENT_BYTES = 16 * 1024 * 1024;

export interface LogOptions {
  readonly durability: Durability;
  readonly syncIntervalMs: number;
  /** Called when records up to a sequence are as durable as asked. */
  readonly onAcknowledged: (sequence: number) => void;
  /** Called once; nothing is written afterwards. */
  readonly onFailure: (failure: DatabaseError) => void;
}

interface Segment {
  readonly name: string;
  /** Missing where an earlier process wrote it. */
  readonly file: LogFile | undefined;
  bytes: number;
  lastSequence: number;
}

/**
 * Appends records to segment files. All records that wait while a write or sync is under way share the next one (group
 * commit). After a failed write or sync nothing more is written: what a failed sync left on disk cannot be known.
 */
export class WriteAheadLog {
  readonly #files: LogFiles;
  readonly #options: LogOptions;
  readonly #segments: Segment[];
  #queue: { sequence: number; bytes: Uint8Array }[] = [];
  #number: number;
  #pump: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failed = false;

  /**
   * @param kept segments with records that are not in the tables yet
   * @param firstNumber greater than that of any segment there is
   */
  constructor(files: LogFiles, kept: readonly KeptSegment[], firstNumber: number, options: LogOptions) {
    this.#files = files;
    this.#segments = kept.map((segment) => ({ ...segment, file: undefined }));
    this.#number = firstNumber;
    this.#options = options;
  }

  /** @param bytes a framed record */
  append(sequence: number, bytes: Uint8Array): void {
    this.#queue.push({ sequence, bytes });
    this.#pump ??= this.#run();
  }

  /** Resolves when the queue is written, or writing has failed. */
  async idle(): Promise<void> {
    await this.#pump;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Removes the segments whose records are all in the tables. The one being written stays until it is full. */
  async drop(sequence: number): Promise<void> {
    const done = ({ file, lastSequence }: Segment): boolean =>
      lastSequence <= sequence && (!file || this.#segments.length > 1);
    while (this.#segments[0] && done(this.#segments[0])) await this.#remove();
  }

  /** Stops; with `discard`, all records are in the tables and the files go. */
  async close(discard: boolean): Promise<void> {
    await this.#pump;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (discard) {
      while (this.#segments.length > 0) await this.#remove();
      return;
    }
    for (const { file } of this.#segments) await file?.close().catch(() => {});
  }

  async #remove(): Promise<void> {
    const { file, name } = this.#segments.shift()!;
    await file?.close();
    this.#files.remove(name);
  }

  async #run(): Promise<void> {
    // Records of the same turn share a write.
    await Promise.resolve();
    try {
      while (this.#queue.length > 0 && !this.#failed) {
        const group = this.#queue;
        this.#queue = [];
        await this.#writeGroup(group);
      }
    } catch (cause) {
      this.#fail(cause);
    }
    this.#pump = undefined;
  }

  async #writeGroup(group: readonly { sequence: number; bytes: Uint8Array }[]): Promise<void> {
    const [segment, file] = await this.#segment();
    await writeAll(
      segment,
      file,
      group.length === 1 ? group[0]!.bytes : Buffer.concat(group.map(({ bytes }) => bytes)),
    );
    const { sequence } = group.at(-1)!;
    segment.lastSequence = sequence;
    if (this.#options.durability === "block") await file.sync();
    if (this.#options.durability === "interval") this.#syncLater();
    this.#options.onAcknowledged(sequence);
  }

  async #segment(): Promise<[Segment, LogFile]> {
    const last = this.#segments.at(-1);
    if (last?.file && last.bytes < SEGMENT_BYTES) return [last, last.file];
    // Records must not become durable before their predecessors.
    if (this.#options.durability !== "os") await last?.file?.sync();
    const name = `${String(this.#number++).padStart(6, "0")}.wal`;
    const file = await this.#files.create(name);
    const segment = { name, file, bytes: 0, lastSequence: 0 };
    this.#segments.push(segment);
    await writeAll(segment, file, SEGMENT_MAGIC);
    return [segment, file];
  }

  #syncLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#segments
        .at(-1)
        ?.file?.sync()
        .catch((cause: unknown) => this.#fail(cause));
    }, this.#options.syncIntervalMs);
  }

  #fail(cause: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.onFailure(writeFailure("the log", cause));
  }
}

async function writeAll(segment: Segment, file: LogFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const count = await file.write(bytes.subarray(written));
    if (count === 0) throw new Error("the file takes no more bytes");
    written += count;
    segment.bytes += count;
  }
}
