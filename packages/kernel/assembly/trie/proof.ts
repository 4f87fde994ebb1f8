/** Merkle proofs: the nodes from the root towards a key, whether or not the key is there. */
import { ENCODED, encodeNode } from "./codec";
import { BRANCH, EXTENSION, HASH_LENGTH, branchIndex, branchMask, extensionKey, keyNibbles, nodeKind } from "./node";
import { firstDifference, nibbleAt } from "./nibbles";
import { reserve } from "../memory/heap";
import { branchNode, linkedNode } from "./resolve";
import { rootNode } from "./trie";

/** Longest path of a 32-byte key: 65 nodes of at most 532 bytes. */
const CAPACITY: usize = 65 * 544;

/** The last proof: records of length u32 and node RLP padded to a multiple of four, root first. */
export let PROOF: usize = 0;
export let PROOF_LENGTH: u32 = 0;
export let PROOF_COUNT: u32 = 0;

function appendNode(bytes: u32): void {
  const at = PROOF + PROOF_LENGTH;
  store<u32>(at, bytes);
  memory.copy(at + 4, ENCODED, bytes);
  PROOF_LENGTH += 4 + ((bytes + 3) & ~3);
  PROOF_COUNT++;
}

/** Starts an empty proof. */
export function beginProof(): void {
  if (PROOF == 0) PROOF = reserve(CAPACITY);
  PROOF_LENGTH = 0;
  PROOF_COUNT = 0;
}

/**
 * Proves what a sealed trie has at a 32-byte key. Nodes shorter than a hash are part of their parents and not listed,
 * except the root.
 */
export function provePath(trie: usize, key: usize): void {
  beginProof();
  let node = rootNode(trie, key);
  let depth: u32 = 0;
  while (node != 0) {
    const bytes = encodeNode(node, depth);
    if (depth == 0 || bytes >= HASH_LENGTH) appendNode(bytes);
    const kind = nodeKind(node);
    if (kind == BRANCH) {
      const nibble = nibbleAt(key, depth);
      if (((branchMask(node) >> nibble) & 1) == 0) return;
      depth++;
      node = branchNode(node, branchIndex(node, nibble), key, depth);
    } else if (kind == EXTENSION) {
      const end = keyNibbles(node);
      if (firstDifference(extensionKey(node), key, depth, end) != end) return;
      node = linkedNode(node, key, end);
      depth = end;
    } else return;
  }
}
