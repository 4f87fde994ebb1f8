import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { StateView } from "./api.ts";
import { Database } from "./database.ts";
import { ACCOUNTS, type AccountEdit, ModelState, SLOTS } from "./test-state.ts";

/** The versions the database must have, by height, and what the test holds open. */
interface Model {
  versions: Map<bigint, ModelState>;
  head: bigint;
  horizon: bigint;
  held: { view: StateView; state: ModelState }[];
}

interface Real {
  database: Database;
  directory: string;
  round: number;
}

type Step = fc.AsyncCommand<Model, Real, false>;

function step(
  name: string,
  run: (model: Model, real: Real) => Promise<void>,
  check = (_: Readonly<Model>) => true,
): Step {
  return {
    check: (model) => check(model),
    async run(model, real) {
      await run(model, real);
      expect(real.database.height ?? -1n).toBe(model.head);
      if (model.head >= 0n) expect(model.versions.get(model.head)!.compare(real.database.head)).toBeUndefined();
    },
    toString: () => name,
  };
}

const hasState = (model: Readonly<Model>): boolean => model.head >= 0n;

/** A height from the horizon to the head. */
function heightAt(model: Model, fraction: number): bigint {
  return model.horizon + (BigInt(fraction) * (model.head - model.horizon)) / 100n;
}

function append(model: Model, real: Real, edits: readonly AccountEdit[], amend: boolean): void {
  const { next, change } = (model.versions.get(model.head) ?? new ModelState()).edit(edits);
  const number = amend && model.head >= 0n ? model.head : model.head + 1n;
  real.database.append({ number, root: next.root, change });
  model.head = number;
  model.versions.set(number, next);
}

function rollback(model: Model, height: bigint): void {
  for (let gone = model.head; gone > height; gone--) model.versions.delete(gone);
  model.head = height;
}

const edit: fc.Arbitrary<AccountEdit> = fc.record(
  {
    account: fc.nat(ACCOUNTS - 1),
    remove: fc.nat(5).map((n) => n === 0),
    nonce: fc.integer({ min: 1, max: 200 }),
    code: fc.nat(3),
    wipe: fc.nat(5).map((n) => n === 0),
    slots: fc.array(fc.tuple(fc.nat(SLOTS - 1), fc.nat(3)), { maxLength: 4 }),
  },
  { requiredKeys: ["account"] },
);
const edits = fc.uniqueArray(edit, { selector: ({ account }) => account, maxLength: 5 });
const fractions = fc.nat(100);

async function checkCopy(model: Model, real: Real): Promise<void> {
  const copy = `${real.directory}-copy`;
  try {
    cpSync(real.directory, copy, { recursive: true, filter: (file) => !file.endsWith("process.lock") });
    const database = Database.open(copy, { retain: "all" });
    for (const [height, state] of model.versions) {
      const view = database.view(height);
      expect(state.compare(view)).toBeUndefined();
      view.release();
    }
    expect(database.height ?? -1n).toBe(model.head);
    await database.close();
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function checkSnapshot(model: Model, real: Real, height: bigint): Promise<void> {
  const [file, directory] = [`${real.directory}.snapshot`, `${real.directory}-import`];
  try {
    const exported = await real.database.snapshotExport(height, file);
    const imported = await Database.snapshotImport(file, directory, { verifyRoot: model.versions.get(height)!.root });
    expect(imported).toEqual(exported);
    const database = Database.open(directory);
    expect(model.versions.get(height)!.compare(database.head)).toBeUndefined();
    expect(database.horizon).toBe(height);
    expect((await database.verify()).difference).toBeUndefined();
    await database.close();
  } finally {
    rmSync(file, { force: true });
    rmSync(directory, { recursive: true, force: true });
  }
}

const steps: fc.Arbitrary<Step>[] = [
  edits.map((list) => step(`append ${JSON.stringify(list)}`, async (model, real) => append(model, real, list, false))),
  edits.map((list) =>
    step(`append again ${JSON.stringify(list)}`, async (model, real) => append(model, real, list, false)),
  ),
  edits.map((list) => step(`amend ${JSON.stringify(list)}`, async (model, real) => append(model, real, list, true))),
  fractions.map((at) =>
    step(
      `rollback ${at}`,
      async (model, real) => {
        const height = heightAt(model, at);
        real.database.rollback(height);
        rollback(model, height);
      },
      hasState,
    ),
  ),
  fc.tuple(fractions, edits).map(([at, list]) =>
    step(
      `reorg ${at} ${JSON.stringify(list)}`,
      async (model, real) => {
        const height = heightAt(model, at);
        const { next, change } = model.versions.get(height)!.edit(list);
        real.database.write({ rollback: height, states: [{ number: height + 1n, root: next.root, change }] });
        rollback(model, height);
        model.head = height + 1n;
        model.versions.set(model.head, next);
      },
      hasState,
    ),
  ),
  fractions.map((at) =>
    step(
      `prune ${at}`,
      async (model, real) => {
        const height = heightAt(model, at);
        await real.database.prune(height);
        for (const old of model.versions.keys()) if (old < height) model.versions.delete(old);
        model.horizon = height;
        if (height > 0n) {
          const pruned = expect.objectContaining({ code: "HEIGHT_PRUNED" });
          expect(() => real.database.view(height - 1n)).toThrow(pruned);
          expect(() => real.database.rollback(height - 1n)).toThrow(pruned);
        }
      },
      hasState,
    ),
  ),
  fc.constant(
    step("read all", async (model, real) => {
      for (const [height, state] of model.versions) {
        const view = real.database.view(height);
        expect(state.compare(view)).toBeUndefined();
        view.release();
      }
      const unknown = expect.objectContaining({ code: "HEIGHT_UNKNOWN" });
      expect(() => real.database.view(model.head + 1n)).toThrow(unknown);
    }),
  ),
  fractions.map((at) =>
    step(
      `hold ${at}`,
      async (model, real) => {
        const height = heightAt(model, at);
        model.held.push({ view: real.database.view(height), state: model.versions.get(height)! });
      },
      hasState,
    ),
  ),
  fc.constant(
    step("check what is held", async (model) => {
      for (const { view, state } of model.held.splice(0)) {
        expect(state.compare(view)).toBeUndefined();
        view.release();
      }
    }),
  ),
  fc.constant(step("flush", async (_, real) => real.database.flush())),
  fc.constant(
    step("verify", async (_, real) => {
      expect((await real.database.verify()).difference).toBeUndefined();
    }),
  ),
  fc.constant(
    step("reopen", async (model, real) => {
      model.held = [];
      await real.database.close();
      real.database = Database.open(real.directory, { retain: "all" });
      expect(real.database.recovery.clean).toBe(true);
    }),
  ),
  fc.constant(
    step("kill", async (model, real) => {
      await real.database.durable();
      await checkCopy(model, real);
    }),
  ),
  fractions.map((at) =>
    step(`snapshot ${at}`, (model, real) => checkSnapshot(model, real, heightAt(model, at)), hasState),
  ),
];

test("behaves as a naive model under any interleaving", async () => {
  const base = mkdtempSync(join(tmpdir(), "metisdb-model-"));
  let round = 0;
  try {
    await fc.assert(
      fc.asyncProperty(fc.commands(steps, { maxCommands: 30, size: "max" }), async (commands) => {
        const directory = join(base, String(round++));
        const real: Real = { directory, round, database: Database.open(directory, { retain: "all" }) };
        const model: Model = { versions: new Map(), head: -1n, horizon: 0n, held: [] };
        try {
          await fc.asyncModelRun(() => ({ model, real }), commands);
        } finally {
          await real.database.close();
          rmSync(directory, { recursive: true, force: true });
        }
      }),
      { numRuns: Number(process.env.METISDB_MODEL_RUNS ?? 15), endOnFailure: true },
    );
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
});
