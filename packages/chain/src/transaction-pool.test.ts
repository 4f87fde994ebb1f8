import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PoolErrorCode } from "./api.ts";
import type { Blockchain } from "./blockchain.ts";
import { alice, bob, carol, ETHER, openTestChain } from "./test-chain.ts";

const GWEI = 10n ** 9n;

let chain: Blockchain;
beforeEach(async () => {
  chain = await openTestChain({ pool: { globalLimit: 8, senderLimit: 4 } });
});
afterEach(() => chain.close());

function expectRejected(raw: Uint8Array, code: PoolErrorCode, message?: string): void {
  const error = expect.objectContaining({ code, ...(message ? { message: expect.stringContaining(message) } : {}) });
  expect(() => chain.builder.submit(raw)).toThrow(error);
}

describe("rejects", () => {
  test.each<[string, Parameters<typeof alice.sign>[0], PoolErrorCode, string]>([
    ["a foreign chain id", { nonce: 0n, chainId: 1n }, "INVALID_CHAIN_ID", "chain id"],
    ["too little gas", { nonce: 0n, gasLimit: 20_999n }, "INTRINSIC_GAS", "intrinsic gas too low"],
    ["more gas than a block has", { nonce: 0n, gasLimit: 31_000_000n }, "GAS_LIMIT_CAP", "gas limit"],
    [
      "a fee below the base fee",
      { nonce: 0n, maxFeePerGas: 1n, maxPriorityFeePerGas: 0n },
      "FEE_CAP_BELOW_BASE_FEE",
      "max fee per gas less than block base fee",
    ],
    ["a tip above the fee", { nonce: 0n, maxPriorityFeePerGas: 20n * GWEI }, "TIP_ABOVE_FEE_CAP", "max priority fee"],
    [
      "more value than the balance",
      { nonce: 0n, value: 1001n * ETHER },
      "INSUFFICIENT_FUNDS",
      "insufficient funds for gas * price + value",
    ],
  ])("%s", (_, fields, code, message) => {
    expectRejected(alice.sign(fields), code, message);
  });

  test("gas above the block's limit", async () => {
    chain.dev.setBlockGasLimit(100_000n);
    expectRejected(alice.sign({ nonce: 0n, gasLimit: 100_001n }), "GAS_LIMIT", "exceeds block gas limit");
  });

  test("garbage and truncated transactions", () => {
    const raw = alice.sign({ nonce: 0n });
    expectRejected(new Uint8Array(0), "MALFORMED");
    expectRejected(Uint8Array.of(1, 2, 3), "MALFORMED");
    expectRejected(raw.subarray(0, raw.length - 1), "MALFORMED");
    expectRejected(Uint8Array.of(0x7e, ...raw.subarray(1)), "TYPE_NOT_SUPPORTED");
  });

  test("oversized data", () => {
    const data = new Uint8Array(129 * 1024);
    expectRejected(alice.sign({ nonce: 0n, data, gasLimit: 10_000_000n }), "OVERSIZED", "oversized data");
  });

  test("the same transaction twice, and a used nonce", () => {
    chain.builder.submit(alice.sign({ nonce: 0n }));
    expectRejected(alice.sign({ nonce: 0n }), "ALREADY_KNOWN", "already known");
    expectRejected(alice.sign({ nonce: 0n, value: 1n }), "NONCE_TOO_LOW", "nonce too low");
  });

  test("what the waiting transactions of the sender leave unfunded", () => {
    chain.builder.submit(carol.sign({ nonce: 1n, value: ETHER / 2n }));
    expectRejected(carol.sign({ nonce: 2n, value: ETHER / 2n }), "INSUFFICIENT_FUNDS");
  });

  test("more waiting transactions than a sender may have", () => {
    for (let nonce = 1n; nonce <= 4n; nonce++) chain.builder.submit(alice.sign({ nonce }));
    expectRejected(alice.sign({ nonce: 5n }), "ACCOUNT_LIMIT");
  });
});

test("a nonce gap waits, and closing it executes what waited", () => {
  chain.builder.submit(alice.sign({ nonce: 2n }));
  chain.builder.submit(alice.sign({ nonce: 1n }));
  expect(chain.pool.status()).toEqual({ pending: 0, queued: 2 });
  expect(chain.pool.nextNonce(alice.address)).toBe(0n);
  chain.builder.submit(alice.sign({ nonce: 0n }));
  expect(chain.pool.status()).toEqual({ pending: 3, queued: 0 });
  expect(chain.pool.nextNonce(alice.address)).toBe(3n);
  expect(chain.pending().transactions.map((tx) => tx.nonce)).toEqual([0n, 1n, 2n]);
});

test("a waiting transaction is replaced for 10 % more, not for less", () => {
  chain.builder.submit(alice.sign({ nonce: 1n }));
  const dearer = { nonce: 1n, maxFeePerGas: 11n * GWEI, maxPriorityFeePerGas: (11n * GWEI) / 10n };
  expectRejected(
    alice.sign({ ...dearer, maxFeePerGas: 11n * GWEI - 1n }),
    "REPLACEMENT_UNDERPRICED",
    "replacement transaction underpriced",
  );
  const hash = chain.builder.submit(alice.sign(dearer));
  expect(chain.pool.status()).toEqual({ pending: 0, queued: 1 });
  expect(chain.pool.get(hash)?.maxFeePerGas).toBe(11n * GWEI);
});

test("a full pool drops the cheapest and refuses what is no better", () => {
  for (let nonce = 1n; nonce <= 4n; nonce++)
    chain.builder.submit(alice.sign({ nonce, maxPriorityFeePerGas: 2n * GWEI }));
  for (let nonce = 1n; nonce <= 4n; nonce++) chain.builder.submit(bob.sign({ nonce, maxPriorityFeePerGas: 3n * GWEI }));
  expectRejected(carol.sign({ nonce: 1n, maxPriorityFeePerGas: 2n * GWEI }), "POOL_FULL");
  chain.builder.submit(carol.sign({ nonce: 1n, maxPriorityFeePerGas: 4n * GWEI }));
  expect(chain.pool.status()).toEqual({ pending: 0, queued: 8 });
  expect(chain.pool.contentFrom(alice.address).queued.map((tx) => tx.nonce)).toEqual([1n, 2n, 3n]);
});

test("what the block has no gas for is carried over, dearest first", async () => {
  chain.dev.setBlockGasLimit(50_000n);
  chain.builder.submit(alice.sign({ nonce: 0n }));
  chain.builder.submit(alice.sign({ nonce: 1n }));
  chain.builder.submit(bob.sign({ nonce: 0n, maxPriorityFeePerGas: 1n }));
  chain.builder.submit(carol.sign({ nonce: 0n, maxPriorityFeePerGas: 2n * GWEI }));
  expect(chain.pool.status()).toEqual({ pending: 4, queued: 0 });
  const first = await chain.builder.seal();
  const second = await chain.builder.seal();
  expect(first.transactions.map((tx) => Buffer.from(tx.from).toString("hex"))).toEqual(
    [alice, alice].map(({ address }) => Buffer.from(address).toString("hex")),
  );
  expect(second.transactions.map((tx) => tx.maxPriorityFeePerGas)).toEqual([2n * GWEI, 1n]);
  expect(chain.pool.status()).toEqual({ pending: 0, queued: 0 });
});

test("waiting transactions expire", () => {
  chain.builder.submit(alice.sign({ nonce: 1n }));
  chain.pool.expire(performance.now() + 2 * 3600 * 1000);
  expect(chain.pool.status().queued).toBe(1);
  chain.pool.expire(performance.now() + 4 * 3600 * 1000);
  expect(chain.pool.status().queued).toBe(0);
});

test("an executed transaction is replaced where the chain allows it", async () => {
  const open = await openTestChain({ pool: { replaceExecuted: true } });
  open.builder.submit(alice.sign({ nonce: 0n, value: 1n }));
  open.builder.submit(bob.sign({ nonce: 0n, value: 2n }));
  const hash = open.builder.submit(
    alice.sign({ nonce: 0n, value: 3n, maxFeePerGas: 20n * GWEI, maxPriorityFeePerGas: 2n * GWEI }),
  );
  const block = await open.builder.seal();
  expect(block.transactions.map((tx) => tx.value)).toEqual([3n, 2n]);
  expect(open.receipt(hash)?.index).toBe(0);
  await open.close();
});
