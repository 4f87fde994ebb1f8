import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

const MAGIC_BYTES = 8;
const HEADER_BYTES = 8;

/** Where a database's log ends (docs/metisdb.md). */
export interface LogTail {
  /** Path of the newest segment. */
  readonly path: string;
  /** End of the last record that anybody was told of, in that segment. */
  readonly durableBytes: number;
  readonly bytes: Buffer;
}

/** @param lastDurable number of the newest block that was called durable */
export function logTail(directory: string, lastDurable: number): LogTail | undefined {
  const name = segmentsOf(directory).at(-1);
  if (!name) return undefined;
  const path = join(directory, "log", name);
  const bytes = readFileSync(path);
  let durableBytes = 0;
  for (const { height, end } of frames(bytes)) {
    if (height !== undefined && height <= lastDurable) durableBytes = end;
  }
  return { path, bytes, durableBytes };
}

/** Height of the first state in the log. */
export function firstLoggedHeight(directory: string): number | undefined {
  for (const name of segmentsOf(directory)) {
    for (const { height } of frames(readFileSync(join(directory, "log", name)))) {
      if (height !== undefined) return height;
    }
  }
  return undefined;
}

function segmentsOf(directory: string): string[] {
  return readdirSync(join(directory, "log")).sort();
}

function* frames(segment: Buffer): Generator<{ height: number | undefined; end: number }> {
  for (let at = MAGIC_BYTES; at + HEADER_BYTES <= segment.length; ) {
    const end = at + HEADER_BYTES + segment.readUInt32LE(at);
    if (end > segment.length) return;
    const payload = segment.subarray(at + HEADER_BYTES, end);
    const checksum = crc32(payload, crc32(segment.subarray(at, at + 4)));
    if (checksum !== segment.readUInt32LE(at + 4)) return;
    yield { height: heightOf(payload), end };
    at = end;
  }
}

/** Of the first state in a record: sequence, rollback, number of states, height. */
function heightOf(payload: Buffer): number | undefined {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = payload[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  varint();
  varint();
  return varint() === 0 ? undefined : varint();
}
