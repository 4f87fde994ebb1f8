import { createHash } from "node:crypto";
import { encodeRlp, orderedRoot, RlpError, rlpBytes, rlpList, rlpListOf } from "@hyperion/chain";
import { keccak256, type SealedBlock, type Withdrawal } from "@hyperion/kernel";
import { formatWithdrawal } from "../format/block.ts";
import { type Json, optional } from "../format/json.ts";
import { data, quantity } from "../hex.ts";
import type { ExecutionPayload } from "./engine-schema.ts";

/** What the fee recipient gains: tips of all transactions. */
export const blockValue = ({ header, execution }: SealedBlock): bigint =>
  execution.receipts.reduce((sum, { effectiveGasPrice, gasUsed }) => {
    const tip = effectiveGasPrice - (header.baseFeePerGas ?? 0n);
    return tip > 0n ? sum + tip * gasUsed : sum;
  }, 0n);

/** A block that was built, as ExecutionPayloadV3; with `isRollup` also its root of withdrawals. */
export const formatPayload = (block: SealedBlock, withdrawals: readonly Withdrawal[], isRollup: boolean): Json => {
  const { header, hash: blockHash, transactions } = block;
  return {
    parentHash: data(header.parentHash),
    feeRecipient: data(header.coinbase),
    stateRoot: data(header.stateRoot),
    receiptsRoot: data(header.receiptsRoot),
    logsBloom: data(header.logsBloom),
    prevRandao: data(header.mixHash),
    blockNumber: quantity(header.number),
    gasLimit: quantity(header.gasLimit),
    gasUsed: quantity(header.gasUsed),
    timestamp: quantity(header.timestamp),
    extraData: data(header.extraData),
    baseFeePerGas: quantity(header.baseFeePerGas ?? 0n),
    blockHash: data(blockHash),
    transactions: transactions.map(data),
    ...optional("withdrawals", header.withdrawalsRoot, () => withdrawals.map(formatWithdrawal)),
    ...optional("blobGasUsed", header.blobGasUsed, quantity),
    ...optional("excessBlobGas", header.excessBlobGas, quantity),
    ...(isRollup ? optional("withdrawalsRoot", header.withdrawalsRoot, data) : {}),
  };
};

/** What stands beside a payload in `engine_newPayload`. */
export interface PayloadCompanions {
  readonly parentBeaconBlockRoot: Uint8Array;
  /** From Prague on. */
  readonly executionRequests?: readonly Uint8Array[] | undefined;
}

/** The block that a payload says: its RLP, and the hash of the header that its fields give. */
export const payloadBlock = (
  payload: ExecutionPayload,
  { parentBeaconBlockRoot, executionRequests }: PayloadCompanions,
): { readonly rlp: Uint8Array; readonly hash: Uint8Array } => {
  const withdrawals = payload.withdrawals.map(({ index, validatorIndex, address, amount }) =>
    encodeRlp([index, validatorIndex, address, amount]),
  );
  const header = encodeRlp([
    ...[payload.parentHash, NO_OMMERS, payload.feeRecipient, payload.stateRoot],
    ...[orderedRoot(payload.transactions), payload.receiptsRoot, payload.logsBloom, 0n, payload.blockNumber],
    ...[payload.gasLimit, payload.gasUsed, payload.timestamp, payload.extraData, payload.prevRandao],
    ...[new Uint8Array(8), payload.baseFeePerGas, payload.withdrawalsRoot ?? orderedRoot(withdrawals)],
    ...[payload.blobGasUsed, payload.excessBlobGas, parentBeaconBlockRoot],
    ...(executionRequests ? [requestsHash(executionRequests)] : []),
  ]);
  const body = [rlpListOf(payload.transactions.map(inBlock)), rlpListOf([]), rlpListOf(withdrawals)];
  return { rlp: rlpListOf([header, ...body]), hash: keccak256(header) };
};

const BLOB_TYPE = 3;
/** Place of the versioned hashes in a blob transaction (EIP-4844). */
const BLOB_HASHES = 10;

/** Versioned hashes of all blobs, in order; none of a transaction that cannot be read, which makes its block invalid anyway. */
export const blobHashes = (transactions: readonly Uint8Array[]): readonly Uint8Array[] =>
  transactions.flatMap((raw) => {
    if (raw[0] !== BLOB_TYPE) return [];
    try {
      const hashes = rlpList(raw, 1)[BLOB_HASHES];
      return hashes ? rlpList(raw, hashes.start, hashes.end).map((hash) => rlpBytes(raw, hash)) : [];
    } catch (error) {
      if (error instanceof RlpError) return [];
      throw error;
    }
  });

const NO_OMMERS: Uint8Array = keccak256(rlpListOf([]));
const FIRST_LIST = 0xc0;

/** Transactions without a type are lists in a block, the others strings. */
const inBlock = (raw: Uint8Array): Uint8Array => (raw[0]! >= FIRST_LIST ? raw : encodeRlp(raw));

/** EIP-7685. */
const requestsHash = (requests: readonly Uint8Array[]): Uint8Array => {
  const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
  return sha256(Buffer.concat(requests.filter(({ length }) => length > 1).map(sha256)));
};
