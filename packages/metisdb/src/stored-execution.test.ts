import { Execution, type Receipt } from "@hyperion/kernel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { storedExecution } from "./stored-execution.ts";
import { executionOf } from "./test-execution.ts";

const fixed = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const amount = fc.bigInt({ min: 0n, max: (1n << 256n) - 1n });
const gas = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

const receipts: fc.Arbitrary<Receipt> = fc
  .record(
    {
      type: fc.nat(4),
      status: fc.constantFrom(0 as const, 1 as const),
      stateRoot: fixed(32),
      cumulativeGasUsed: gas,
      gasUsed: gas,
      effectiveGasPrice: amount,
      contractAddress: fixed(20),
      logs: fc.array(
        fc.record({ address: fixed(20), topics: fc.array(fixed(32), { maxLength: 4 }), data: fc.uint8Array() }),
        { maxLength: 3 },
      ),
      logsBloom: fc.oneof(fixed(256), fc.constant(new Uint8Array(256))),
      depositNonce: gas,
      blob: fc.record({ blobGasUsed: gas, blobGasPrice: amount }, { requiredKeys: ["blobGasUsed"] }),
      l1: fc.record({ l1Fee: amount, l1GasUsed: gas }),
    },
    { requiredKeys: ["type", "cumulativeGasUsed", "gasUsed", "effectiveGasPrice", "logs", "logsBloom"] },
  )
  .map(({ blob, l1, ...rest }) => ({ ...rest, ...blob, ...l1 }) as Receipt);

const executions = fc.array(fc.record({ hash: fixed(32), from: fixed(20), receipt: receipts }), { maxLength: 4 });

test("decoding inverts encoding", () => {
  fc.assert(
    fc.property(executions, (executed) => {
      const { records } = storedExecution(executionOf(executed).bytes);
      expect(records.map(({ hash, from, receipt }) => ({ hash, from, receipt }))).toEqual(executed);
      for (const [index, { receipt }] of executed.entries()) {
        const { gasUsed, cumulativeGasUsed, logs } = receipt;
        expect(records[index]).toMatchObject({ gasUsed, cumulativeGasUsed, logCount: logs.length });
      }
    }),
  );
});

test("records under another hash and sender differ in nothing else", () => {
  fc.assert(
    fc.property(executions, fixed(32), fixed(20), (executed, hash, from) => {
      const renamed = executionOf(executed).records.map((record) => record.with(hash, from));
      const expected = executed.map(({ receipt }) => ({ hash, from, receipt }));
      expect(Execution.of(renamed).bytes).toEqual(executionOf(expected).bytes);
    }),
  );
});

test("truncated and extended records are refused", () => {
  const damaged = expect.objectContaining({ code: "RECORD_DAMAGED" });
  fc.assert(
    fc.property(executions, fc.nat(), (executed, cut) => {
      const { bytes, records } = executionOf(executed);
      const ends = new Set([0]);
      for (const record of records) ends.add(Math.max(...ends) + record.bytes.length);
      const length = cut % (bytes.length + 1);
      if (!ends.has(length)) expect(() => storedExecution(bytes.subarray(0, length))).toThrow(damaged);
      expect(() => storedExecution(Uint8Array.from([...bytes, 0]))).toThrow(damaged);
    }),
  );
});

test("whatever is accepted can be decoded", () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(executions, changes, (executed, edits) => {
      const bytes = executionOf(executed).bytes.slice();
      for (const [place, value] of edits) if (bytes.length > 0) bytes[place % Math.min(bytes.length, 120)] = value;
      const execution = new Execution(bytes);
      if (!execution.isWellFormed) return;
      const logs = execution.receipts.reduce((count, receipt) => count + receipt.logs.length, 0);
      let visited = 0;
      execution.visitLogs(() => visited++);
      expect(visited).toBe(logs);
    }),
  );
});
