import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { DatabaseError } from "./errors.ts";
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

/** A record as bytes, and the same record with all values in those bytes: nothing of the caller's memory is kept but keys. */
export interface EncodedRecord {
  readonly payload: Uint8Array;
  readonly record: LogRecord;
}

const ROOT_BYTES = 32;

/**
 * sequence, rollback + 1 (0: none), states, entries; a state is height, root(32), entries; entries are a count, then per
 * entry table number(1), key, value length + 1 (0: removed), value. Integers and lengths are varints.
 */
export function encodeRecord(record: LogRecord): EncodedRecord {
  const writer = new ByteWriter(4096);
  const places: number[] = [];
  writer.integer(record.sequence);
  writer.quantity(record.rollback === undefined ? 0n : record.rollback + 1n);
  writer.integer(record.states.length);
  for (const { height, root, entries } of record.states) {
    writer.quantity(height);
    writer.fixed(root);
    writeEntries(writer, entries, places);
  }
  writeEntries(writer, record.entries, places);
  const payload = writer.finish();
  let next = 0;
  const moved = (entries: readonly Entry[]): Entry[] =>
    entries.map(([table, key, value]) => {
      if (value === undefined) return [table, key, undefined];
      const place = places[next++]!;
      return [table, key, payload.subarray(place, place + value.length)];
    });
  const states = record.states.map((state) => ({ ...state, entries: moved(state.entries) }));
  return { payload, record: { ...record, states, entries: moved(record.entries) } };
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

/** @param places gets where each value begins */
export function writeEntries(writer: ByteWriter, entries: readonly Entry[], places: number[] = []): void {
  writer.integer(entries.length);
  for (const [table, key, value] of entries) {
    writer.byte(TABLE_NUMBERS[table]);
    writer.bytes(key);
    writer.integer(value === undefined ? 0 : value.length + 1);
    if (value === undefined) continue;
    places.push(writer.length);
    writer.fixed(value);
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
