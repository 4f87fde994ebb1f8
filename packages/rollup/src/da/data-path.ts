import type { Address } from "viem";
import { MAX_BLOB_DATA } from "../formats/blob.ts";
import type { L1Request } from "../l1/transaction-sender.ts";
import type { AltDa } from "./alt-da-client.ts";
import { commitmentPayload } from "./commitment.ts";

/** A way of bringing a channel's payloads to where derivation finds them. */
export interface DataPath {
  /** Most bytes of one payload. */
  readonly payloadSize: number;
  /** What has to be sent to L1 for these payloads, in order. @throws AltDaError */
  requests(payloads: readonly Uint8Array[]): Promise<readonly L1Request[]>;
}

const BLOBS_PER_TRANSACTION = 6;
/** Pools take transactions of up to 128 KiB. */
const MAX_CALLDATA = 120_000;

/** A payload in each blob. */
export const blobPath = (to: Address): DataPath => ({
  payloadSize: MAX_BLOB_DATA,
  requests: async (payloads) => {
    const count = Math.ceil(payloads.length / BLOBS_PER_TRANSACTION);
    return Array.from({ length: count }, (_, i) => {
      const blobs = payloads.slice(i * BLOBS_PER_TRANSACTION, (i + 1) * BLOBS_PER_TRANSACTION);
      return { to, blobs };
    });
  },
});

/** A transaction for each payload. */
export const calldataPath = (to: Address): DataPath => ({
  payloadSize: MAX_CALLDATA,
  requests: async (payloads) => payloads.map((data) => ({ to, data })),
});

/** A transaction with a commitment for each payload. All payloads are with the server before the first one is sent. */
export const altDaPath = (to: Address, altDa: AltDa): DataPath => ({
  payloadSize: MAX_BLOB_DATA,
  requests: async (payloads) => {
    const requests: L1Request[] = [];
    for (const payload of payloads) requests.push({ to, data: commitmentPayload(await altDa.put(payload)) });
    return requests;
  },
});
