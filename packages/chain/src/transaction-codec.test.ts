import fc from "fast-check";
import { expect, test } from "vitest";
import { TestWallet } from "./test-wallet.ts";
import { decodeStoredTransaction, encodeTransaction } from "./transaction-codec.ts";

const alice = new TestWallet(1);
const fixed = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const quantity = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
const access = fc.record({ address: fixed(20), storageKeys: fc.array(fixed(32), { maxLength: 2 }) });
const authorization = fc.record({
  chainId: quantity,
  address: fixed(20),
  nonce: quantity,
  yParity: fc.nat(1),
  r: quantity,
  s: quantity,
});

const common = {
  nonce: quantity,
  gasLimit: quantity,
  value: quantity,
  data: fc.uint8Array({ maxLength: 80 }),
  v: fc.bigInt({ min: 0n, max: 1n }),
  r: quantity,
  s: quantity,
};
const typed = { ...common, chainId: quantity, accessList: fc.array(access, { maxLength: 2 }) };
const market = { ...typed, maxFeePerGas: quantity, maxPriorityFeePerGas: quantity };

const transactions = fc.oneof(
  fc.record({ ...common, type: fc.constant(0 as const), gasPrice: quantity, to: fixed(20) }),
  fc.record({ ...typed, type: fc.constant(1 as const), gasPrice: quantity }),
  fc.record({ ...market, type: fc.constant(2 as const), to: fixed(20) }),
  fc.record({
    ...market,
    type: fc.constant(3 as const),
    to: fixed(20),
    maxFeePerBlobGas: quantity,
    blobVersionedHashes: fc.array(fixed(32), { maxLength: 2 }),
  }),
  fc.record({
    ...market,
    type: fc.constant(4 as const),
    to: fixed(20),
    authorizationList: fc.array(authorization, { maxLength: 2 }),
  }),
);

const deposits = fc.record({
  type: fc.constant(126 as const),
  to: fixed(20),
  value: quantity,
  gasLimit: quantity,
  data: fc.uint8Array({ maxLength: 80 }),
  deposit: fc.record({ sourceHash: fixed(32), mint: quantity, isSystemTransaction: fc.boolean() }),
  v: fc.constant(0n),
  r: fc.constant(0n),
  s: fc.constant(0n),
});

test("a deposit keeps its fields, and takes its nonce from its receipt", () => {
  const known = { hash: new Uint8Array(32).fill(1), from: alice.address, nonce: 7n };
  fc.assert(
    fc.property(deposits, (fields) => {
      const raw = encodeTransaction({ ...fields, from: known.from, nonce: 0n });
      expect(decodeStoredTransaction(raw, known)).toEqual({ ...fields, raw, ...known });
    }),
  );
});

test("decoding inverts encoding for every type", () => {
  const known = { hash: new Uint8Array(32).fill(1), from: alice.address };
  fc.assert(
    fc.property(transactions, (fields) => {
      const raw = encodeTransaction({ ...fields, from: known.from });
      expect(decodeStoredTransaction(raw, known)).toEqual({ ...fields, raw, ...known });
    }),
  );
});

test("truncated encodings are refused", () => {
  const raw = alice.sign({ nonce: 1n });
  for (let length = 0; length < raw.length; length++) {
    expect(() => decodeStoredTransaction(raw.subarray(0, length), { hash: raw, from: raw })).toThrow("rlp");
  }
});
