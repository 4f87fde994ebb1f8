import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, unlinkSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Database } from "@hyperion/metisdb";
import { firstLoggedHeight, logTail } from "./log-tail.ts";
import { below } from "./random-numbers.ts";

const SECTOR = 512;
/** No load lets the tables rest for longer. */
const CHECKPOINT_WITHIN_MS = 2_000;

type Random = () => number;

/**
 * Damages the directory of a killed process as a power cut could have: only what no sync had confirmed. That is the log
 * behind the last record that was acknowledged, the pages of a checkpoint whose meta page was not yet written, and files
 * that are never synced.
 *
 * @returns what was done, in words
 */
export async function cutPower(directory: string, lastDurable: number, random: Random): Promise<string> {
  const done = [
    tearLog(directory, lastDurable, random),
    await tearTables(directory, random),
    tearLocks(directory, random),
  ];
  return done.filter((kind) => kind !== undefined).join(", ") || "nothing torn";
}

/** Resolves when the tables are being written. */
export async function untilCheckpoint(directory: string): Promise<void> {
  const watcher = watch(join(directory, "data.mdb"));
  const written = new Promise((resolve) => watcher.once("change", resolve));
  await Promise.race([written, delay(CHECKPOINT_WITHIN_MS, undefined, { ref: false })]);
  watcher.close();
}

/** What may be between the last acknowledged record and the end of the log. @returns the new bytes behind `from` */
type Tear = (tail: Buffer, random: Random) => Buffer;

const TEARS: Readonly<Record<string, Tear>> = {
  "log cut": (tail, random) => tail.subarray(0, below(random, tail.length + 1)),
  "log zeroed": (tail, random) => Buffer.from(tail).fill(0, below(random, tail.length)),
  "log garbled": (tail, random) => garble(tail, below(random, tail.length), tail.length, random),
  "log sector lost": (tail, random) => {
    const at = below(random, tail.length);
    return Buffer.from(tail).fill(0, at, Math.min(at + SECTOR, tail.length));
  },
};

function tearLog(directory: string, lastDurable: number, random: Random): string | undefined {
  const tail = logTail(directory, lastDurable);
  if (!tail) return undefined;
  const { path, bytes, durableBytes } = tail;
  const [kept, torn] = [bytes.subarray(0, durableBytes), bytes.subarray(durableBytes)];
  if (durableBytes === 0 && random() < 0.3) {
    unlinkSync(path);
    return "log segment lost";
  }
  if (torn.length > 0) {
    const kinds = Object.keys(TEARS);
    const kind = kinds[below(random, kinds.length)]!;
    writeFileSync(path, Buffer.concat([kept, TEARS[kind]!(torn, random)]));
    return kind;
  }
  // A write that had begun: a header without its record, half an older record, or the zeros of a file made longer.
  const begun = [
    Buffer.from([0xff, 0x01, 0, 0, 1, 2, 3, 4, 5]),
    bytes.subarray(bytes.length >> 1, (bytes.length >> 1) + 1 + below(random, 900)),
    Buffer.alloc(1 + below(random, 5000)),
  ][below(random, 3)]!;
  writeFileSync(path, Buffer.concat([kept, begun]));
  return "record begun";
}

const PAGE = 4096;
/** Offsets within a meta page: everything behind the page's own header, last page, transaction. */
const META = { start: 24, lastPage: 144, transaction: 152 } as const;

/** A checkpoint whose last write, that of the meta page, did not happen: its pages may be anything. */
async function tearTables(directory: string, random: Random): Promise<string | undefined> {
  const path = join(directory, "data.mdb");
  const bytes = readFileSync(path);
  const metas = [bytes.subarray(0, PAGE), bytes.subarray(PAGE, 2 * PAGE)];
  const [older, newer] = metas.sort((a, b) => Number(transactionOf(a) - transactionOf(b))) as [Buffer, Buffer];
  const pagesOf = (meta: Buffer): number => Number(meta.readBigUInt64LE(META.lastPage)) + 1;
  const undone = random() < 0.5 && (await canLoseCheckpoint(directory, bytes, older, newer));
  if (undone) older.copy(newer, META.start, META.start);
  const used = Math.min(pagesOf(newer) * PAGE, bytes.length);
  if (!undone && used === bytes.length) return undefined;
  writeFileSync(path, tearUnused(bytes, used, random));
  return undone ? "checkpoint undone" : "checkpoint torn";
}

function tearUnused(bytes: Buffer, used: number, random: Random): Buffer {
  const kind = random();
  if (kind < 0.4) return bytes.subarray(0, used);
  return kind < 0.7 ? Buffer.from(bytes).fill(0, used) : garble(bytes, used, bytes.length, random);
}

/** The log still has every record behind the older version: as long as that is so, the newer one may be unsynced. */
async function canLoseCheckpoint(directory: string, bytes: Buffer, older: Buffer, newer: Buffer): Promise<boolean> {
  const logged = firstLoggedHeight(directory);
  if (logged === undefined || transactionOf(older) === 0n || transactionOf(older) === transactionOf(newer))
    return false;
  const copy = mkdtempSync(join(tmpdir(), "hyperion-older-"));
  try {
    const at = newer.byteOffset - bytes.byteOffset;
    const rolledBack = Buffer.from(bytes);
    older.copy(rolledBack, at + META.start, META.start);
    writeFileSync(join(copy, "data.mdb"), rolledBack);
    const height = await heightOf(copy);
    // Nothing is logged before the tables exist.
    return height >= 0 && height + 1 >= logged;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Of the tables without a log. */
async function heightOf(directory: string): Promise<number> {
  const database = Database.open(directory);
  const { height } = database;
  await database.close();
  return Number(height ?? -1n);
}

function transactionOf(meta: Buffer): bigint {
  return meta.readBigUInt64LE(META.transaction);
}

/** Files that tell processes of each other, and that nobody syncs. */
function tearLocks(directory: string, random: Random): string | undefined {
  const kind = random();
  if (kind < 0.15) writeFileSync(join(directory, "process.lock"), "");
  else if (kind < 0.3) writeFileSync(join(directory, "process.lock"), Buffer.alloc(40));
  else if (kind < 0.45) unlinkSync(join(directory, "lock.mdb"));
  else if (kind < 0.6) {
    const path = join(directory, "lock.mdb");
    writeFileSync(path, garble(Buffer.alloc(statSync(path).size), 0, statSync(path).size, random));
  } else if (kind < 0.75) truncateSync(join(directory, "lock.mdb"), 0);
  else return undefined;
  return "locks torn";
}

function garble(bytes: Buffer, from: number, to: number, random: Random): Buffer {
  const garbled = Buffer.from(bytes);
  for (let at = from; at < to; at++) garbled[at] = below(random, 256);
  return garbled;
}
