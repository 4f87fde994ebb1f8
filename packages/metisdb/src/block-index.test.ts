import fc from "fast-check";
import { expect, test } from "vitest";
import type { BlockRecord } from "./change.ts";
import { Database } from "./database.ts";
import { executionOf } from "./test-execution.ts";

const ADDRESS = new Uint8Array(20).fill(9);

/** A block whose transactions, named by small numbers, may be in other blocks too. */
function block(number: number, serial: number, transactions: readonly number[]): BlockRecord {
  const execution = executionOf(
    transactions.map((name) => ({
      hash: hashOf(name),
      from: ADDRESS,
      receipt: {
        type: 2,
        status: 1,
        cumulativeGasUsed: 1n,
        gasUsed: 1n,
        effectiveGasPrice: 1n,
        logs: [{ address: ADDRESS, topics: [hashOf(name)], data: new Uint8Array(0) }],
        logsBloom: new Uint8Array(256),
      },
    })),
  );
  const bytes = Uint8Array.of(serial);
  return { number: BigInt(number), hash: hashOf(1000 + serial), header: bytes, body: bytes, execution };
}

function hashOf(name: number): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => (i < 2 ? (name >> (8 * i)) & 255 : 7));
}

const steps = fc.array(
  fc.record({
    /** Blocks that leave first. */
    leave: fc.nat(2),
    transactions: fc.uniqueArray(fc.nat(7), { maxLength: 3 }),
    look: fc.boolean(),
    flush: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);

test("transactions and logs are found where the canonical chain has them, in memory and in the tables", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const database = Database.temporary();
      const chain: { record: BlockRecord; transactions: readonly number[] }[] = [];
      for (const [serial, { leave, transactions, look, flush }] of plan.entries()) {
        const left = chain.splice(Math.max(0, chain.length - leave)).reverse();
        const known = new Set(chain.flatMap((one) => one.transactions));
        const fresh = transactions.filter((name) => !known.has(name));
        const record = block(chain.length, serial, fresh);
        chain.push({ record, transactions: fresh });
        database.write({ blocks: [record], decanonize: left.map((one) => one.record), canonize: [record] });
        if (flush) await database.flush();
        if (look) compare(database, chain);
      }
      await database.flush();
      compare(database, chain);
      await database.close();
    }),
    { numRuns: 30 },
  );
});

function compare(database: Database, chain: readonly { readonly transactions: readonly number[] }[]): void {
  for (let name = 0; name < 8; name++) {
    const number = chain.findIndex(({ transactions }) => transactions.includes(name));
    const index = chain[number]?.transactions.indexOf(name);
    expect(database.transaction(hashOf(name))).toEqual(
      index === undefined ? undefined : { number: BigInt(number), index },
    );
    const clauses = [{ kind: 1, values: [hashOf(name)] }];
    const found = [...database.logCandidates(clauses, 0n, 100n)];
    expect(found).toEqual(index === undefined ? [] : [BigInt(number)]);
  }
}
