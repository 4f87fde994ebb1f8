import kzg from "c-kzg";
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

/** EIP-4844: that the blob is what the commitment says. */
export const proveBlob = (blob: Uint8Array, commitment: Uint8Array): Uint8Array =>
  setup().computeBlobKzgProof(blob, commitment);

/** EIP-7594: a proof for each of the blob's 128 cells. */
export const cellProofs = (blob: Uint8Array): readonly Uint8Array[] => setup().computeCellsAndKzgProofs(blob)[1];
