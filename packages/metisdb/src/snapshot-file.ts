import { crc32 } from "node:zlib";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { DatabaseError } from "./errors.ts";
import { frame } from "./log/frame.ts";
import { type Entry, readEntries, writeEntries } from "./record.ts";

/** A snapshot file starts with these bytes; frames as in the log follow. */
export const SNAPSHOT_MAGIC: Uint8Array = Buffer.from("HYPSNAP\x01");
/** Longest frame a reader takes. */
export const MAX_FRAME_BYTES: number = 256 * 1024 * 1024;

const ROOT_BYTES = 32;
const HEADER = 1;
const ENTRIES = 2;
const END = 3;

/** First the header, then entries (code, then accounts each followed by its slots, in the order of their keys), then the end. */
export type SnapshotPart =
  | { readonly kind: "header"; readonly height: bigint; readonly root: Uint8Array }
  | { readonly kind: "entries"; readonly entries: readonly Entry[] }
  | { readonly kind: "end"; readonly accounts: number; readonly slots: number };

export function encodePart(part: SnapshotPart): Uint8Array {
  const writer = new ByteWriter(4096);
  switch (part.kind) {
    case "header":
      writer.byte(HEADER);
      writer.quantity(part.height);
      writer.fixed(part.root);
      break;
    case "entries":
      writer.byte(ENTRIES);
      writeEntries(writer, part.entries);
      break;
    case "end":
      writer.byte(END);
      writer.integer(part.accounts);
      writer.integer(part.slots);
      break;
  }
  return frame(writer.finish());
}

/** @throws DatabaseError RECORD_DAMAGED */
export function decodePart(payload: Uint8Array): SnapshotPart {
  const reader = new ByteReader(payload);
  const part = readPart(reader);
  reader.end();
  return part;
}

function readPart(reader: ByteReader): SnapshotPart {
  switch (reader.byte()) {
    case HEADER:
      return { kind: "header", height: reader.quantity(), root: reader.fixed(ROOT_BYTES) };
    case ENTRIES:
      return { kind: "entries", entries: readEntries(reader) };
    case END:
      return { kind: "end", accounts: reader.integer(), slots: reader.integer() };
    default:
      throw invalidSnapshot("has a part of unknown kind");
  }
}

/** Whether a frame's payload is what its header promises. */
export function checksumMatches(header: Buffer, payload: Uint8Array): boolean {
  return crc32(payload, crc32(header.subarray(0, 4))) === header.readUInt32LE(4);
}

export function invalidSnapshot(problem: string, options?: ErrorOptions): DatabaseError {
  return new DatabaseError("SNAPSHOT_INVALID", `the snapshot ${problem}`, options);
}
