import type { Withdrawal } from "@hyperion/kernel";
import { z } from "zod";
import { address, bytes, decodeFixed, hash, quantity64, quantity256, scalar } from "../schema/scalars.ts";

const MAX_TRANSACTIONS = 100_000;
const MAX_WITHDRAWALS = 1_024;
const MAX_REQUESTS = 256;
const MAX_BLOBS = 1_024;

const fixed = (length: number, name: string): z.ZodType<Uint8Array> =>
  scalar((value) => decodeFixed(value, length, name));
const transaction = bytes.refine((raw) => raw.length > 0, "an empty transaction");

const withdrawals = z
  .array(z.object({ index: quantity64, validatorIndex: quantity64, address, amount: quantity64 }))
  .max(MAX_WITHDRAWALS);

/** ForkchoiceStateV1; the zero hash names no block. */
export interface ForkchoiceState {
  readonly headBlockHash: Uint8Array;
  readonly safeBlockHash: Uint8Array;
  readonly finalizedBlockHash: Uint8Array;
}

/** PayloadAttributesV3 with what the OP Stack adds. */
export interface EnginePayloadAttributes {
  readonly timestamp: bigint;
  readonly prevRandao: Uint8Array;
  readonly suggestedFeeRecipient: Uint8Array;
  readonly withdrawals: readonly Withdrawal[];
  readonly parentBeaconBlockRoot: Uint8Array;
  /** Executed before everything else. */
  readonly transactions?: readonly Uint8Array[] | null | undefined;
  readonly noTxPool?: boolean | null | undefined;
  readonly gasLimit?: bigint | null | undefined;
  /** Denominator u32 ‖ elasticity u32; zero: the chain's own. */
  readonly eip1559Params?: Uint8Array | null | undefined;
  readonly minBaseFee?: number | null | undefined;
}

/** ExecutionPayloadV3; on a rollup with the root of withdrawals. */
export interface ExecutionPayload {
  readonly parentHash: Uint8Array;
  readonly feeRecipient: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly receiptsRoot: Uint8Array;
  readonly logsBloom: Uint8Array;
  readonly prevRandao: Uint8Array;
  readonly blockNumber: bigint;
  readonly gasLimit: bigint;
  readonly gasUsed: bigint;
  readonly timestamp: bigint;
  readonly extraData: Uint8Array;
  readonly baseFeePerGas: bigint;
  readonly blockHash: Uint8Array;
  readonly transactions: readonly Uint8Array[];
  readonly withdrawals: readonly Withdrawal[];
  readonly blobGasUsed: bigint;
  readonly excessBlobGas: bigint;
  readonly withdrawalsRoot?: Uint8Array | null | undefined;
}

export const forkchoiceState: z.ZodType<ForkchoiceState> = z.object({
  headBlockHash: hash,
  safeBlockHash: hash,
  finalizedBlockHash: hash,
});

export const payloadAttributes: z.ZodType<EnginePayloadAttributes> = z.object({
  timestamp: quantity64,
  prevRandao: hash,
  suggestedFeeRecipient: address,
  withdrawals,
  parentBeaconBlockRoot: hash,
  transactions: z.array(transaction).max(MAX_TRANSACTIONS).nullish(),
  noTxPool: z.boolean().nullish(),
  gasLimit: quantity64.nullish(),
  eip1559Params: fixed(8, "eth.Bytes8").nullish(),
  minBaseFee: z.int().min(0).nullish(),
});

export const executionPayload: z.ZodType<ExecutionPayload> = z.object({
  parentHash: hash,
  feeRecipient: address,
  stateRoot: hash,
  receiptsRoot: hash,
  logsBloom: fixed(256, "types.Bloom"),
  prevRandao: hash,
  blockNumber: quantity64,
  gasLimit: quantity64,
  gasUsed: quantity64,
  timestamp: quantity64,
  extraData: bytes.refine((extra) => extra.length <= 32, "more than 32 bytes"),
  baseFeePerGas: quantity256,
  blockHash: hash,
  transactions: z.array(transaction).max(MAX_TRANSACTIONS),
  withdrawals,
  blobGasUsed: quantity64,
  excessBlobGas: quantity64,
  withdrawalsRoot: hash.nullish(),
});

export const versionedHashes: z.ZodType<readonly Uint8Array[]> = z.array(hash).max(MAX_BLOBS);
export const executionRequests: z.ZodType<readonly Uint8Array[]> = z.array(bytes).max(MAX_REQUESTS);
export const payloadId: z.ZodType<Uint8Array> = fixed(8, "engine.PayloadID");
export const capabilities: z.ZodType<readonly string[]> = z.array(z.string().max(100)).max(1_000);
