/** EIP-1186 proofs of the current base state. */
import { PROOF, PROOF_COUNT, PROOF_LENGTH, beginProof, provePath } from "../trie/proof";
import { copy32 } from "../u256/word";
import { sealState, sealStorage } from "./flush";
import { baseAccountAt } from "./base-account";
import { hashedAddress, hashedKey } from "./base-records";
import { baseSlotAt } from "./base-slot";
import { storageOf } from "./base-storage";
import { STATE_TRIE } from "./records";

/** Where the last proof is: records of length u32 and node RLP padded to a multiple of four, root first. */
export { PROOF, PROOF_COUNT, PROOF_LENGTH };

/** Proves the account at `address` (20 bytes) in the state trie, or its absence. */
export function accountProof(address: usize): void {
  sealState();
  provePath(STATE_TRIE, hashedAddress(baseAccountAt(address)));
}

/** Proves a slot (u256 key) in the account's storage trie, or its absence; no nodes when the storage is empty. */
export function storageProof(address: usize, key: usize): void {
  const a = baseAccountAt(address);
  sealStorage(a, false);
  if (a.storage == 0) beginProof();
  else provePath(a.storage, hashedKey(baseSlotAt(storageOf(a), key)));
}

/** Storage root of the account, 32 bytes. */
export function storageRoot(address: usize, out: usize): void {
  copy32(out, sealStorage(baseAccountAt(address), false));
}
