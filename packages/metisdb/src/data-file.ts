import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { DatabaseError } from "./errors.ts";

const MAGIC = 0xbeefc0de;
/** Offsets within an LMDB meta page: a 24-byte page header, then magic, version, address, map size, two tree records. */
const MAGIC_OFFSET = 24;
const PAGE_SIZE_OFFSET = 48;
const LAST_PAGE_OFFSET = 144;

/**
 * Looks at an LMDB data file before it is memory-mapped: a mapped file that is shorter than its header says would end
 * the process with SIGBUS on the first read behind its end.
 *
 * @throws DatabaseError FOREIGN_DATABASE, DATABASE_DAMAGED, DIRECTORY_NOT_WRITABLE
 */
export function inspectDataFile(path: string): void {
  if (!existsSync(path)) return;
  const { size, head } = readHead(path);
  if (size === 0) return;
  if (size < head.length || head.readUInt32LE(MAGIC_OFFSET) !== MAGIC) {
    throw new DatabaseError("FOREIGN_DATABASE", `${path} is not a database of this software`);
  }
  const pageSize = head.readUInt32LE(PAGE_SIZE_OFFSET);
  const lastPage = newestLastPage(path, head, pageSize);
  if (size < (lastPage + 1) * pageSize) {
    throw new DatabaseError(
      "DATABASE_DAMAGED",
      `${path} is truncated: ${size} bytes of ${(lastPage + 1) * pageSize}; restore it or start with an empty directory`,
    );
  }
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
