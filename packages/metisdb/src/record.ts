import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { DatabaseError } from "./errors.ts";
import { FRAME_HEADER_BYTES, type FramedPayload, frameInPlace } from "./log/frame.ts";
import { TABLE_NAMES, type TableName } from "./tables.ts";

/** A key's new value; `undefined` removes it. */
export type Entry = readonly [table: TableName, key: Uint8Array, value: Uint8Array | undefined];

/** The state of one height, as what it changes in the state before. */
export interface StateRecord {
  readonly height: bigint;
  readonly root: Uint8Array;
  /** In tables of the versioned state, and code. */
  readonly entries: readonly Entry[];
}

/** One atomic step of the database: first the rollback, then the states in order, then the other entries. */
export interface LogRecord {
  readonly sequence: number;
  readonly rollback: bigint | undefined;
  readonly states: readonly StateRecord[];
  readonly entries: readonly Entry[];
}

const TABLE_NUMBERS = Object.fromEntries(TABLE_NAMES.map((name, number) => [name, number])) as Record<
  TableName,
  number
>;

const ROOT_BYTES = 32;
/** Table, and the lengths of key and value. */
const ENTRY_OVERHEAD = 9;
/** Height, root and counts. */
const STATE_OVERHEAD = 64;

/**
 * sequence, rollback + 1 (0: none), states, entries; a state is height, root(32), entries; entries are a count, then per
 * entry table number(1), key, value length + 1 (0: removed), value. Integers and lengths are varints.
 */
export function encodeRecord(record: LogRecord): FramedPayload {
  const writer = new ByteWriter(FRAME_HEADER_BYTES + mostBytes(record));
  writer.skip(FRAME_HEADER_BYTES);
  writer.integer(record.sequence);
  writer.quantity(record.rollback === undefined ? 0n : record.rollback + 1n);
  writer.integer(record.states.length);
  for (const { height, root, entries } of record.states) {
    writer.quantity(height);
    writer.fixed(root);
    writeEntries(writer, entries);
  }
  writeEntries(writer, record.entries);
  return frameInPlace(writer.written());
}

/** Not less than the record takes: what it is written into must not grow, and whoever sends it to a thread sends all of that. */
function mostBytes({ states, entries }: LogRecord): number {
  const all = [...states.map((state) => state.entries), entries];
  const parts =
    all.reduce((count, list) => count + list.length, 0) * ENTRY_OVERHEAD + (states.length + 1) * STATE_OVERHEAD;
  return all.reduce(
    (sum, list) => list.reduce((bytes, entry) => bytes + entry[1].length + (entry[2]?.length ?? 0), sum),
    parts,
  );
}

/** @throws DatabaseError RECORD_DAMAGED */
export function decodeRecord(bytes: Uint8Array): LogRecord {
  const reader = new ByteReader(bytes);
  const sequence = reader.integer();
  const rollback = reader.quantity();
  const states = Array.from({ length: reader.integer() }, () => ({
    height: reader.quantity(),
    root: reader.fixed(ROOT_BYTES),
    entries: readEntries(reader),
  }));
  const entries = readEntries(reader);
  reader.end();
  return { sequence, rollback: rollback === 0n ? undefined : rollback - 1n, states, entries };
}

export function writeEntries(writer: ByteWriter, entries: readonly Entry[]): void {
  writer.integer(entries.length);
  for (const [table, key, value] of entries) {
    writer.byte(TABLE_NUMBERS[table]);
    writer.bytes(key);
    writer.integer(value === undefined ? 0 : value.length + 1);
    if (value !== undefined) writer.fixed(value);
  }
}

export function readEntries(reader: ByteReader): Entry[] {
  const count = reader.integer();
  const entries: Entry[] = [];
  for (let i = 0; i < count; i++) {
    const table = TABLE_NAMES[reader.byte()];
    if (!table) throw new DatabaseError("RECORD_DAMAGED", "a database record names an unknown table");
    const key = reader.bytes();
    const length = reader.integer();
    entries.push([table, key, length === 0 ? undefined : reader.view(length - 1)]);
  }
  return entries;
}
