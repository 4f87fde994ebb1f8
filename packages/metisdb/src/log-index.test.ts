import type { Log, Receipt } from "@hyperion/kernel";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { BlockRecord } from "./change.ts";
import { Database } from "./database.ts";
import { ADDRESS_KIND, type IndexClause, logIndexKeys, matchingBlocks } from "./log-index.ts";
import { type Executed, executionOf } from "./test-execution.ts";

const SPACE = 300;

function word(value: number, length: number): Uint8Array {
  return new Uint8Array(length).fill(value);
}

const logs: fc.Arbitrary<Log> = fc
  .record({ address: fc.nat(3), topics: fc.array(fc.nat(4), { maxLength: 4 }) })
  .map(({ address, topics }) => ({
    address: word(address, 20),
    topics: topics.map((topic) => word(topic, 32)),
    data: new Uint8Array(0),
  }));

/** Sparse chains: block number → logs. */
const chains = fc.dictionary(fc.nat(SPACE).map(String), fc.array(logs, { maxLength: 4 }), { maxKeys: 60 });

const clauseSets = fc
  .uniqueArray(fc.record({ kind: fc.nat(4), values: fc.array(fc.nat(5), { minLength: 1, maxLength: 3 }) }), {
    maxLength: 4,
    selector: (clause) => clause.kind,
  })
  .map((clauses) =>
    clauses.map(({ kind, values }) => ({
      kind,
      values: values.map((value) => word(value, kind === ADDRESS_KIND ? 20 : 32)),
    })),
  );

function receipt(log: Log): Receipt {
  return {
    type: 0,
    status: 1,
    cumulativeGasUsed: 1n,
    gasUsed: 1n,
    effectiveGasPrice: 1n,
    logs: [log],
    logsBloom: new Uint8Array(256),
  };
}

function executed(log: Log, index: number): Executed {
  return { hash: word(index, 32), from: word(1, 20), receipt: receipt(log) };
}

function satisfies(block: readonly Log[], clause: IndexClause): boolean {
  return block.some((log) => {
    const field = clause.kind === ADDRESS_KIND ? log.address : log.topics[clause.kind - 1];
    return field !== undefined && clause.values.some((value) => Buffer.compare(field, value) === 0);
  });
}

function naive(chain: Record<string, Log[]>, clauses: readonly IndexClause[], from: number, to: number): bigint[] {
  const numbers = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
  return numbers.filter((n) => clauses.every((clause) => satisfies(chain[n] ?? [], clause))).map(BigInt);
}

test("matches the naive scan over an ordered set of keys", () => {
  fc.assert(
    fc.property(chains, clauseSets, fc.nat(SPACE), fc.nat(SPACE), (chain, clauses, a, b) => {
      const keys = Object.entries(chain)
        .flatMap(([number, block]) => logIndexKeys(BigInt(number), executionOf(block.map(executed))))
        .sort(Buffer.compare);
      const seek = (start: Uint8Array, end: Uint8Array): Uint8Array | undefined =>
        keys.find((key) => Buffer.compare(key, start) >= 0 && Buffer.compare(key, end) < 0);
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      expect([...matchingBlocks(seek, clauses, BigInt(from), BigInt(to))]).toEqual(naive(chain, clauses, from, to));
    }),
  );
});

test("matches the naive scan through the database", async () => {
  await fc.assert(
    fc.asyncProperty(chains, clauseSets, fc.nat(SPACE), fc.nat(SPACE), async (chain, clauses, a, b) => {
      const database = Database.temporary();
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const canonize = Object.entries(chain).map(
        ([number, block], i): BlockRecord => ({
          number: BigInt(number),
          hash: word(i, 32),
          header: new Uint8Array(1),
          body: new Uint8Array(1),
          execution: executionOf(block.map((log, j) => executed(log, i * 8 + j))),
        }),
      );
      database.write({ blocks: canonize, canonize });
      await database.durable();
      const found = [...database.logCandidates(clauses, BigInt(from), BigInt(to))];
      await database.close();
      expect(found).toEqual(naive(chain, clauses, from, to));
    }),
    { numRuns: 20 },
  );
});
