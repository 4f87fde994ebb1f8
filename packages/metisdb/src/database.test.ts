import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Receipt } from "@hyperion/kernel";
import { open } from "lmdb";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BlockRecord, StateUpdate } from "./change.ts";
import { Database } from "./database.ts";
import type { DatabaseErrorCode } from "./errors.ts";
import { executionOf } from "./test-execution.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "metisdb-test-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function bytes(length: number, fill: number): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

function receipt(address: Uint8Array, topics: Uint8Array[]): Receipt {
  return {
    type: 2,
    status: 1,
    cumulativeGasUsed: 21_000n,
    gasUsed: 21_000n,
    effectiveGasPrice: 7n,
    logs: [{ address, topics, data: bytes(5, 9) }],
    logsBloom: bytes(256, 0),
  };
}

function block(number: bigint, fill: number): BlockRecord {
  return {
    number,
    hash: bytes(32, fill),
    header: bytes(600, fill),
    body: bytes(40, fill),
    execution: executionOf([
      { hash: bytes(32, fill + 100), from: bytes(20, 3), receipt: receipt(bytes(20, 4), [bytes(32, fill)]) },
    ]),
  };
}

/** A state that adds code. */
function codeState(number: bigint, code: StateUpdate["change"]["code"]): StateUpdate {
  return { number, root: bytes(32, 1), change: { accounts: [], slots: [], nodes: [], code } };
}

function expectCode(work: () => unknown, code: DatabaseErrorCode): void {
  expect(work).toThrow(expect.objectContaining({ code }));
}

test("a change is readable at once and after reopening", async () => {
  const first = Database.open(directory);
  const stored = block(1n, 1);
  first.write({
    blocks: [stored],
    canonize: [stored],
    states: [codeState(0n, [[bytes(32, 8), bytes(70, 7)]])],
    meta: [["head", stored.hash]],
  });
  const check = (database: Database): void => {
    expect(database.block(stored.hash)).toEqual(stored);
    expect(database.canonicalHash(1n)).toEqual(stored.hash);
    expect(database.blockNumber(stored.hash)).toBe(1n);
    expect(database.transaction(bytes(32, 101))).toEqual({ number: 1n, index: 0 });
    expect(new Uint8Array(database.preimage(bytes(32, 8))!)).toEqual(bytes(70, 7));
    expect(database.preimage(bytes(32, 9))).toBeUndefined();
    expect(database.meta("head")).toEqual(stored.hash);
    expect(database.meta("other")).toBeUndefined();
  };
  check(first);
  await first.durable();
  check(first);
  await first.close();
  const second = Database.open(directory);
  check(second);
  await second.close();
});

test("a directory may have a dot in its name", async () => {
  for (let round = 0; round < 2; round++) await Database.open(join(directory, "chain.data")).close();
});

test("bytes in shared memory are stored", async () => {
  const database = Database.open(directory);
  const shared = new Uint8Array(new SharedArrayBuffer(64)).fill(5);
  database.append(codeState(0n, [[shared.subarray(0, 32), shared.subarray(32, 50)]]));
  await database.durable();
  expect(new Uint8Array(database.preimage(shared.subarray(0, 32))!)).toEqual(bytes(18, 5));
  await database.close();
});

test("leaving the canonical chain removes the indexes and keeps the block", async () => {
  const database = Database.temporary();
  const [old, fresh] = [block(1n, 1), block(1n, 2)];
  database.write({ blocks: [old], canonize: [old] });
  database.write({ blocks: [fresh], decanonize: [old], canonize: [fresh] });
  await database.durable();
  expect(database.canonicalHash(1n)).toEqual(fresh.hash);
  expect(database.transaction(bytes(32, 101))).toBeUndefined();
  expect(database.transaction(bytes(32, 102))).toBeDefined();
  expect(database.block(old.hash)).toEqual(old);
  const blocksWith = (topic: number): bigint[] => [
    ...database.logCandidates([{ kind: 1, values: [bytes(32, topic)] }], 0n, 9n),
  ];
  expect(blocksWith(1)).toEqual([]);
  expect(blocksWith(2)).toEqual([1n]);
  await database.close();
});

test("closing with writes under way and reopening at once loses nothing", async () => {
  for (let round = 1; round <= 25; round++) {
    const database = Database.open(directory);
    expect(database.meta("round")?.[0] ?? 0).toBe(round - 1);
    database.append(codeState(BigInt(round), [[bytes(32, round), bytes(900, round)]]));
    database.write({ meta: [["round", Uint8Array.of(round)]] });
    await database.close();
  }
});

describe("refuses", () => {
  test("a directory in use, until its user closes it", async () => {
    const database = Database.open(directory);
    expectCode(() => Database.open(directory), "DATABASE_LOCKED");
    await database.close();
    await Database.open(directory).close();
  });

  test("a directory in use by another process, but not one left by a dead process", async () => {
    const dead = spawnSync(process.execPath, ["-e", ""]);
    writeFileSync(join(directory, "process.lock"), `${dead.pid} 1`);
    await Database.open(directory).close();
    writeFileSync(join(directory, "process.lock"), "1");
    const owner = spawnSync("sh", ["-c", "awk '{print $22}' /proc/1/stat"]).stdout.toString().trim();
    writeFileSync(join(directory, "process.lock"), `1 ${owner}`);
    expectCode(() => Database.open(directory), "DATABASE_LOCKED");
  });

  test.skipIf(process.getuid?.() === 0)("an unwritable directory", () => {
    chmodSync(directory, 0o500);
    expectCode(() => Database.open(directory), "DIRECTORY_NOT_WRITABLE");
  });

  test("a path that cannot be a directory", () => {
    writeFileSync(join(directory, "file"), "");
    expectCode(() => Database.open(join(directory, "file")), "DIRECTORY_NOT_WRITABLE");
  });

  test("a foreign file", () => {
    writeFileSync(join(directory, "data.mdb"), "SQLite format 3\0".repeat(300));
    expectCode(() => Database.open(directory), "FOREIGN_DATABASE");
  });

  test("a truncated file", async () => {
    const database = Database.open(directory);
    database.append(
      codeState(
        0n,
        Array.from({ length: 500 }, (_, i) => [bytes(32, i), bytes(800, i)] as const),
      ),
    );
    await database.close();
    truncateSync(join(directory, "data.mdb"), 20_000);
    expectCode(() => Database.open(directory), "DATABASE_DAMAGED");
  });

  test("the format before this one, and leaves it as it is", async () => {
    const old = open({ path: directory, maxDbs: 20, encoding: "binary", keyEncoding: "binary" });
    await old
      .openDB({ name: "meta", encoding: "binary" })
      .put(Buffer.from("format"), Buffer.from("hyperion-metisdb/1"));
    await old.close();
    const before = readFileSync(join(directory, "data.mdb"));
    expectCode(() => Database.open(directory), "UNSUPPORTED_FORMAT");
    expect(readFileSync(join(directory, "data.mdb")).equals(before)).toBe(true);
  });

  test("another format", async () => {
    const database = Database.open(directory);
    database.write({ meta: [["format", Buffer.from("hyperion-metisdb/999")]] });
    await database.close();
    expectCode(() => Database.open(directory), "UNSUPPORTED_FORMAT");
  });

  test("writing after closing", async () => {
    const database = Database.temporary();
    await database.close();
    expectCode(() => database.write({}), "DATABASE_CLOSED");
  });
});
