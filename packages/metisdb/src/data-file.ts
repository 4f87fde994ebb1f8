import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseError } from "./errors.ts";

export const DATA_FILE = "data.mdb";
const NOTHING = Buffer.alloc(0);
const MAGIC = 0xbeefc0de;
/** Offsets within an LMDB meta page: a 24-byte page header, then magic, version, address, map size, two tree records. */
const MAGIC_OFFSET = 24;
const PAGE_SIZE_OFFSET = 48;
const LAST_PAGE_OFFSET = 144;

/** Beside the data file: the length it had after some commit (8 bytes, big-endian), which it must have ever after. */
const SIZE_FILE = "data.size";
const SIZE_BYTES = 8;

/**
 * Looks at an LMDB data file before it is memory-mapped, while no one else has it open: a mapped file that is shorter than its
 * header says may end the process with SIGBUS. Pages at its end that a transaction took and gave back are never written, so
 * a file may be shorter without having lost anything; then it is brought to its length.
 *
 * @throws DatabaseError FOREIGN_DATABASE, DATABASE_DAMAGED, DIRECTORY_NOT_WRITABLE, DISK_FULL, WRITE_FAILED
 */
export function prepareDataFile(directory: string): void {
  const path = join(directory, DATA_FILE);
  if (!existsSync(path)) return;
  const { size, head } = readHead(path);
  if (size === 0) return;
  if (size < head.length || head.readUInt32LE(MAGIC_OFFSET) !== MAGIC) {
    throw new DatabaseError("FOREIGN_DATABASE", `${path} is not a database of this software`);
  }
  const pageSize = head.readUInt32LE(PAGE_SIZE_OFFSET);
  const needed = (newestLastPage(path, head, pageSize) + 1) * pageSize;
  const recorded = recordedSize(directory);
  if (size < Math.min(needed, recorded ?? needed)) {
    throw new DatabaseError(
      "DATABASE_DAMAGED",
      `${path} is truncated: ${size} bytes of ${recorded ?? needed}; restore it or start with an empty directory`,
    );
  }
  if (size < needed) truncateSync(path, needed);
}

/** After a commit. In place, so that a full disk is no obstacle; never more than the file has on disk. */
export function recordDataSize(directory: string): void {
  const bytes = Buffer.alloc(SIZE_BYTES);
  bytes.writeBigUInt64BE(BigInt(statSync(join(directory, DATA_FILE)).size));
  const file = openSync(join(directory, SIZE_FILE), constants.O_RDWR | constants.O_CREAT);
  try {
    writeSync(file, bytes, 0, SIZE_BYTES, 0);
  } finally {
    closeSync(file);
  }
}

function recordedSize(directory: string): number | undefined {
  const path = join(directory, SIZE_FILE);
  const bytes = existsSync(path) ? readFileSync(path) : NOTHING;
  return bytes.length === SIZE_BYTES ? Number(bytes.readBigUInt64BE()) : undefined;
}

function newestLastPage(path: string, first: Buffer, pageSize: number): number {
  const second = readHead(path, pageSize).head;
  const newest = transactionId(second) > transactionId(first) ? second : first;
  return Number(newest.readBigUInt64LE(LAST_PAGE_OFFSET));
}

function transactionId(meta: Buffer): bigint {
  return meta.readBigUInt64LE(LAST_PAGE_OFFSET + 8);
}

function readHead(path: string, position: number = 0): { size: number; head: Buffer } {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (cause) {
    throw new DatabaseError("DIRECTORY_NOT_WRITABLE", `cannot read ${path}`, { cause });
  }
  try {
    const head = Buffer.alloc(LAST_PAGE_OFFSET + 16);
    readSync(file, head, 0, head.length, position);
    return { size: fstatSync(file).size, head };
  } finally {
    closeSync(file);
  }
}
