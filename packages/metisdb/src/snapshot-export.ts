import { type FileHandle, open, rename, rm } from "node:fs/promises";
import type { SnapshotInfo } from "./api.ts";
import { indexEntries } from "./block-index.ts";
import { blockEntries, blockKey, metaKey } from "./change.ts";
import { INTERNAL_META } from "./format.ts";
import { entriesAt } from "./history.ts";
import { numberKey, ownerRange, readNumber, text } from "./keys.ts";
import { type OnProgress, walked } from "./progress.ts";
import type { Entry } from "./record.ts";
import { encodePart, SNAPSHOT_MAGIC, type SnapshotPart } from "./snapshot-file.ts";
import { unknownHeight } from "./state-view.ts";
import { storedExecution } from "./stored-execution.ts";
import { writeFailure } from "./tables.ts";
import type { Snapshot } from "./version.ts";

/** Entries are written in parts of about this size. */
const PART_BYTES = 1024 * 1024;
/** Accounts between two reports of progress. */
const STRIDE = 1000;
/** Headers that come along for BLOCKHASH. */
const ANCESTORS = 256n;

export interface SnapshotOptions {
  /** Named values that differ from the database's, such as the head; `undefined` leaves one out. */
  readonly meta?: readonly (readonly [name: string, value: Uint8Array | undefined])[];
  /** The first block before the height that comes whole, and not as a header or not at all. Default: none. */
  readonly wholeFrom?: bigint | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** Writes a file that appears under its name when it is whole. @throws DatabaseError HEIGHT_UNKNOWN, DISK_FULL, WRITE_FAILED */
export async function exportSnapshot(
  snapshot: Snapshot,
  height: bigint,
  file: string,
  options: SnapshotOptions = {},
): Promise<SnapshotInfo> {
  const { environment, reader, position } = snapshot;
  const root = environment.tables.states.get(numberKey(height), reader);
  if (!root) throw unknownHeight(height, position.height);
  const partial = `${file}.partial`;
  try {
    const handle = await open(partial, "w");
    const writer = new PartWriter(handle);
    try {
      await writer.begin({ kind: "header", height, root });
      for (const entry of metaEntries(snapshot, options)) await writer.entry(entry);
      let headers = 0;
      for (const entry of chainEntries(snapshot, height, options.wholeFrom ?? height)) {
        if (entry[0] === "headers") headers++;
        await writer.entry(entry);
      }
      const counts = await writeState(snapshot, height, writer, options.onProgress);
      const bytes = await writer.end({ kind: "end", ...counts });
      await handle.sync();
      await handle.close();
      await rename(partial, file);
      return { height, root, ...counts, headers, bytes };
    } finally {
      await handle.close().catch(() => {});
    }
  } catch (cause) {
    await rm(partial, { force: true });
    throw (cause as NodeJS.ErrnoException).syscall ? writeFailure(file, cause) : cause;
  }
}

async function writeState(
  snapshot: Snapshot,
  height: bigint,
  writer: PartWriter,
  onProgress: OnProgress = () => {},
): Promise<{ accounts: number; slots: number }> {
  const { environment, reader, position } = snapshot;
  const [at, head] = [Number(height), Number(position.height!)];
  const counts = { accounts: 0, slots: 0 };
  for (const [hash, code] of environment.tables.code.range(reader)) await writer.entry(["code", hash, code]);
  const slots = entriesAt(environment, "slots", at, head, reader);
  let slot = slots.next();
  for (const [hash, account] of entriesAt(environment, "accounts", at, head, reader)) {
    await writer.entry(["accounts", hash, account]);
    if (++counts.accounts % STRIDE === 0) onProgress(walked(hash));
    const end = text(ownerRange("slots", hash).end);
    for (; !slot.done && text(slot.value[0]) < end; slot = slots.next()) {
      await writer.entry(["slots", ...slot.value]);
      counts.slots++;
    }
  }
  return counts;
}

function* metaEntries({ environment, reader }: Snapshot, { meta = [] }: SnapshotOptions): Generator<Entry> {
  const replaced = new Map(meta.map(([name, value]) => [text(metaKey(name)), value]));
  for (const [key, value] of environment.tables.meta.range(reader)) {
    if (!INTERNAL_META.has(text(key)) && !replaced.has(text(key))) yield ["meta", key, value];
  }
  for (const [name, value] of meta) if (value) yield ["meta", metaKey(name), value];
}

/** The first canonical block, the block of the height, and before it the whole blocks and headers that come along. */
function* chainEntries(snapshot: Snapshot, height: bigint, wholeFrom: bigint): Generator<Entry> {
  const { environment, reader } = snapshot;
  const { canonical, headers, numbers } = environment.tables;
  const [first] = canonical.range(reader);
  if (!first) return;
  const lowest = readNumber(first[0], 0);
  yield* wholeBlock(snapshot, lowest);
  const hashed = height - ANCESTORS;
  for (let number = wholeFrom < hashed ? wholeFrom : hashed; number < height; number++) {
    if (number >= wholeFrom && number > lowest) {
      yield* wholeBlock(snapshot, number);
      continue;
    }
    const hash = number > lowest ? canonical.get(numberKey(number), reader) : undefined;
    const header = hash && headers.get(blockKey(number, hash), reader);
    if (!header) continue;
    yield ["headers", blockKey(number, hash), header];
    yield ["numbers", hash, numbers.get(hash, reader)];
    yield ["canonical", numberKey(number), hash];
  }
  if (height > lowest) yield* wholeBlock(snapshot, height);
}

function wholeBlock({ environment, reader }: Snapshot, number: bigint): Entry[] {
  const { canonical, headers, bodies, executions } = environment.tables;
  const hash = canonical.get(numberKey(number), reader);
  const key = hash && blockKey(number, hash);
  const [header, body, execution] = [headers, bodies, executions].map((table) => key && table.get(key, reader));
  if (!hash || !header || !body || !execution) return [];
  const block = { number, hash, header, body, execution: storedExecution(execution) };
  return [...blockEntries({ blocks: [block], canonize: [block] }), ...indexEntries(number, block.execution, true)];
}

class PartWriter {
  readonly #file: FileHandle;
  #entries: Entry[] = [];
  #gathered = 0;
  #bytes = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async begin(header: SnapshotPart): Promise<void> {
    await this.#write(SNAPSHOT_MAGIC);
    await this.#write(encodePart(header));
  }

  async entry(entry: Entry): Promise<void> {
    this.#entries.push(entry);
    this.#gathered += entry[1].length + (entry[2]?.length ?? 0);
    if (this.#gathered >= PART_BYTES) await this.#flush();
  }

  /** @returns size of the file */
  async end(part: SnapshotPart): Promise<number> {
    await this.#flush();
    await this.#write(encodePart(part));
    return this.#bytes;
  }

  async #flush(): Promise<void> {
    if (this.#entries.length > 0) await this.#write(encodePart({ kind: "entries", entries: this.#entries }));
    this.#entries = [];
    this.#gathered = 0;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await this.#file.writeFile(bytes);
    this.#bytes += bytes.length;
  }
}
