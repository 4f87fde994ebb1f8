import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { encodeAccount } from "./account.ts";
import { Database } from "./database.ts";
import { bytesOf } from "./keys.ts";
import type { LoadedAccount } from "./state-loader.ts";
import { ModelState } from "./test-state.ts";

function* loadedAccounts({ accounts, slots }: ModelState): Generator<LoadedAccount> {
  for (const [name, account] of [...accounts].sort()) {
    const own = [...slots].filter(([slot]) => slot.startsWith(name)).sort();
    const entries = own.map(([slot, value]) => [bytesOf(slot).subarray(32), value] as const);
    yield { accountHash: bytesOf(name), account, slots: entries };
  }
}

test("a loaded state is the one that blocks give, and goes on", async () => {
  const directory = mkdtempSync(join(tmpdir(), "metisdb-load-"));
  const edits = [0, 1, 2, 3, 5, 8].map((account) => ({
    account,
    nonce: account + 1,
    slots: [0, 3, 4, 7].map((slot): [number, number] => [slot, (slot + account) % 3]),
  }));
  const { next: state } = new ModelState().edit(edits);
  try {
    const info = await Database.load(join(directory, "a"), 7n, loadedAccounts(state));
    expect(info).toMatchObject({ height: 7n, root: state.root, accounts: 6, slots: state.slots.size });
    const database = Database.open(join(directory, "a"));
    expect(state.compare(database.head)).toBeUndefined();
    expect((await database.verify()).difference).toBeUndefined();
    const { next, change } = state.edit([{ account: 4, nonce: 9, slots: [[1, 1]] }]);
    database.append({ number: 8n, root: next.root, change });
    await database.flush();
    const old = database.view(7n);
    expect(state.compare(old)).toBeUndefined();
    old.release();
    await database.close();
    const again = Database.load(join(directory, "a"), 7n, []);
    await expect(again).rejects.toMatchObject({ code: "FOREIGN_DATABASE" });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test("entries out of order are refused, and what was loaded is no database", async () => {
  const directory = mkdtempSync(join(tmpdir(), "metisdb-load-"));
  const account = encodeAccount({
    nonce: Uint8Array.of(1),
    balance: new Uint8Array(0),
    storageRoot: new Uint8Array(32),
    codeHash: new Uint8Array(32),
  });
  const accounts = [2, 1].map((fill) => ({ accountHash: new Uint8Array(32).fill(fill), account }));
  try {
    await expect(Database.load(directory, 0n, accounts)).rejects.toMatchObject({ code: "CHANGE_OUT_OF_ORDER" });
    expect(() => Database.open(directory)).toThrow(expect.objectContaining({ code: "DATABASE_DAMAGED" }));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
