import { ByteReader } from "../byte-reader.ts";
import { readFrames } from "./frame.ts";
import type { LogFiles } from "./log-files.ts";

const SEGMENT_NAME = /^(\d{6,})\.wal$/;

export interface LogContents {
  /** Payloads of the records behind the position, in order and without a gap. */
  readonly records: readonly Uint8Array[];
  /** Bytes behind the last of them that nobody can read as its successor. */
  readonly discardedBytes: number;
  /** Why reading stopped there. */
  readonly damage: string | undefined;
  /** The first record is none that could follow the position: the tables are older than the log. */
  readonly missing: boolean;
  /** Names of all segments. */
  readonly segments: readonly string[];
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
  let damage: string | undefined;
  let discardedBytes = 0;
  let missing = false;
  for (const name of segments) {
    if (damage !== undefined) {
      discardedBytes += files.size(name);
      continue;
    }
    const segment = files.read(name);
    const frames = readFrames(segment);
    const gap = takeRecords(frames.payloads, position, records);
    missing ||= gap !== undefined && records.length === 0 && name === segments[0];
    damage = gap?.damage ?? frames.damage;
    discardedBytes += segment.length - frames.validBytes + (gap?.bytes ?? 0);
  }
  const nextNumber = segments.length === 0 ? 1 : numberOf(segments.at(-1)!) + 1;
  return { records, discardedBytes, damage, missing, segments, nextNumber };
}

/** @returns what does not continue the sequence */
function takeRecords(
  payloads: readonly Uint8Array[],
  position: number,
  records: Uint8Array[],
): { damage: string; bytes: number } | undefined {
  for (const [index, payload] of payloads.entries()) {
    const sequence = new ByteReader(payload).integer();
    const expected = position + records.length + 1;
    if (sequence > expected) {
      const bytes = payloads.slice(index).reduce((sum, { length }) => sum + length, 0);
      return { damage: `record ${sequence} stands where ${expected} should`, bytes };
    }
    if (sequence === expected) records.push(payload);
  }
  return undefined;
}

function numberOf(segment: string): number {
  return Number(SEGMENT_NAME.exec(segment)![1]);
}
