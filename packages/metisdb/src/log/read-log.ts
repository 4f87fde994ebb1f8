import { ByteReader } from "../byte-reader.ts";
import { readFrames } from "./frame.ts";
import type { LogFiles } from "./log-files.ts";

const SEGMENT_NAME = /^(\d{6,})\.wal$/;

/** A segment of an earlier process. */
export interface KeptSegment {
  readonly name: string;
  readonly bytes: number;
  readonly lastSequence: number;
}

export interface LogContents {
  /** Payloads of the records behind the position, in order and without a gap. */
  readonly records: readonly Uint8Array[];
  /** Bytes behind the last of them that nobody can read as its successor. */
  readonly discardedBytes: number;
  /** Why reading stopped there. */
  readonly damage: string | undefined;
  /** The first record is none that could follow the position: the tables are older than the log. */
  readonly missing: boolean;
  /** Those that hold the records, up to the end of the last one. */
  readonly kept: readonly KeptSegment[];
  /** Names of the others. */
  readonly dropped: readonly string[];
  /** For the next segment. */
  readonly nextNumber: number;
}

/**
 * Reads the log up to the first record that is torn, corrupt or out of sequence. Records of one group may reach the disk
 * in any order, so whole records behind a torn one are no sign that it was acknowledged.
 *
 * @param position sequence number of the last record that is in the tables
 */
export function readLog(files: LogFiles, position: number): LogContents {
  const segments = files
    .list()
    .filter((name) => SEGMENT_NAME.test(name))
    .sort((a, b) => numberOf(a) - numberOf(b));
  const records: Uint8Array[] = [];
  const kept: KeptSegment[] = [];
  const dropped: string[] = [];
  let damage: string | undefined;
  let discardedBytes = 0;
  let missing = false;
  for (const name of segments) {
    if (damage !== undefined) {
      discardedBytes += files.size(name);
      dropped.push(name);
      continue;
    }
    const segment = files.read(name);
    const frames = readFrames(segment);
    const before = records.length;
    const taken = takeRecords(frames.payloads, position, records);
    missing ||= taken.damage !== undefined && records.length === 0 && name === segments[0];
    damage = taken.damage ?? frames.damage;
    const bytes = taken.damage === undefined ? frames.validBytes : taken.end - segment.byteOffset;
    discardedBytes += segment.length - bytes;
    if (records.length > before) kept.push({ name, bytes, lastSequence: position + records.length });
    else dropped.push(name);
  }
  const nextNumber = segments.length === 0 ? 1 : numberOf(segments.at(-1)!) + 1;
  return { records, discardedBytes, damage, missing, kept, dropped, nextNumber };
}

/** @returns why a payload does not continue the sequence, and where the last before it ends */
function takeRecords(
  payloads: readonly Uint8Array[],
  position: number,
  records: Uint8Array[],
): { damage: string | undefined; end: number } {
  let end = 0;
  for (const payload of payloads) {
    const sequence = new ByteReader(payload).integer();
    const expected = position + records.length + 1;
    if (sequence > expected) return { damage: `record ${sequence} stands where ${expected} should`, end };
    if (sequence === expected) records.push(payload);
    end = payload.byteOffset + payload.length;
  }
  return { damage: undefined, end };
}

function numberOf(segment: string): number {
  return Number(SEGMENT_NAME.exec(segment)![1]);
}
