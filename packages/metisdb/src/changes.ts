import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";

/** A key of the versioned state: the place of its table in `STATE_TABLES`, and the key. */
export type ChangedKey = readonly [kind: number, key: Uint8Array];

/** Record of a block's changed keys: count, then table(1) and key each. */
export function writeChanges(keys: readonly ChangedKey[]): Uint8Array {
  const writer = new ByteWriter(16 + keys.length * 40);
  writer.integer(keys.length);
  for (const [kind, key] of keys) {
    writer.byte(kind);
    writer.bytes(key);
  }
  return writer.finish();
}

/** Nothing recorded is nothing changed. @throws DatabaseError RECORD_DAMAGED */
export function readChanges(bytes: Uint8Array | undefined): ChangedKey[] {
  if (!bytes) return [];
  const reader = new ByteReader(bytes);
  const count = reader.integer();
  const keys: ChangedKey[] = [];
  for (let i = 0; i < count; i++) keys.push([reader.byte(), reader.bytes()]);
  reader.end();
  return keys;
}
