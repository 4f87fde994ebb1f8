import kzg from "c-kzg";
import { fromRlp, type Hex, hexToBytes, parseTransaction, sliceHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import { blobSidecar } from "./blob-sidecar.ts";

const account = privateKeyToAccount(generatePrivateKey());
const pieces = [Uint8Array.of(1, 2, 3), new Uint8Array(1_000).fill(9)];

const sign = (blobVersionedHashes: readonly Hex[]): Promise<Hex> =>
  account.signTransaction({
    ...{ type: "eip4844", chainId: 1, nonce: 7, gas: 21_000n, to: account.address, blobVersionedHashes },
    ...{ maxFeePerGas: 9n, maxPriorityFeePerGas: 1n, maxFeePerBlobGas: 1n },
  });

test("with a proof of each blob is what viem reads", async () => {
  const sidecar = blobSidecar(pieces);
  const raw = await sidecar.attachTo(await sign(sidecar.versionedHashes), "blob");
  const { sidecars, blobVersionedHashes, nonce } = parseTransaction(raw as `0x03${string}`);
  expect(nonce).toBe(7);
  expect(blobVersionedHashes).toEqual(sidecar.versionedHashes);
  for (const { blob, commitment, proof } of sidecars as { blob: Hex; commitment: Hex; proof: Hex }[]) {
    expect(kzg.verifyBlobKzgProof(hexToBytes(blob), hexToBytes(commitment), hexToBytes(proof))).toBe(true);
  }
});

test("with cell proofs has version, blobs, commitments and 128 good proofs of each blob", async () => {
  const sidecar = blobSidecar(pieces);
  const signed = await sign(sidecar.versionedHashes);
  const raw = await sidecar.attachTo(signed, "cells");
  expect(sliceHex(raw, 0, 1)).toBe("0x03");
  const [body, version, blobs, commitments, proofs] = fromRlp(sliceHex(raw, 1), "hex") as [
    Hex[],
    Hex,
    Hex[],
    Hex[],
    Hex[],
  ];
  expect(version).toBe("0x01");
  expect(body).toEqual(fromRlp(sliceHex(signed, 1), "hex"));
  expect([blobs.length, commitments.length, proofs.length]).toEqual([2, 2, 256]);
  for (const [index, blob] of blobs.entries()) {
    const cells = kzg.computeCells(hexToBytes(blob));
    const indices = cells.map((_, cell) => cell);
    const own = proofs.slice(index * 128, (index + 1) * 128).map((proof) => hexToBytes(proof));
    const commitment = cells.map(() => hexToBytes(commitments[index]!));
    expect(kzg.verifyCellKzgProofBatch(commitment, indices, cells, own)).toBe(true);
  }
  expect(body[10]).toEqual(sidecar.versionedHashes);
}, 60_000);
