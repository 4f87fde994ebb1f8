import { setImmediate } from "node:timers/promises";
import { bytesToHex, concatHex, fromRlp, type Hex, sliceHex, toRlp } from "viem";
import { encodeBlob } from "../formats/blob.ts";
import { versionedHash } from "./blob-source.ts";
import { cellProofs, commitToBlob, proveBlob } from "./kzg.ts";

/** What an L1 wants as proof of a blob: one of the whole (EIP-4844), or one of each cell (EIP-7594, from Osaka on). */
export type SidecarProofs = "blob" | "cells";

/** Blobs as they travel beside their transaction. */
export interface BlobSidecar {
  readonly versionedHashes: readonly Hex[];
  /** The network form of the transaction: with blobs, commitments and proofs. */
  attachTo(signed: Hex, proofs: SidecarProofs): Promise<Hex>;
}

const BLOB_TYPE: Hex = "0x03";
const CELL_PROOFS_VERSION: Hex = "0x01";

/**
 * Proofs are made when they are asked for, once for each kind, and one blob after the other: each takes up to some hundred
 * milliseconds of this thread.
 *
 * @param pieces what each blob holds
 */
export const blobSidecar = (pieces: readonly Uint8Array[]): BlobSidecar => {
  const blobs = pieces.map(encodeBlob);
  const commitments = blobs.map(commitToBlob);
  const made = new Map<SidecarProofs, Promise<readonly Hex[]>>();
  const prove = async (kind: SidecarProofs): Promise<readonly Hex[]> => {
    const proofs: Hex[] = [];
    for (const [index, blob] of blobs.entries()) {
      const found = kind === "cells" ? cellProofs(blob) : [proveBlob(blob, commitments[index]!)];
      proofs.push(...found.map((proof) => bytesToHex(proof)));
      await setImmediate();
    }
    return proofs;
  };
  return {
    versionedHashes: commitments.map(versionedHash),
    attachTo: async (signed, kind) => {
      const proofs = made.get(kind) ?? prove(kind);
      made.set(kind, proofs);
      const parts = [blobs, commitments].map((list) => list.map((bytes) => bytesToHex(bytes)));
      const version = kind === "cells" ? [CELL_PROOFS_VERSION] : [];
      const transaction = fromRlp(sliceHex(signed, 1), "hex");
      return concatHex([BLOB_TYPE, toRlp([transaction, ...version, ...parts, [...(await proofs)]] as never)]);
    },
  };
};
