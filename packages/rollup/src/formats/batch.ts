import { encodeRlp } from "@hyperion/chain";
import type { WireReader } from "@hyperion/kernel";
import { bytesToHex, type Hex, hexToBytes } from "viem";
import { DerivationModule } from "../wasm/derivation-module.ts";
import { writeContext } from "../wasm/messages.ts";
import type { BatchContext } from "./batch-context.ts";
import { FormatError } from "./errors.ts";
import type { SpanBatch } from "./span-batch.ts";

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
/** Kinds of batches as derivation.wasm tells them; others are none. */
const [SINGULAR, SPAN, MALFORMED] = [0, 1, 2];

/**
 * Bytes behind a batch are passed over, as op-node does.
 *
 * @throws FormatError. Where it is a span's transactions that are none, what follows it in its channel still counts
 */
export const decodeBatch = (bytes: Uint8Array, context: BatchContext): Batch => {
  const module = DerivationModule.stateless;
  const out = module.message();
  writeContext(out, context);
  out.bytes(bytes);
  const from = module.ask("decodeBatch");
  const kind = from.u8();
  if (kind === SINGULAR) return readSingular(from);
  if (kind === SPAN) return readSpan(from);
  throw new FormatError(kind === MALFORMED ? "malformed batch" : "span batch with a malformed transaction");
};

const readSingular = (from: WireReader): SingularBatch => ({
  kind: "singular",
  parentHash: bytesToHex(from.fixed(32)),
  epochNumber: from.u64(),
  epochHash: bytesToHex(from.fixed(32)),
  timestamp: from.u64(),
  transactions: from.list(() => from.bytes()),
});

const readSpan = (from: WireReader): SpanBatch => ({
  kind: "span",
  parentCheck: bytesToHex(from.fixed(20)),
  originCheck: bytesToHex(from.fixed(20)),
  blocks: from.list(() => ({
    timestamp: from.u64(),
    epochNumber: from.u64(),
    transactions: from.list(() => from.bytes()),
  })),
});

/** 0 ‖ rlp([parent_hash, epoch_number, epoch_hash, timestamp, transactions]). */
export const encodeSingularBatch = (batch: SingularBatch): Uint8Array => {
  const fields = [hexToBytes(batch.parentHash), batch.epochNumber, hexToBytes(batch.epochHash), batch.timestamp];
  return Uint8Array.from([SINGULAR_BATCH_VERSION, ...encodeRlp([...fields, batch.transactions])]);
};
