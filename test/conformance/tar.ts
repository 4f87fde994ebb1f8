import { normalize } from "node:path";

export interface TarEntry {
  readonly path: string;
  readonly content: Uint8Array;
}

const BLOCK = 512;
const LONG_NAME = "L";
const PAX_HEADER = "x";
const REGULAR = new Set(["0", "\0", ""]);

/** Regular files of a tar archive (ustar, GNU long names, pax paths). Paths that leave the archive's folder are an error. */
export function* tarEntries(archive: Uint8Array): Generator<TarEntry> {
  let longPath: string | undefined;
  for (let offset = 0; offset + BLOCK <= archive.length; ) {
    const header = Buffer.from(archive.buffer, archive.byteOffset + offset, BLOCK);
    if (header[0] === 0) return;
    const size = Number.parseInt(text(header, 124, 12), 8);
    const content = archive.subarray(offset + BLOCK, offset + BLOCK + size);
    const type = text(header, 156, 1);
    offset += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (type === LONG_NAME) longPath = text(Buffer.from(content), 0, size);
    else if (type === PAX_HEADER) longPath = paxPath(Buffer.from(content).toString()) ?? longPath;
    else {
      const path = longPath ?? shortPath(header);
      longPath = undefined;
      if (REGULAR.has(type)) yield { path: inside(path), content };
    }
  }
}

function shortPath(header: Buffer): string {
  // GNU archives write times where POSIX ones write the prefix.
  const posix = header.toString("latin1", 257, 263) === "ustar\0";
  const prefix = posix ? text(header, 345, 155) : "";
  return prefix === "" ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`;
}

function text(bytes: Buffer, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? length : end);
}

function paxPath(records: string): string | undefined {
  return /^\d+ path=(.*)$/m.exec(records)?.[1];
}

function inside(path: string): string {
  const normal = normalize(path);
  if (normal.startsWith("..") || normal.startsWith("/"))
    throw new RangeError(`archive entry outside its folder: ${path}`);
  return normal;
}
