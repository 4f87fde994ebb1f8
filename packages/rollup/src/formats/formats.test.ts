import { brotliCompressSync, brotliDecompressSync, constants, crc32, deflateSync } from "node:zlib";
import { encodeRlp, RlpError, rlpBytes, rlpItem } from "@hyperion/chain";
import fc from "fast-check";
import {
  bytesToHex,
  concat,
  encodeAbiParameters,
  type Hex,
  hexToBytes,
  keccak256,
  numberToHex,
  toRlp,
  zeroHash,
} from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { describe, expect, test } from "vitest";
import * as independent from "../testing/independent-encoder.ts";
import { decodeBatch, encodeSingularBatch } from "./batch.ts";
import type { BatchContext } from "./batch-context.ts";
import { BLOB_SIZE, decodeBlob, encodeBlob, MAX_BLOB_DATA } from "./blob.ts";
import { decodeChannel } from "./channel.ts";
import { FormatError } from "./errors.ts";
import { decodeFrames, encodeFrames, MAX_FRAME_DATA } from "./frame.ts";
import type { L1Log } from "./l1-block.ts";
import { outputRoot } from "./output-root.ts";
import { encodeSpanBatch, type SpanBlockInput } from "./span-batch.ts";
import { type SystemConfig, updatedSystemConfig } from "./system-config.ts";

/** What the tables of the build are made with. */
const spec = (name: string): Promise<unknown> => import(new URL(`../../spec/${name}.mjs`, import.meta.url).href);
const { DICTIONARY_LENGTH, dictionaryStream, transformStream, WINDOW } = (await spec("brotli-dictionary")) as {
  readonly WINDOW: number;
  readonly DICTIONARY_LENGTH: number;
  dictionaryStream(front: Uint8Array): Uint8Array;
  transformStream(front: Uint8Array, length: number, lengths: readonly number[]): Uint8Array;
};
const { WORD_TRANSFORMS } = (await spec("word-transforms")) as {
  readonly WORD_TRANSFORMS: readonly (readonly [prefix: string, type: number, suffix: string])[];
};

const context: BatchContext = { chainId: 901n, genesisTime: 1_000n, blockTime: 2n };
const hash = (byte: number): Hex => `0x${byte.toString(16).padStart(2, "0").repeat(32)}`;
const account = privateKeyToAccount(generatePrivateKey());
const to: Hex = "0x1111111111111111111111111111111111111111";

async function signedTransactions(): Promise<Hex[]> {
  const chainId = 901;
  const authorization = await account.signAuthorization({ chainId, nonce: 3, contractAddress: to });
  const accessList = [{ address: to, storageKeys: [hash(1), hash(2)] }];
  const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 7n };
  const common = { chainId, gas: 50_000n, data: "0x00ff00ff" as Hex };
  return Promise.all([
    account.signTransaction({ ...common, type: "legacy", nonce: 0, to, value: 5n, gasPrice: 10n ** 9n }),
    account.signTransaction({ type: "legacy", nonce: 300, gas: 21_000n, to, value: 0n, gasPrice: 0n }),
    account.signTransaction({ ...common, type: "eip2930", nonce: 1, to, gasPrice: 1n, accessList }),
    account.signTransaction({ ...common, ...fees, type: "eip1559", nonce: 2, to, value: 10n ** 20n }),
    account.signTransaction({ ...common, ...fees, type: "eip1559", nonce: 2 ** 40, accessList }),
    account.signTransaction({ ...common, ...fees, type: "eip7702", nonce: 4, to, authorizationList: [authorization] }),
  ]);
}

async function someBlocks(): Promise<independent.TestBlock[]> {
  const all = await signedTransactions();
  return [
    { timestamp: 1_010n, epochNumber: 70n, epochHash: hash(70), transactions: all.slice(0, 2) },
    { timestamp: 1_012n, epochNumber: 70n, epochHash: hash(70), transactions: [] },
    { timestamp: 1_014n, epochNumber: 71n, epochHash: hash(71), transactions: all.slice(2) },
  ];
}

const bytesOf = (blocks: readonly independent.TestBlock[]): SpanBlockInput[] =>
  blocks.map((block) => ({ ...block, transactions: block.transactions.map((raw) => hexToBytes(raw)) }));

/** Decoding hostile bytes either works or fails with FormatError. */
function survives(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
  }
}

function mutated(bytes: Uint8Array, changes: readonly (readonly [number, number])[], cut: number): Uint8Array {
  const copy = bytes.slice(0, bytes.length - (cut % (bytes.length + 1)));
  for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value;
  return copy;
}

const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });

describe("batches of an encoder that shares nothing with the decoder", () => {
  test("singular", async () => {
    const [block] = await someBlocks();
    const decoded = decodeBatch(hexToBytes(independent.singularBatch(hash(9), block!)), context);
    expect(decoded).toEqual({ kind: "singular", parentHash: hash(9), ...bytesOf([block!])[0] });
  });

  test("span, with every type of transaction", async () => {
    const blocks = await someBlocks();
    const decoded = decodeBatch(hexToBytes(independent.spanBatch(hash(9), 69n, blocks, 1_000n)), context);
    expect(decoded).toEqual({
      kind: "span",
      parentCheck: `0x${"09".repeat(20)}`,
      originCheck: `0x${(71).toString(16).repeat(20)}`,
      blocks: bytesOf(blocks).map((block) => {
        const { epochHash: _, ...rest } = block;
        return rest;
      }),
    });
  });

  test("are what our encoder writes", async () => {
    const blocks = await someBlocks();
    const ours = bytesOf(blocks);
    const span = encodeSpanBatch(hash(9), 70n, ours, context);
    expect(bytesToHex(span)).toBe(independent.spanBatch(hash(9), 70n, blocks, 1_000n));
    const singular = encodeSingularBatch({ kind: "singular", parentHash: hash(9), ...bytesOf(blocks)[2]! });
    expect(bytesToHex(singular)).toBe(independent.singularBatch(hash(9), blocks[2]!));
  });

  test("never do worse than FormatError when damaged", async () => {
    const blocks = await someBlocks();
    const good = [independent.spanBatch(hash(9), 69n, blocks, 1_000n), independent.singularBatch(hash(9), blocks[0]!)];
    fc.assert(
      fc.property(fc.constantFrom(...good), changes, fc.nat(3), (batch, damage, cut) =>
        survives(() => decodeBatch(mutated(hexToBytes(batch), damage, cut), context)),
      ),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => survives(() => decodeBatch(bytes, context))),
      { numRuns: 1_000 },
    );
  });

  test("that claim ten million blocks or transactions cost nothing", () => {
    const prefix = [1, 0, 0, ...new Uint8Array(40)];
    const million = [0x80, 0x89, 0x7a];
    for (const tail of [
      [...million, ...new Uint8Array(125_000)],
      [1, 0, ...million],
      [0x80, 0xad, 0xe2, 0x04],
    ]) {
      expect(() => decodeBatch(Uint8Array.from([...prefix, ...tail]), context)).toThrow(FormatError);
    }
  });
});

const batchesOf = (channel: Uint8Array, limit?: number): Uint8Array[] => [...decodeChannel(channel, limit)];

describe("channels", () => {
  test.each(["zlib", "brotli"] as const)("in %s give their batches", (compression) => {
    const batches: Hex[] = ["0x00", `0x${"ab".repeat(70_000)}`, "0x8111"];
    const decoded = batchesOf(independent.channel(batches, compression));
    expect(decoded.map((batch) => bytesToHex(batch))).toEqual(batches);
  });

  test("cut or corrupt keep the batches before the fault", () => {
    const batches = Array.from({ length: 50 }, (_, i) => numberToHex(i, { size: 600 }));
    const rlp = hexToBytes(concat(batches.map((batch) => toRlp(batch))));
    const data = deflateSync(rlp, { level: 0 });
    const decoded = batchesOf(data.subarray(0, data.length / 2));
    expect(decoded.length).toBeGreaterThan(20);
    expect(decoded.map((batch) => bytesToHex(batch))).toEqual(batches.slice(0, decoded.length));
    const wrongSum = data.map((byte, i) => (i === data.length - 1 ? byte ^ 1 : byte));
    expect(batchesOf(wrongSum)).toHaveLength(50);
  });

  test("in Brotli keep what came before a bad byte, however it is cut into reads", () => {
    const batches = Array.from({ length: 200 }, (_, i) => keccak256(numberToHex(i)));
    const rlp = hexToBytes(concat(batches.map((batch) => toRlp(batch))));
    const whole = Buffer.concat([Uint8Array.of(1), brotliCompressSync(rlp)]);
    const cut = batchesOf(whole.subarray(0, whole.length / 2));
    const corrupt = Uint8Array.from(whole, (byte, i) => (i > whole.length / 2 ? 0xff : byte));
    for (const found of [cut, batchesOf(corrupt)]) {
      expect(found.length).toBeGreaterThan(50);
      expect(found.slice(0, 50).map((batch) => bytesToHex(batch))).toEqual(batches.slice(0, 50));
    }
  });

  test("that explode stop at the limit", () => {
    const bomb = new Uint8Array(50_000_000);
    const brotli = Buffer.concat([Uint8Array.of(1), brotliCompressSync(bomb, quick)]);
    for (const data of [deflateSync(bomb), brotli]) {
      const decoded = batchesOf(data, 10_000);
      expect(decoded).toHaveLength(10_000);
    }
  });

  test("of other compression are refused", () => {
    for (const bytes of [[], [0], [2, 1], [0x78, 0x9d, 3, 0], [0x78, 0xbb, 1, 1, 1, 1, 3, 0]]) {
      expect(() => batchesOf(Uint8Array.from(bytes))).toThrow(FormatError);
    }
  });

  const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
  const compressible = fc.array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(50)), { maxLength: 20 }).map((runs) =>
    Uint8Array.from(
      runs.flatMap(([bytes, times]) =>
        Array(times)
          .fill([...bytes])
          .flat(),
      ),
    ),
  );

  test("inflate to what zlib inflates them to, at every level and strategy", () => {
    const strategies = [constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY, constants.Z_RLE];
    fc.assert(
      fc.property(compressible, fc.nat(9), fc.constantFrom(...strategies), (bytes, level, strategy) => {
        expect(decompressed(asBatch(bytes), (data) => deflateSync(data, { level, strategy }))).toEqual(bytes);
      }),
    );
  });

  test("decompress to what Brotli made them of, with every quality, window and form of distances", () => {
    const form = fc.record({ quality: fc.nat(11), window: fc.integer({ min: 10, max: 24 }), postfix: fc.nat(3) });
    fc.assert(
      fc.property(
        compressible,
        fc.constantFrom(0, 1, 2),
        form,
        fc.nat(15),
        (bytes, mode, { quality, window, postfix }, direct) => {
          const params = {
            [constants.BROTLI_PARAM_MODE]: mode,
            [constants.BROTLI_PARAM_QUALITY]: quality,
            [constants.BROTLI_PARAM_LGWIN]: window,
            [constants.BROTLI_PARAM_NPOSTFIX]: postfix,
            [constants.BROTLI_PARAM_NDIRECT]: direct << postfix,
          };
          expect(decompressed(asBatch(bytes), (data) => withBrotli(data, params))).toEqual(bytes);
        },
      ),
    );
  });

  test("know every word of Brotli's dictionary", () => {
    const front = new Uint8Array(WINDOW);
    const length = WINDOW + DICTIONARY_LENGTH - 4;
    front.set([0xba, length >> 16, (length >> 8) & 0xff, length & 0xff]);
    const [batch] = batchesOf(Buffer.concat([Uint8Array.of(1), dictionaryStream(front)]));
    expect(crc32(batch!.subarray(WINDOW - 4))).toBe(0x5136cb04);
  });

  test.each([20, 22, 24])("know what Brotli may do to words of %i bytes", (length) => {
    const lengths = WORD_TRANSFORMS.map(([prefix, type, suffix]) => {
      const omitted = type > 11 ? type - 11 : Math.max(0, type - 2);
      return Buffer.byteLength(prefix + suffix) + length - omitted;
    });
    const front = new Uint8Array(WINDOW);
    const size = WINDOW + lengths.reduce((sum, one) => sum + 16 * one, 0);
    front.set([0xb9, (size - 3) >> 8, (size - 3) & 0xff]);
    const data = transformStream(front, length, lengths);
    const [batch] = batchesOf(Buffer.concat([Uint8Array.of(1), data]));
    expect(batch).toEqual(new Uint8Array(brotliDecompressSync(data)).subarray(3));
  });

  test("in damaged Brotli keep all that follows from the bytes before the first that no stream can have", () => {
    fc.assert(
      fc.property(compressible, changes, fc.nat(3), (bytes, damage, cut) => {
        const data = mutated(brotliCompressSync(asBatch(bytes)), damage, cut);
        const expected = longestBeginning(data);
        const found = [...decodeChannel(Buffer.concat([Uint8Array.of(1), data]))];
        expect(found).toEqual([...splitRlp(expected)]);
      }),
      { numRuns: 60 },
    );
  });

  test("inflate damaged data without harm, and to a prefix when it is cut", () => {
    fc.assert(
      fc.property(compressible, changes, fc.nat(), (bytes, damage, cut) => {
        const batches = Array.from(bytes, (byte) => Uint8Array.of(1, byte));
        const data = deflateSync(Buffer.concat(batches.map((batch) => encodeRlp(batch))));
        const found = [...decodeChannel(data.subarray(0, 2 + (cut % (data.length - 1))))];
        expect(found).toEqual(batches.slice(0, found.length));
        survives(() => [...decodeChannel(mutated(data, damage, 0))]);
      }),
    );
  });
});

/** Any bytes as the only batch of a channel. */
const asBatch = (bytes: Uint8Array): Uint8Array => encodeRlp(Buffer.concat([Uint8Array.of(1), bytes]));

const decompressed = (batch: Uint8Array, compress: (data: Uint8Array) => Uint8Array): Uint8Array | undefined =>
  [...decodeChannel(compress(batch))][0]?.slice(1);

const withBrotli = (data: Uint8Array, params: Record<number, number>): Uint8Array =>
  Buffer.concat([Uint8Array.of(1), brotliCompressSync(data, { params })]);

/** zlib tells only whether a stream is bad, and drops what it held back: the longest beginning that is not bad is tried for. */
function longestBeginning(data: Uint8Array): Uint8Array {
  for (let length = data.length; length > 0; length--) {
    try {
      const finishFlush = constants.BROTLI_OPERATION_FLUSH;
      return new Uint8Array(brotliDecompressSync(data.subarray(0, length), { finishFlush }));
    } catch {
      // One byte less.
    }
  }
  return new Uint8Array(0);
}

function* splitRlp(bytes: Uint8Array): Iterable<Uint8Array> {
  try {
    for (let at = 0; at < bytes.length; ) {
      const item = rlpItem(bytes, at);
      yield rlpBytes(bytes, item);
      at = item.end;
    }
  } catch (error) {
    expect(error).toBeInstanceOf(RlpError);
  }
}

describe("frames", () => {
  test("of the independent encoder", () => {
    const id = `0x${"c4".repeat(16)}` as Hex;
    const data = Uint8Array.from({ length: 250 }, (_, i) => i);
    const [first, , last] = independent.batcherTransactions(id, data, 100);
    expect(decodeFrames(first!)).toEqual([{ channelId: id, number: 0, data: data.slice(0, 100), isLast: false }]);
    expect(decodeFrames(last!)).toEqual([{ channelId: id, number: 2, data: data.slice(200), isLast: true }]);
    const several = Uint8Array.from([...first!, ...last!.slice(1)]);
    expect(decodeFrames(several)).toHaveLength(2);
    expect(encodeFrames(decodeFrames(several))).toEqual(several);
  });

  test("are void together when one is bad", () => {
    const frame = { channelId: `0x${"c4".repeat(16)}` as Hex, number: 1, data: Uint8Array.of(1, 2), isLast: true };
    const good = encodeFrames([frame, frame]);
    for (let length = 0; length < good.length; length++) {
      if (length !== 1 + (good.length - 1) / 2) expect(() => decodeFrames(good.slice(0, length))).toThrow(FormatError);
    }
    expect(() => decodeFrames(Uint8Array.from([...good.slice(0, -1), 2]))).toThrow(FormatError);
    expect(() => decodeFrames(Uint8Array.from([1, ...good.slice(1)]))).toThrow(FormatError);
    const long = encodeFrames([{ ...frame, data: new Uint8Array(MAX_FRAME_DATA + 1) }]);
    expect(() => decodeFrames(long)).toThrow(FormatError);
    expect(decodeFrames(encodeFrames([{ ...frame, data: new Uint8Array(MAX_FRAME_DATA) }]))).toHaveLength(1);
  });
});

describe("blobs", () => {
  test("carry any data up to their capacity, in valid field elements", () => {
    const sizes = fc.oneof(fc.nat(300), fc.integer({ min: MAX_BLOB_DATA - 200, max: MAX_BLOB_DATA }));
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 255 }), (size, factor) => {
        const data = Uint8Array.from({ length: size }, (_, i) => (i * factor) & 0xff);
        const blob = encodeBlob(data);
        expect(Array.from({ length: 4096 }, (_, i) => blob[i * 32]!).every((first) => first < 64)).toBe(true);
        expect(Buffer.compare(decodeBlob(blob), data)).toBe(0);
      }),
      { numRuns: 20 },
    );
    expect(() => encodeBlob(new Uint8Array(MAX_BLOB_DATA + 1))).toThrow(FormatError);
  });

  test("that nobody encodes so are refused", () => {
    const blob = encodeBlob(Uint8Array.of(1, 2, 3));
    const damaged = [
      [1, 1],
      [2, 0xff],
      [32, 64],
      [9, 1],
      [BLOB_SIZE - 1, 1],
      [96, 1],
    ] as const;
    for (const [at, value] of damaged) {
      const copy = blob.slice();
      copy[at] = value;
      expect(() => decodeBlob(copy)).toThrow(FormatError);
    }
    expect(() => decodeBlob(blob.slice(1))).toThrow(FormatError);
  });
});

test("the output root commits to its three parts", () => {
  const parts = { stateRoot: hash(1), messagePasserStorageRoot: hash(2), blockHash: hash(3) };
  expect(outputRoot(parts)).toBe(keccak256(concat([zeroHash, hash(1), hash(2), hash(3)])));
});

describe("system configuration", () => {
  const contract: Hex = "0x5c00000000000000000000000000000000000000";
  const config: SystemConfig = {
    ...{ batcher: to, gasLimit: 30_000_000n, baseFeeScalar: 1, blobBaseFeeScalar: 2, eip1559Denominator: 0 },
    ...{ eip1559Elasticity: 0, operatorFeeScalar: 0, operatorFeeConstant: 0n, minBaseFee: 0n, daFootprintGasScalar: 0 },
  };
  const update = (type: bigint, payload: Hex, version = 0n): L1Log => ({
    address: contract,
    topics: [
      keccak256(Buffer.from("ConfigUpdate(uint256,uint8,bytes)")),
      numberToHex(version, { size: 32 }),
      numberToHex(type, { size: 32 }),
    ],
    data: hexToBytes(encodeAbiParameters([{ type: "bytes" }], [payload])),
    index: 0,
  });
  const word = (value: bigint): Hex => numberToHex(value, { size: 32 });
  const after = (...logs: L1Log[]): SystemConfig => updatedSystemConfig(config, logs, contract);

  test("follows its events in order", () => {
    const scalars = concat([word(0n), word((1n << 248n) | (810_949n << 32n) | 1_368n)]);
    expect(
      after(
        update(0n, word(0xabn)),
        update(1n, scalars),
        update(2n, word(60_000_000n)),
        update(2n, word(50_000_000n)),
        update(4n, word((250n << 32n) | 6n)),
        update(5n, word((500n << 64n) | 7n)),
        update(6n, word(9n)),
        update(7n, word(400n)),
      ),
    ).toEqual({
      ...{ batcher: `0x${"00".repeat(19)}ab`, gasLimit: 50_000_000n, baseFeeScalar: 1_368, blobBaseFeeScalar: 810_949 },
      ...{ eip1559Denominator: 250, eip1559Elasticity: 6, operatorFeeScalar: 500, operatorFeeConstant: 7n },
      ...{ minBaseFee: 9n, daFootprintGasScalar: 400 },
    });
  });

  test("is left alone by what is none of its updates", () => {
    const foreign = { ...update(2n, word(1n)), address: to };
    const bad = [
      foreign,
      update(2n, word(1n), 1n),
      update(2n, "0x01"),
      update(0n, word(1n << 160n)),
      update(3n, word(1n)),
      update(2n, word(1n << 64n)),
      update(4n, word(250n << 32n)),
      update(7n, word(1n << 16n)),
      update(1n, concat([word(0n), word((1n << 248n) | (1n << 64n))])),
      update(1n, concat([word(0n), word(1n << 32n)])),
    ];
    expect(after(...bad, update(1n, word(1n)), { ...update(2n, word(1n)), data: new Uint8Array(7) })).toEqual(config);
  });
});

test("hostile frames, blobs and channels never do worse than FormatError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(0, 1, 0x78), (bytes, first) => {
      const data = Uint8Array.from([first, ...bytes]);
      survives(() => decodeFrames(data));
      survives(() => decodeBlob(data));
      survives(() => batchesOf(data, 10_000));
    }),
    { numRuns: 500 },
  );
});
