import { closeSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseError } from "./errors.ts";
import { writeFailure } from "./tables.ts";

const LOCK_FILE = "process.lock";

/**
 * Takes exclusive use of a directory for this process. The lock file names its owner (process id and, where the system
 * tells, start time), so that a lock left behind by a killed process is recognised and taken over.
 *
 * @returns releases the lock; idempotent
 * @throws DatabaseError DATABASE_LOCKED, DIRECTORY_NOT_WRITABLE
 */
export function lockDirectory(directory: string): () => void {
  const path = join(directory, LOCK_FILE);
  const owner = describeProcess(process.pid);
  if (!create(path, owner)) {
    evictDeadOwner(path, directory);
    if (!create(path, owner)) throw locked(directory, readOwner(path));
  }
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    if (readOwner(path) === owner) unlinkSync(path);
  };
}

function create(path: string, owner: string): boolean {
  let file: number;
  try {
    file = openSync(path, "wx");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (code === "ENOSPC" || code === "EDQUOT") throw writeFailure(path, cause);
    throw new DatabaseError("DIRECTORY_NOT_WRITABLE", `cannot write to ${path}: choose another data directory`, {
      cause,
    });
  }
  try {
    writeSync(file, owner);
    return true;
  } catch (cause) {
    unlinkSync(path);
    throw writeFailure(path, cause);
  } finally {
    closeSync(file);
  }
}

/** Moves the stale file aside first: had another process replaced it in between, that process keeps its lock. */
function evictDeadOwner(path: string, directory: string): void {
  const owner = readOwner(path);
  if (isAlive(owner)) throw locked(directory, owner);
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (readOwner(aside) !== owner) {
    renameSync(aside, path);
    throw locked(directory, readOwner(path));
  }
  unlinkSync(aside);
}

function isAlive(owner: string): boolean {
  const pid = Number.parseInt(owner, 10);
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return describeProcess(pid) === owner;
}

/** Process ids are reused; on Linux the start time (field 22 of /proc/<pid>/stat) tells two owners apart. */
function describeProcess(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return `${pid} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
  } catch {
    return `${pid}`;
  }
}

function readOwner(path: string): string {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    return "";
  }
}

function locked(directory: string, owner: string): DatabaseError {
  const pid = owner.split(" ")[0] || "unknown";
  return new DatabaseError(
    "DATABASE_LOCKED",
    `${directory} is in use by process ${pid}: stop it or choose another data directory`,
  );
}
