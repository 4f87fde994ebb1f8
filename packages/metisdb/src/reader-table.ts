import { rmSync, statSync, writeFileSync } from "node:fs";
import { writeFailure } from "./tables.ts";

/** Bytes of LMDB's table of readers, and more than its header. */
const READER_BYTES = 64;
const HEADER_BYTES = 4096;

/**
 * Gives LMDB's table of readers all its bytes. LMDB itself makes it a file of holes and maps it: a hole that cannot be
 * filled when the disk is full would end the process with SIGBUS. For the owner of the directory alone, before it opens
 * the environment.
 *
 * @throws DatabaseError DISK_FULL, WRITE_FAILED
 */
export function fillReaderTable(path: string, readers: number): void {
  const size = readers * READER_BYTES + HEADER_BYTES;
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats && stats.size >= size && stats.blocks * 512 >= size) return;
  try {
    rmSync(path, { force: true });
    writeFileSync(path, new Uint8Array(size));
  } catch (cause) {
    rmSync(path, { force: true });
    throw writeFailure(path, cause);
  }
}
