import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";

/** A file under construction. */
export interface LogFile {
  /** Appends. @returns how many of the bytes were taken, which may be less than all */
  write(bytes: Uint8Array): Promise<number>;
  /** Resolves when everything written survives a power cut. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The directory of the log: all that the log asks of a file system. */
export interface LogFiles {
  list(): string[];
  size(name: string): number;
  read(name: string): Uint8Array;
  /** Makes a new file; its name is durable after the first `sync`. */
  create(name: string): Promise<LogFile>;
  remove(name: string): void;
  /** Cuts a file down to its first bytes, which survive a power cut when it returns. */
  cut(name: string, bytes: number): void;
}

/** A directory of the real file system, made when it is missing. */
export function directoryFiles(directory: string): LogFiles {
  mkdirSync(directory, { recursive: true });
  return {
    list: () => readdirSync(directory),
    size: (name) => statSync(join(directory, name)).size,
    read: (name) => readFileSync(join(directory, name)),
    remove: (name) => unlinkSync(join(directory, name)),
    cut: (name, bytes) => cutFile(join(directory, name), bytes),
    async create(name) {
      const file = await open(join(directory, name), "wx");
      let named = false;
      return {
        write: async (bytes) => (await file.write(bytes)).bytesWritten,
        async sync() {
          await file.datasync();
          if (!named) syncDirectory(directory);
          named = true;
        },
        close: () => file.close(),
      };
    },
  };
}

function cutFile(path: string, bytes: number): void {
  const file = openSync(path, "r+");
  try {
    if (statSync(path).size > bytes) ftruncateSync(file, bytes);
    fdatasyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncDirectory(directory: string): void {
  // Windows has no such thing, and does not need it.
  if (process.platform === "win32") return;
  const file = openSync(directory, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
