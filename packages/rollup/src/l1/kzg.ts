import kzg from "c-kzg";
import type { Kzg } from "viem";
import { L1Error } from "./errors.ts";

let loaded = false;

const setup = (): typeof kzg => {
  if (!loaded) kzg.loadTrustedSetup(0);
  loaded = true;
  return kzg;
};

/** @throws L1Error when the field elements are not below the modulus */
export const commitToBlob = (blob: Uint8Array): Uint8Array => {
  const { blobToKzgCommitment } = setup();
  try {
    return blobToKzgCommitment(blob);
  } catch (cause) {
    throw new L1Error("BLOB_UNAVAILABLE", "not a blob", { cause });
  }
};

/** What viem needs to send blobs. */
export const blobProver = (): Kzg => ({
  blobToKzgCommitment: commitToBlob,
  computeBlobKzgProof: (blob, commitment) => setup().computeBlobKzgProof(blob, commitment),
});
