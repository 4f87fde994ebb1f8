import { brotliCompressSync, deflateSync } from "node:zlib";
import { type BatchContext, decodeBatch, decodeBlob, decodeChannel, decodeFrames, FormatError } from "@hyperion/rollup";
import fc from "fast-check";
import type { TransactionSerializable } from "viem";
import { bytesToHex, concatHex, type Hex, hexToBytes, serializeTransaction, toHex, toRlp } from "viem";
import type { DecodedBatch, DecoderRequest } from "./op-node-decoder.ts";

export const CONTEXT: BatchContext = { chainId: 901n, genesisTime: 1_000n, blockTime: 2n };

/** An L2 block as a batcher has it. */
export interface CaseBlock {
  readonly timestamp: bigint;
  readonly epochNumber: bigint;
  readonly epochHash: Hex;
  readonly transactions: readonly Uint8Array[];
}

const hex = (length: number): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => bytesToHex(bytes));
const wei = fc.bigInt({ min: 0n, max: 2n ** 100n });
const address = hex(20);
const accessList = fc.array(fc.record({ address, storageKeys: fc.array(hex(32), { maxLength: 2 }) }), { maxLength: 2 });
/** Above half the order, and zero at the front, as signatures may be: batches do not judge them. */
const signature = fc.record({
  r: hex(32),
  s: fc.oneof(hex(32), fc.constant<Hex>(`0x${"00".repeat(31)}07`)),
  yParity: fc.constantFrom(0 as const, 1 as const),
});
const authorization = fc
  .tuple(address, fc.nat(1_000), signature)
  .map(([contract, nonce, { r, s, yParity }]) => ({ address: contract, chainId: 901, nonce, r, s, yParity }));

const common = {
  nonce: fc.nat(2 ** 31),
  gas: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  value: wei,
  data: fc.uint8Array({ maxLength: 90 }).map((bytes) => bytesToHex(bytes)),
  to: fc.option(address, { nil: undefined }),
};
const fees = { maxFeePerGas: wei, maxPriorityFeePerGas: wei };

const unsigned: fc.Arbitrary<TransactionSerializable> = fc.oneof(
  fc.record({ ...common, type: fc.constant("legacy"), gasPrice: wei, chainId: fc.constantFrom(901, undefined) }),
  fc.record({ ...common, type: fc.constant("eip2930"), gasPrice: wei, accessList, chainId: fc.constant(901) }),
  fc.record({ ...common, ...fees, type: fc.constant("eip1559"), accessList, chainId: fc.constant(901) }),
  fc.record({
    ...{ ...common, ...fees, to: address, type: fc.constant("eip7702"), accessList, chainId: fc.constant(901) },
    authorizationList: fc.array(authorization, { minLength: 1, maxLength: 2 }),
  }),
) as fc.Arbitrary<TransactionSerializable>;

const transaction: fc.Arbitrary<Uint8Array> = fc.tuple(unsigned, signature).map(([fields, { r, s, yParity }]) => {
  const parity = fields.type === "legacy" ? { v: BigInt(27 + yParity) } : { yParity };
  return hexToBytes(serializeTransaction(capTip(fields), { r, s, ...parity }));
});

/** The encoder refuses a tip above the fee. */
const capTip = (fields: TransactionSerializable): TransactionSerializable => {
  const { maxFeePerGas: most, maxPriorityFeePerGas: tip } = fields as {
    maxFeePerGas?: bigint;
    maxPriorityFeePerGas?: bigint;
  };
  return most !== undefined && tip! > most
    ? ({ ...fields, maxPriorityFeePerGas: most } as TransactionSerializable)
    : fields;
};

/** Consecutive blocks; the epoch stays or advances by one. */
export const caseBlocks: fc.Arbitrary<readonly CaseBlock[]> = fc
  .array(fc.tuple(fc.boolean(), fc.array(transaction, { maxLength: 3 })), { minLength: 1, maxLength: 8 })
  .map((rows) => {
    let epochNumber = 70n;
    return rows.map(([isNew, transactions], i) => {
      if (isNew) epochNumber++;
      const epochHash = toHex(epochNumber * 0x1_0001n ** 4n, { size: 32 });
      return { timestamp: 1_010n + 2n * BigInt(i), epochNumber, epochHash, transactions };
    });
  });

/** How bytes are spoilt: set, and cut off at the end. */
export interface Damage {
  readonly sets: readonly (readonly [at: number, value: number])[];
  readonly cut: number;
}

export const damage: fc.Arbitrary<Damage> = fc.record({
  sets: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
  cut: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(20) }),
});

export const spoil = (bytes: Uint8Array, { sets, cut }: Damage): Uint8Array => {
  const copy = bytes.slice(0, Math.max(1, bytes.length - cut));
  for (const [at, value] of sets) copy[at % copy.length] = value;
  return copy;
};

/** Encoded batches as the bytes of a channel. */
export const compressed = (batches: readonly Uint8Array[], compression: "zlib" | "brotli"): Uint8Array => {
  const rlp = hexToBytes(concatHex(batches.map((batch) => toRlp(bytesToHex(batch)))));
  return compression === "zlib" ? deflateSync(rlp) : Buffer.concat([Uint8Array.of(1), brotliCompressSync(rlp)]);
};

export const request = (payloads: readonly Uint8Array[], blobs = false): DecoderRequest => ({
  chainId: Number(CONTEXT.chainId),
  genesisTime: Number(CONTEXT.genesisTime),
  blockTime: Number(CONTEXT.blockTime),
  payloads: payloads.map((payload) => bytesToHex(payload)),
  blobs,
});

/** What this repository's readers find in the payloads of one channel: all batches before the first that is bad. */
export function decodeHere({ payloads, blobs }: DecoderRequest): readonly DecodedBatch[] {
  const found: DecodedBatch[] = [];
  try {
    const frames = payloads.flatMap((payload) => {
      const bytes = hexToBytes(payload);
      return decodeFrames(blobs ? decodeBlob(bytes) : bytes);
    });
    const isWhole = frames.every(
      ({ channelId, number, isLast }, i) =>
        channelId === frames[0]!.channelId && number === i && isLast === (i === frames.length - 1),
    );
    if (!isWhole) return [];
    for (const bytes of decodeChannel(Buffer.concat(frames.map(({ data }) => data)))) found.push(describe(bytes));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  return found;
}

const describe = (bytes: Uint8Array): DecodedBatch => {
  const batch = decodeBatch(bytes, CONTEXT);
  const blocks = batch.kind === "span" ? batch.blocks : [batch];
  return {
    kind: batch.kind,
    parent: batch.kind === "span" ? batch.parentCheck : batch.parentHash,
    origin: batch.kind === "span" ? batch.originCheck : batch.epochHash,
    blocks: blocks.map(({ timestamp, epochNumber, transactions }) => ({
      timestamp: `${timestamp}`,
      epochNumber: `${epochNumber}`,
      transactions: transactions.map((raw) => bytesToHex(raw)),
    })),
  };
};
