import type { Receipt } from "@hyperion/kernel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeExecution, encodeExecution } from "./execution-codec.ts";

const fixed = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const amount = fc.bigInt({ min: 0n, max: (1n << 256n) - 1n });

const receipts: fc.Arbitrary<Receipt> = fc
  .record(
    {
      type: fc.nat(4),
      status: fc.constantFrom(0 as const, 1 as const),
      stateRoot: fixed(32),
      cumulativeGasUsed: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      gasUsed: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      effectiveGasPrice: amount,
      contractAddress: fixed(20),
      logs: fc.array(
        fc.record({ address: fixed(20), topics: fc.array(fixed(32), { maxLength: 4 }), data: fc.uint8Array() }),
        { maxLength: 3 },
      ),
      logsBloom: fc.oneof(fixed(256), fc.constant(new Uint8Array(256))),
      depositNonce: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      blob: fc.record({ blobGasUsed: amount, blobGasPrice: amount }),
      l1: fc.record({ l1Fee: amount, l1GasUsed: amount }),
    },
    { requiredKeys: ["type", "cumulativeGasUsed", "gasUsed", "effectiveGasPrice", "logs", "logsBloom"] },
  )
  .map(({ blob, l1, ...rest }) => ({ ...rest, ...blob, ...l1 }) as Receipt);

const executions = fc.array(fc.record({ hash: fixed(32), from: fixed(20), receipt: receipts }), { maxLength: 4 });

test("decoding inverts encoding", () => {
  fc.assert(
    fc.property(executions, (records) => {
      expect(decodeExecution(encodeExecution(records))).toEqual(records);
    }),
  );
});

test("truncated and extended records are refused", () => {
  fc.assert(
    fc.property(executions, fc.nat(), (records, cut) => {
      const encoded = encodeExecution(records);
      const damaged = expect.objectContaining({ code: "RECORD_DAMAGED" });
      expect(() => decodeExecution(encoded.subarray(0, cut % encoded.length))).toThrow(damaged);
      expect(() => decodeExecution(Uint8Array.from([...encoded, 0]))).toThrow(damaged);
    }),
  );
});
