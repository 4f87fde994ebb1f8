import { hexToBytes } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import { decodeBatch } from "../formats/batch.ts";
import { MAX_BLOB_DATA } from "../formats/blob.ts";
import { decodeChannel } from "../formats/channel.ts";
import { decodeFrames } from "../formats/frame.ts";
import { type BatchBlock, buildChannel } from "./channel-builder.ts";
import { blobCost, calldataCost } from "./data-cost.ts";

const context = { chainId: 901n, genesisTime: 1_000n, blockTime: 2n };
const account = privateKeyToAccount(generatePrivateKey());

async function blocks(count: number, transfers: number): Promise<BatchBlock[]> {
  const hash = (number: number): `0x${string}` => `0x${number.toString(16).padStart(64, "a")}`;
  const fees = { maxFeePerGas: 10n ** 9n, maxPriorityFeePerGas: 1n };
  const transfer = (nonce: number): Promise<`0x${string}`> =>
    account.signTransaction({ ...fees, type: "eip1559", chainId: 901, nonce, gas: 21_000n, to: account.address });
  return Promise.all(
    Array.from({ length: count }, async (_, i) => ({
      number: BigInt(i + 1),
      hash: hash(i + 1),
      parentHash: hash(i),
      timestamp: 1_002n + 2n * BigInt(i),
      epochNumber: 7n + BigInt(i >> 2),
      epochHash: hash(100 + (i >> 2)),
      transactions: await Promise.all(
        Array.from({ length: transfers }, async (_, j) => hexToBytes(await transfer(i * transfers + j))),
      ),
    })),
  );
}

test.each([
  ["span", "brotli"],
  ["span", "zlib"],
  ["singular", "brotli"],
  ["singular", "zlib"],
] as const)("a channel of %s batches in %s comes back from its payloads", async (batches, compression) => {
  const source = await blocks(9, 2);
  const payloads = buildChannel(source, 7n, context, { batches, compression, payloadSize: 400 });
  expect(payloads.every(({ length }) => length <= 400)).toBe(true);
  const frames = payloads.flatMap((payload) => decodeFrames(payload));
  expect(frames.map(({ number, isLast }) => [number, isLast])).toEqual(
    payloads.map((_, number) => [number, number === payloads.length - 1]),
  );
  const encoded = [...decodeChannel(Buffer.concat(frames.map(({ data }) => data)))];
  const decoded = encoded.map((batch) => decodeBatch(batch, context));
  const derived = decoded.flatMap((batch) => (batch.kind === "span" ? batch.blocks : [batch]));
  expect(derived).toHaveLength(9);
  for (const [i, { timestamp, epochNumber, transactions }] of derived.entries()) {
    const { timestamp: time, epochNumber: epoch, transactions: raws } = source[i]!;
    expect({ timestamp, epochNumber, transactions }).toEqual({
      timestamp: time,
      epochNumber: epoch,
      transactions: raws,
    });
  }
});

test("all payloads of a channel but the last are full", async () => {
  const options = { batches: "span", compression: "brotli", payloadSize: 1_000 } as const;
  const payloads = buildChannel(await blocks(20, 3), 7n, context, options);
  expect(payloads.length).toBeGreaterThan(4);
  expect(payloads.slice(0, -1).every(({ length }) => length === 1_000)).toBe(true);
});

test("blobs win where they are cheap, calldata where there is little of it", () => {
  const full = [new Uint8Array(MAX_BLOB_DATA).fill(1)];
  const little = [new Uint8Array(300).fill(1)];
  const cheapBlobs = { baseFee: 10n ** 9n, blobBaseFee: 1n };
  const dearBlobs = { baseFee: 10n ** 9n, blobBaseFee: 10n ** 9n };
  expect(blobCost(full, cheapBlobs)).toBeLessThan(calldataCost(full, cheapBlobs));
  expect(calldataCost(little, dearBlobs)).toBeLessThan(blobCost(little, dearBlobs));
  expect(calldataCost([Uint8Array.of(0, 1)], { baseFee: 2n, blobBaseFee: 0n })).toBe(2n * 21_050n);
});
