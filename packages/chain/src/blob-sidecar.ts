import { createHash } from "node:crypto";
import { PoolError } from "./errors.ts";
import { type RlpItem, rlpBytes, rlpList } from "./rlp.ts";

const BLOB_TYPE = 3;
const COMMITMENT_VERSION = 1;
/** Position of `blobVersionedHashes` among a blob transaction's fields. */
const HASHES_FIELD = 10;

/**
 * A blob transaction travels with its blobs: 3 ‖ rlp([tx, blobs, commitments, proofs]), since EIP-7594
 * 3 ‖ rlp([tx, version, blobs, commitments, cellProofs]). Blocks contain only 3 ‖ rlp(tx).
 *
 * The commitments must hash to the transaction's versioned hashes; the proofs are not verified, since this chain offers
 * no blob data of its own and drops them.
 *
 * @returns the transaction as blocks contain it; anything else unchanged
 * @throws PoolError BLOB_INVALID, MALFORMED
 */
export function withoutSidecar(raw: Uint8Array): Uint8Array {
  if (raw[0] !== BLOB_TYPE) return raw;
  const items = parse(raw);
  const transaction = items[0];
  if (!transaction?.list) return raw;
  const commitments = items[items.length - 2];
  if ((items.length !== 4 && items.length !== 5) || !commitments?.list) throw new PoolError("BLOB_INVALID", "sidecar");
  try {
    checkCommitments(raw, transaction, commitments);
  } catch (error) {
    throw error instanceof PoolError ? error : new PoolError("MALFORMED");
  }
  const stripped = new Uint8Array(1 + transaction.end - transaction.start);
  stripped[0] = BLOB_TYPE;
  stripped.set(raw.subarray(transaction.start, transaction.end), 1);
  return stripped;
}

function checkCommitments(raw: Uint8Array, transaction: RlpItem, commitments: RlpItem): void {
  const hashes = rlpList(raw, transaction.start, transaction.end)[HASHES_FIELD];
  if (!hashes) throw new PoolError("MALFORMED");
  const expected = rlpList(raw, hashes.start, hashes.end);
  const given = rlpList(raw, commitments.start, commitments.end);
  if (expected.length !== given.length) {
    throw new PoolError("BLOB_INVALID", `${given.length} commitments for ${expected.length} blobs`);
  }
  given.forEach((commitment, index) => {
    const hash = createHash("sha256").update(rlpBytes(raw, commitment)).digest();
    hash[0] = COMMITMENT_VERSION;
    if (!hash.equals(rlpBytes(raw, expected[index]!))) {
      throw new PoolError("BLOB_INVALID", `blob ${index}: commitment does not match its versioned hash`);
    }
  });
}

function parse(raw: Uint8Array): RlpItem[] {
  try {
    return rlpList(raw, 1);
  } catch {
    throw new PoolError("MALFORMED");
  }
}
