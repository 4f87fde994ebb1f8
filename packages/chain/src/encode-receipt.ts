import type { Receipt } from "@hyperion/kernel";
import { encodeRlp } from "./rlp.ts";

/** Canyon: the version of receipts that end with the deposit's nonce and this number. */
const DEPOSIT_RECEIPT_VERSION = 1n;

/**
 * The consensus encoding of a receipt (EIP-2718): [type ‖] rlp([status or root, cumulative gas, bloom, logs]), for a
 * deposit with its nonce and the version.
 */
export const encodeReceipt = (receipt: Receipt): Uint8Array => {
  const body = encodeRlp([
    receipt.stateRoot ?? BigInt(receipt.status ?? 0),
    receipt.cumulativeGasUsed,
    receipt.logsBloom,
    receipt.logs.map(({ address, topics, data }) => [address, topics, data]),
    ...(receipt.depositNonce === undefined ? [] : [receipt.depositNonce, DEPOSIT_RECEIPT_VERSION]),
  ]);
  return receipt.type === 0 ? body : Buffer.concat([Uint8Array.of(receipt.type), body]);
};
