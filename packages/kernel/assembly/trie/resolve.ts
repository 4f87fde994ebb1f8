/** Loading of nodes that are known only by reference. */
import { decodeNode, nodeBuffer, nodeBufferCapacity } from "./codec";
import { hostNode } from "./host";
import { HASH_LENGTH, branchChild, branchLength, branchReference, linkChild, linkLength, linkReference } from "./node";

/** Most bytes that a node can have: a branch of hashes with a value, or a leaf of the raw tries. */
const FIRST_TRY: usize = 1024;

/** Whose trie the walk under way is in: hashed address of the account, 0 = the state trie. */
let owner: usize = 0;

/** To be called before a walk. */
// @ts-ignore: decorator
@inline
export function walkTrieOf(trieOwner: usize): void {
  owner = trieOwner;
}

/** Node behind a reference, `depth` nibbles of `key` from the root; traps when the host's bytes are not a node (a corrupt database, never an outside input). */
export function resolveReference(reference: usize, lengthAndFlags: u32, key: usize, depth: u32): usize {
  const length = lengthAndFlags & 0x7f;
  const node = length == HASH_LENGTH ? resolveHash(reference, key, depth) : decodeNode(reference, length, key, depth);
  if (node == 0) unreachable();
  return node;
}

function resolveHash(hash: usize, key: usize, depth: u32): usize {
  let buffer = nodeBuffer(FIRST_TRY);
  let capacity = nodeBufferCapacity();
  let length = hostNode(owner, key, depth, hash, buffer, capacity);
  if (length > <i32>capacity) {
    buffer = nodeBuffer(<usize>length);
    capacity = nodeBufferCapacity();
    length = hostNode(owner, key, depth, hash, buffer, capacity);
  }
  if (length < 0 || length > <i32>capacity) return 0;
  return decodeNode(buffer, <u32>length, key, depth);
}

/** The child behind an extension's or trie record's link, loaded if it must be. `depth`: where the child begins. */
// @ts-ignore: decorator
@inline
export function linkedNode(holder: usize, key: usize, depth: u32): usize {
  const child = <usize>load<u32>(linkChild(holder));
  if (child != 0) return child;
  const node = resolveReference(linkReference(holder), load<u8>(linkLength(holder)), key, depth);
  store<u32>(linkChild(holder), <u32>node);
  return node;
}

/** The child of a branch at dense `index`, loaded if it must be; `key` leads to it. `depth`: where the child begins. */
// @ts-ignore: decorator
@inline
export function branchNode(branch: usize, index: u32, key: usize, depth: u32): usize {
  const child = <usize>load<u32>(branchChild(branch, index));
  if (child != 0) return child;
  const node = resolveReference(branchReference(branch, index), load<u8>(branchLength(branch, index)), key, depth);
  store<u32>(branchChild(branch, index), <u32>node);
  return node;
}
