import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Database } from "./database.ts";
import type { DatabaseErrorCode } from "./errors.ts";
import type { LogFile, LogFiles } from "./log/log-files.ts";
import { ModelState } from "./test-state.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "metisdb-log-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const BLOCKS = 4;

/** Versions by height: each block edits one account and one slot. */
function versions(): { state: ModelState; change: ReturnType<ModelState["edit"]>["change"] }[] {
  let state = new ModelState();
  return Array.from({ length: BLOCKS }, (_, height) => {
    const { next, change } = state.edit([{ account: height, nonce: height + 1, slots: [[height, 7]] }]);
    state = next;
    return { state, change };
  });
}

/** A directory as a killed process leaves it: everything in the log, nothing in the tables. */
async function killedCopy(name: string): Promise<string> {
  const database = Database.open(join(directory, "original"));
  for (const [height, { state, change }] of versions().entries()) {
    database.append({ number: BigInt(height), root: state.root, change });
  }
  await database.durable();
  const copy = join(directory, name);
  cpSync(join(directory, "original"), copy, { recursive: true, filter: (file) => !file.endsWith("process.lock") });
  await database.close();
  return copy;
}

function segment(copy: string): string {
  const names = readdirSync(join(copy, "log"));
  expect(names).toHaveLength(1);
  return join(copy, "log", names[0]!);
}

/** Opens, compares with the version of the reported height, writes on, and opens again. */
async function continues(copy: string): Promise<Database["recovery"]> {
  const database = Database.open(copy);
  const { recovery } = database;
  const height = Number(recovery.height);
  const expected = versions();
  if (height >= 0) expect(expected[height]!.state.compare(database.head)).toBeUndefined();
  expect((await database.verify()).difference).toBeUndefined();
  for (let next = height + 1; next < BLOCKS; next++) {
    const { state, change } = expected[next]!;
    database.append({ number: BigInt(next), root: state.root, change });
  }
  await database.close();
  const again = Database.open(copy);
  expect(again.recovery.clean).toBe(true);
  expect(expected.at(-1)!.state.compare(again.head)).toBeUndefined();
  await again.close();
  return recovery;
}

describe("recovery", () => {
  test("brings back every acknowledged block and says so", async () => {
    const recovery = await continues(await killedCopy("killed"));
    expect(recovery).toMatchObject({ clean: false, replayedRecords: BLOCKS, discardedBytes: 0, height: 3n });
    expect(recovery.damage).toBeUndefined();
  });

  test("stops before a last record that ends anywhere", async () => {
    const original = await killedCopy("killed");
    const bytes = readFileSync(segment(original));
    const last = lastFrame(bytes);
    const work = join(directory, "work");
    // Every byte of the header; the payload in steps that share no factor with its layout.
    const cuts = [...Array(16).keys(), ...Array.from({ length: 30 }, (_, i) => 16 + i * 17)];
    for (const cut of cuts.filter((offset) => last + offset < bytes.length)) {
      rmSync(work, { recursive: true, force: true });
      cpSync(original, work, { recursive: true });
      writeFileSync(segment(work), bytes.subarray(0, last + cut));
      const database = Database.open(work);
      expect(database.recovery).toMatchObject({ replayedRecords: BLOCKS - 1, discardedBytes: cut, height: 2n });
      expect(database.recovery.damage === undefined).toBe(cut === 0);
      await database.close();
    }
    await continues(work);
  });

  test("stops before a record with a flipped bit, wherever it is", async () => {
    const original = await killedCopy("killed");
    const bytes = readFileSync(segment(original));
    const work = join(directory, "work");
    for (let at = 0; at < bytes.length; at += 37) {
      rmSync(work, { recursive: true, force: true });
      cpSync(original, work, { recursive: true });
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 1 << (at % 8);
      writeFileSync(segment(work), damaged);
      const { height, damage, discardedBytes } = await continues(work);
      expect(height).toBeLessThan(3n);
      expect(damage).toBeDefined();
      expect(discardedBytes).toBeGreaterThan(0);
    }
  });

  test("loses nothing when the next crash comes before the tables have what the last one left", async () => {
    const killed = await killedCopy("killed");
    const bytes = readFileSync(segment(killed));
    writeFileSync(segment(killed), bytes.subarray(0, bytes.length - 3));
    const database = Database.open(killed);
    const { state, change } = versions()[BLOCKS - 1]!;
    database.append({ number: BigInt(BLOCKS - 1), root: state.root, change });
    await database.durable();
    const again = join(directory, "again");
    cpSync(killed, again, { recursive: true, filter: (file) => !file.endsWith("process.lock") });
    await database.close();
    expect(readdirSync(join(again, "log"))).toHaveLength(2);
    const recovery = await continues(again);
    expect(recovery).toMatchObject({ replayedRecords: BLOCKS, discardedBytes: 0, damage: undefined, height: 3n });
  });

  test("refuses a log whose tables are gone", async () => {
    const copy = await killedCopy("killed");
    rmSync(join(copy, "data.mdb"));
    expect(() => Database.open(copy)).toThrow(expect.objectContaining({ code: "DATABASE_DAMAGED" }));
  });
});

function lastFrame(bytes: Buffer): number {
  let at = 8;
  for (let next = at; next < bytes.length; next = at + 8 + bytes.readUInt32LE(at)) at = next;
  return at;
}

/** Faults of one file: each write and sync asks first. */
interface Faults {
  /** How many of the bytes are written; more calls follow for the rest. */
  write?: (call: number, length: number) => number;
  sync?: (call: number) => void;
}

function faulty(files: LogFiles, faults: Faults): LogFiles {
  let writes = 0;
  let syncs = 0;
  return {
    ...files,
    async create(name) {
      const file = await files.create(name);
      return {
        async write(bytes) {
          const taken = faults.write?.(writes++, bytes.length) ?? bytes.length;
          return file.write(bytes.subarray(0, taken));
        },
        async sync() {
          faults.sync?.(syncs++);
          await file.sync();
        },
        close: () => file.close(),
      } satisfies LogFile;
    },
  };
}

function failure(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}

interface FaultCase {
  readonly name: string;
  readonly code: DatabaseErrorCode;
  readonly faults: Faults;
}

function casesAt(call: number): FaultCase[] {
  const failing = (error: string, at: number) => (number: number, length: number) => {
    if (number === at) throw failure(error);
    return length;
  };
  const torn = (number: number, length: number): number =>
    number === call ? length >> 1 : failing("ENOSPC", call + 1)(number, length);
  const cases: FaultCase[] = [
    { name: `no space at write ${call}`, code: "DISK_FULL", faults: { write: failing("ENOSPC", call) } },
    { name: `an error at write ${call}`, code: "WRITE_FAILED", faults: { write: failing("EIO", call) } },
    { name: `half a record, then no space, at write ${call}`, code: "DISK_FULL", faults: { write: torn } },
    {
      name: `a file that takes nothing at write ${call}`,
      code: "WRITE_FAILED",
      faults: { write: (number, length) => (number === call ? 0 : length) },
    },
  ];
  if (call >= BLOCKS) return cases;
  const sync = (number: number): void => void failing("EIO", call)(number, 0);
  return [...cases, { name: `an error at sync ${call}`, code: "WRITE_FAILED", faults: { sync } }];
}

async function appendAll(database: Database): Promise<number> {
  let acknowledged = 0;
  for (const [height, { state, change }] of versions().entries()) {
    database.append({ number: BigInt(height), root: state.root, change });
    await database.durable();
    acknowledged = height + 1;
  }
  return acknowledged;
}

describe("faults under the log", () => {
  const cases = [0, 1, 2, 3, 4].flatMap(casesAt);

  test.each(cases)("$name: a typed error, and nothing acknowledged is lost", async ({ code, faults }) => {
    const database = Database.open(directory, {}, (files) => faulty(files, faults));
    let acknowledged = 0;
    const done = await appendAll(database).catch((error: unknown) => {
      expect(error).toMatchObject({ code });
      acknowledged = Number(database.height!);
      return undefined;
    });
    expect(done).toBeUndefined();
    expect(() => database.write({})).toThrow(expect.objectContaining({ code }));
    await expect(database.flush()).rejects.toMatchObject({ code });
    await database.close();
    const { height } = await continues(directory);
    expect(Number(height)).toBeGreaterThanOrEqual(acknowledged - 1);
  });

  test("short writes are continued", async () => {
    const faults = { write: (_: number, length: number) => Math.min(length, 100) };
    const database = Database.open(directory, {}, (files) => faulty(files, faults));
    expect(await appendAll(database)).toBe(BLOCKS);
    await database.close();
    expect((await continues(directory)).clean).toBe(true);
  });
});

test.each(["block", "interval", "os"] as const)("durability %s survives the end of the process", async (durability) => {
  const database = Database.open(join(directory, "a"), { durability, syncIntervalMs: 1 });
  expect(await appendAll(database)).toBe(BLOCKS);
  const copy = join(directory, "b");
  cpSync(join(directory, "a"), copy, { recursive: true, filter: (file) => !file.endsWith("process.lock") });
  await database.close();
  expect((await continues(copy)).height).toBe(3n);
});
