import type { Database } from "@hyperion/metisdb";
import { bytesEqual } from "./byte-key.ts";
import { type ChainIdentity, identityOf, POINTERS } from "./chain-store.ts";
import { ChainError } from "./errors.ts";

/**
 * Makes the block of an imported snapshot head, safe and finalized: there is nothing behind it to go back to.
 *
 * @throws ChainError GENESIS_MISMATCH when it is of another chain, UNKNOWN_BLOCK when it has no such block
 */
export function adoptSnapshot(database: Database, identity: ChainIdentity, number: bigint): void {
  for (const { meta, what, value } of identityOf(identity)) {
    const stored = database.meta(meta);
    if (stored && bytesEqual(stored, value)) continue;
    throw new ChainError("GENESIS_MISMATCH", `the snapshot is of a chain with another ${what}`);
  }
  const hash = database.canonicalHash(number);
  if (!hash) throw new ChainError("UNKNOWN_BLOCK", `the snapshot has no block ${number}`);
  const { head, safe, finalized } = POINTERS;
  database.write({ meta: [head, safe, finalized].map((name) => [name, hash] as const) });
}
