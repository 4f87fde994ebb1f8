import { encodeRlp } from "@hyperion/chain";
import type { Receipt } from "@hyperion/kernel";

/** The consensus encoding of a receipt (EIP-2718): [type ‖] rlp([status or root, cumulative gas, bloom, logs]). */
export const encodeReceipt = (receipt: Receipt): Uint8Array => {
  const body = encodeRlp([
    receipt.stateRoot ?? BigInt(receipt.status ?? 0),
    receipt.cumulativeGasUsed,
    receipt.logsBloom,
    receipt.logs.map(({ address, topics, data }) => [address, topics, data]),
  ]);
  return receipt.type === 0 ? body : Buffer.concat([Uint8Array.of(receipt.type), body]);
};
