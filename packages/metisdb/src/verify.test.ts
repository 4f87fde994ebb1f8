import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keccak256 } from "@hyperion/kernel";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decodeAccount, encodeAccount } from "./account.ts";
import type { VerifyDifference } from "./api.ts";
import { Database } from "./database.ts";
import { bytesOf, nodeKey, slotKey } from "./keys.ts";
import { type Environment, openEnvironment } from "./tables.ts";
import { ACCOUNTS, hashOf, ModelState } from "./test-state.ts";

let base: string;
let directory: string;
let state: ModelState;

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), "metisdb-verify-"));
  directory = join(base, "data");
  const edits = Array.from({ length: ACCOUNTS }, (_, account) => ({
    account,
    nonce: account + 1,
    code: account === 3 ? 2 : 0,
    slots: [0, 1, 2, 3, 4].map((slot) => [slot, account + slot + 1] as const),
  }));
  const { next, change } = new ModelState().edit(edits);
  state = next;
  const database = Database.open(directory);
  database.append({ number: 5n, root: next.root, change });
  await database.close();
});
afterEach(() => {
  rmSync(base, { recursive: true, force: true });
});

const NO_OWNER = new Uint8Array(0);
const rootNode = nodeKey(NO_OWNER, NO_OWNER);

describe("verify reports", () => {
  const account = hashOf(0);
  const cases: [VerifyDifference["kind"], (tables: Environment["tables"]) => void][] = [
    ["node", ({ slots }) => slots.put(slotKey(account, hashOf(1)), Uint8Array.of(99))],
    ["node", ({ slots }) => slots.put(slotKey(account, hashOf(1)), undefined)],
    [
      "storageRoot",
      ({ accounts }) => {
        const fields = decodeAccount(accounts.get(account)!);
        accounts.put(account, encodeAccount({ ...fields, storageRoot: new Uint8Array(32) }));
      },
    ],
    ["root", ({ states }) => states.put(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 5), new Uint8Array(32))],
    ["node", ({ nodes }) => nodes.put(rootNode, new Uint8Array(40))],
    ["missingNode", ({ nodes }) => nodes.put(rootNode, undefined)],
    ["extraNode", ({ nodes }) => nodes.put(nodeKey(NO_OWNER, Uint8Array.of(1, 2, 3)), new Uint8Array(40))],
    ["extraNode", ({ nodes }) => nodes.put(nodeKey(hashOf(200), NO_OWNER), new Uint8Array(40))],
    ["orphanSlot", ({ slots }) => slots.put(slotKey(hashOf(200), hashOf(1)), Uint8Array.of(1))],
    ["orphanSlot", ({ slots }) => slots.put(slotKey(new Uint8Array(32).fill(255), hashOf(1)), Uint8Array.of(1))],
    ["code", ({ code }) => code.put(keccak256(new Uint8Array(6).fill(2)), undefined)],
    ["code", ({ code }) => code.put(keccak256(new Uint8Array(6).fill(2)), new Uint8Array(7))],
    ["record", ({ accounts }) => accounts.put(account, Uint8Array.of(0xc0))],
  ];

  test.each(cases)("%s (%#)", async (kind, damage) => {
    const environment = openEnvironment(directory, { synced: true });
    environment.write(() => damage(environment.tables));
    await environment.close();
    const database = Database.open(directory);
    expect((await database.verify()).difference?.kind).toBe(kind);
    await database.close();
  });

  test("nothing where nothing is wrong", async () => {
    const database = Database.open(directory);
    const { difference, accounts, slots, nodes, height, root } = await database.verify();
    expect(difference).toBeUndefined();
    expect({ accounts, slots, height, root }).toEqual({ accounts: ACCOUNTS, slots: 50, height: 5n, root: state.root });
    expect(nodes).toBe(state.nodes.size);
    const statistics = await database.stat();
    expect(statistics.stores.accounts).toMatchObject({ entries: ACCOUNTS });
    expect(statistics.stores.nodes).toMatchObject({ entries: nodes });
    expect(statistics).toMatchObject({ height: 5n, horizon: 5n });
    await database.close();
  });
});

describe("a snapshot is refused", () => {
  const invalid = expect.objectContaining({ code: "SNAPSHOT_INVALID" });
  let file: string;
  beforeEach(async () => {
    file = join(base, "snapshot");
    const database = Database.open(directory);
    await database.snapshotExport(5n, file);
    await database.close();
  });
  const target = (): string => join(base, "import");

  test("with any bit flipped or any end cut, and leaves nothing behind", async () => {
    const bytes = readFileSync(file);
    for (let at = 0; at < bytes.length; at += 499) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 1 << (at % 8);
      writeFileSync(file, damaged);
      await expect(Database.snapshotImport(file, target())).rejects.toEqual(invalid);
      writeFileSync(file, bytes);
      truncateSync(file, at);
      await expect(Database.snapshotImport(file, target())).rejects.toEqual(invalid);
    }
    writeFileSync(file, bytes);
    const progress: number[] = [];
    const onProgress = (done: number): void => void progress.push(done);
    expect((await Database.snapshotImport(file, target(), { onProgress })).root).toEqual(state.root);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
  });

  test("with another root than the wanted one", async () => {
    await expect(Database.snapshotImport(file, target(), { verifyRoot: new Uint8Array(32) })).rejects.toEqual(invalid);
  });

  test("when it holds another state than its root names", async () => {
    const environment = openEnvironment(directory, { synced: true });
    const key = bytesOf([...state.slots.keys()][0]!);
    environment.write(() => environment.tables.slots.put(key, Uint8Array.of(77)));
    await environment.close();
    const database = Database.open(directory);
    await database.snapshotExport(5n, file);
    await database.close();
    await expect(Database.snapshotImport(file, target())).rejects.toEqual(invalid);
  });

  test("into a directory that has data", async () => {
    const foreign = expect.objectContaining({ code: "FOREIGN_DATABASE" });
    await expect(Database.snapshotImport(file, directory)).rejects.toEqual(foreign);
  });
});
