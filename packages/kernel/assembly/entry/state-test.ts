/** Exports for the tests of state, trie, table and RLP; no node loads this module. */
export { allocateChunk, chunkMemory, freeChunk, reserve } from "../memory/heap";
export { txAlloc, blockAlloc, stateAlloc, resetBlockMemory } from "../memory/arena";
export * from "./codec";
export * from "../state/base";
export { evictState, heldMemory, usedMemory } from "../state/evict";
export { prefetchAccounts, prefetchSlots } from "../state/prefetch";
export { setCommitForm } from "../trie/emit";
export * from "../state/transaction";
export * from "../state/account";
export * from "../state/storage";
export * from "../state/logs";
export { checkpoint, revertTo, addRefund, refund } from "../state/journal";
export { firstAccount, nextAccount, firstSlot, nextSlot } from "../state/access";
export { accountProof, storageProof, storageRoot, PROOF, PROOF_COUNT, PROOF_LENGTH } from "../state/proof";
export { orderedRoot } from "../trie/ordered";
export { hashAddress, hashKey } from "../table/siphash";
