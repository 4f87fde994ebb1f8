import { encodeRlp, RlpError, rlpBytes, rlpList, rlpQuantity } from "@hyperion/chain";
import { bytesToHex, type Hex, hexToBytes } from "viem";
import type { BatchContext } from "./batch-context.ts";
import { FormatError } from "./errors.ts";
import { decodeSpanBatch, SPAN_BATCH_VERSION, type SpanBatch } from "./span-batch.ts";

/** Transactions of one L2 block in full: batch version 0. */
export interface SingularBatch {
  readonly kind: "singular";
  readonly parentHash: Hex;
  readonly epochNumber: bigint;
  readonly epochHash: Hex;
  readonly timestamp: bigint;
  /** EIP-2718, without deposits. */
  readonly transactions: readonly Uint8Array[];
}

export type Batch = SingularBatch | SpanBatch;

const SINGULAR_BATCH_VERSION = 0;
const SINGULAR_FIELDS = 5;

/**
 * Bytes behind a batch are passed over, as op-node does.
 *
 * @throws FormatError
 */
export const decodeBatch = (bytes: Uint8Array, context: BatchContext): Batch => {
  const [version] = bytes;
  if (version === SPAN_BATCH_VERSION) return decodeSpanBatch(bytes.subarray(1), context);
  if (version !== SINGULAR_BATCH_VERSION) throw new FormatError(`batch of unknown version ${version}`);
  try {
    return decodeSingular(bytes);
  } catch (error) {
    if (error instanceof RlpError) throw new FormatError(`singular batch: ${error.shortMessage}`, { cause: error });
    throw error;
  }
};

const decodeSingular = (bytes: Uint8Array): SingularBatch => {
  const items = rlpList(bytes, 1);
  const [parentHash, epochNumber, epochHash, timestamp, transactions] = items;
  if (items.length !== SINGULAR_FIELDS || !transactions)
    throw new FormatError("singular batch: five fields are expected");
  const hash = (item: typeof transactions): Hex => {
    const value = rlpBytes(bytes, item);
    if (value.length !== 32) throw new FormatError("singular batch: a hash has 32 bytes");
    return bytesToHex(value);
  };
  return {
    kind: "singular",
    parentHash: hash(parentHash!),
    epochNumber: u64(rlpQuantity(bytes, epochNumber!)),
    epochHash: hash(epochHash!),
    timestamp: u64(rlpQuantity(bytes, timestamp!)),
    transactions: rlpList(bytes, transactions.start, transactions.end).map((item) => rlpBytes(bytes, item)),
  };
};

const u64 = (value: bigint): bigint => {
  if (value >> 64n) throw new FormatError("singular batch: number exceeds 64 bits");
  return value;
};

/** 0 ‖ rlp([parent_hash, epoch_number, epoch_hash, timestamp, transactions]). */
export const encodeSingularBatch = (batch: SingularBatch): Uint8Array => {
  const fields = [hexToBytes(batch.parentHash), batch.epochNumber, hexToBytes(batch.epochHash), batch.timestamp];
  return Uint8Array.from([SINGULAR_BATCH_VERSION, ...encodeRlp([...fields, batch.transactions])]);
};
