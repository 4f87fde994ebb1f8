/**
 * Merkle-Patricia tries (Yellow Paper, appendix D) that load their nodes as they are reached. Keys are packed nibbles and
 * may have different lengths; the state's are 32-byte hashes. Recursion is as deep as the longest key, 64 nibbles in the
 * state.
 */
import { copy32, eq32 } from "../u256/word";
import {
  BRANCH,
  HASH_LENGTH,
  LEAF,
  addChild,
  addLink,
  branchChild,
  branchCount,
  branchIndex,
  branchLength,
  branchMask,
  branchReference,
  branchValue,
  closeLink,
  extensionKey,
  keyNibbles,
  leafHasKey,
  leafKey,
  leafValue,
  leafValueLength,
  linkChild,
  linkLength,
  linkReference,
  newBranch,
  newExtension,
  newLeaf,
  nodeKind,
  releaseNode,
  setBranchValue,
} from "./node";
import { firstDifference, nibbleAt, setNibble } from "./nibbles";
import { branchNode, linkedNode } from "./resolve";

/** Bytes of a trie record: a link to the root node at the offsets of an extension's, its reference always a hash. */
export const TRIE_SIZE: usize = 48;

/** Root hash of a trie without entries: keccak256(0x80). */
export const EMPTY_ROOT: usize = memory.data<u8>([
  0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e, 0x5b, 0x48, 0xe0,
  0x1b, 0x99, 0x6c, 0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21,
]);

/** Makes the record at `trie` the trie with this root hash; nothing is loaded yet. */
export function openTrie(trie: usize, root: usize): void {
  store<u64>(trie, 0);
  store<u8>(linkLength(trie), <u8>HASH_LENGTH);
  copy32(linkReference(trie), root);
}

/** Root node, 0 when the trie is empty. */
export function rootNode(trie: usize, key: usize): usize {
  const child = <usize>load<u32>(linkChild(trie));
  if (child != 0) return child;
  if (load<u8>(linkLength(trie)) == 0 || eq32(linkReference(trie), EMPTY_ROOT)) return 0;
  return linkedNode(trie, key, 0);
}

export function trieIsEmpty(trie: usize): bool {
  if (load<u32>(linkChild(trie)) != 0) return false;
  return load<u8>(linkLength(trie)) == 0 || eq32(linkReference(trie), EMPTY_ROOT);
}

/** Frees the trie's loaded nodes and empties it. */
export function freeTrie(trie: usize): void {
  const root = <usize>load<u32>(linkChild(trie));
  if (root != 0) freeTree(root);
  openTrie(trie, EMPTY_ROOT);
}

function freeTree(node: usize): void {
  const kind = nodeKind(node);
  if (kind == BRANCH) {
    for (let i: u32 = 0, count = branchCount(node); i < count; i++) freeLoaded(<usize>load<u32>(branchChild(node, i)));
  } else if (kind != LEAF) freeLoaded(<usize>load<u32>(linkChild(node)));
  releaseNode(node);
}

// @ts-ignore: decorator
@inline
function freeLoaded(node: usize): void {
  if (node != 0) freeTree(node);
}

/** Value found by the last trieGet; valid until the trie changes. */
export let FOUND: usize = 0;
export let FOUND_LENGTH: u32 = 0;

function found(value: usize, length: u32): bool {
  FOUND = value;
  FOUND_LENGTH = length;
  return true;
}

/** Looks a key up; on true the value is at FOUND. */
export function trieGet(trie: usize, key: usize, nibbles: u32): bool {
  let node = rootNode(trie, key);
  let depth: u32 = 0;
  while (node != 0) {
    const kind = nodeKind(node);
    if (kind == BRANCH) {
      if (depth == nibbles) {
        const value = branchValue(node);
        return value != 0 && found(value + 4, load<u32>(value));
      }
      const nibble = nibbleAt(key, depth);
      if (((branchMask(node) >> nibble) & 1) == 0) return false;
      depth++;
      node = branchNode(node, branchIndex(node, nibble), key, depth);
    } else if (kind == LEAF) {
      return leafHasKey(node, key, nibbles) && found(leafValue(node), leafValueLength(node));
    } else {
      const end = keyNibbles(node);
      if (end > nibbles || firstDifference(extensionKey(node), key, depth, end) != end) return false;
      node = linkedNode(node, key, end);
      depth = end;
    }
  }
  return false;
}

// Arguments of the put or delete under way, and whether it changed anything.
let key: usize = 0;
let nibbles: u32 = 0;
let value: usize = 0;
let valueLength: u32 = 0;
let changed: bool = false;

/** Sets a key to a value of at least one byte. */
export function triePut(trie: usize, putKey: usize, keyNibbleCount: u32, putValue: usize, length: u32): void {
  key = putKey;
  nibbles = keyNibbleCount;
  value = putValue;
  valueLength = length;
  const root = rootNode(trie, key);
  if (root == 0) {
    setRoot(trie, newLeaf(key, nibbles, nibbles, value, valueLength));
    return;
  }
  const next = insert(root, 0);
  if (changed) setRoot(trie, next);
}

/** Removes a key if it is there. */
export function trieDelete(trie: usize, deleteKey: usize, keyNibbleCount: u32): void {
  key = deleteKey;
  nibbles = keyNibbleCount;
  const root = rootNode(trie, key);
  if (root == 0) return;
  const next = remove(root, 0);
  if (changed) setRoot(trie, next);
}

function setRoot(trie: usize, node: usize): void {
  store<u32>(linkChild(trie), <u32>node);
  store<u8>(linkLength(trie), 0);
}

/** Returns the node that takes the place of `node`, which begins at `depth`. */
function insert(node: usize, depth: u32): usize {
  const kind = nodeKind(node);
  if (kind == BRANCH) return insertIntoBranch(node, depth);
  if (kind == LEAF) return insertIntoLeaf(node, depth);
  return insertIntoExtension(node, depth);
}

function insertIntoBranch(branch: usize, depth: u32): usize {
  if (depth == nibbles) {
    const old = branchValue(branch);
    changed = old == 0 || !isValue(old + 4, load<u32>(old));
    if (changed) setBranchValue(branch, value, valueLength);
    return branch;
  }
  const nibble = nibbleAt(key, depth);
  if (((branchMask(branch) >> nibble) & 1) == 0) {
    changed = true;
    return addChild(branch, nibble, newLeaf(key, nibbles, nibbles, value, valueLength));
  }
  const index = branchIndex(branch, nibble);
  const child = insert(branchNode(branch, index, key, depth + 1), depth + 1);
  if (changed) {
    store<u32>(branchChild(branch, index), <u32>child);
    store<u8>(branchLength(branch, index), 0);
  }
  return branch;
}

function insertIntoLeaf(leaf: usize, depth: u32): usize {
  const end = keyNibbles(leaf);
  const split = firstDifference(leafKey(leaf), key, depth, min(end, nibbles));
  if (split == end && split == nibbles) return replaceValue(leaf);
  changed = true;
  let branch = newBranch(2);
  if (split == end) {
    setBranchValue(branch, leafValue(leaf), leafValueLength(leaf));
    releaseNode(leaf);
  } else branch = addChild(branch, nibbleAt(leafKey(leaf), split), leaf);
  return extendTo(insertNewAt(branch, split), depth, split);
}

function replaceValue(leaf: usize): usize {
  changed = !isValue(leafValue(leaf), leafValueLength(leaf));
  if (!changed) return leaf;
  if (leafValueLength(leaf) == valueLength) {
    memory.copy(leafValue(leaf), value, valueLength);
    return leaf;
  }
  releaseNode(leaf);
  return newLeaf(key, nibbles, nibbles, value, valueLength);
}

function insertIntoExtension(extension: usize, depth: u32): usize {
  const end = keyNibbles(extension);
  const split = firstDifference(extensionKey(extension), key, depth, min(end, nibbles));
  if (split == end) {
    const child = insert(linkedNode(extension, key, end), end);
    if (changed) {
      store<u32>(linkChild(extension), <u32>child);
      store<u8>(linkLength(extension), 0);
    }
    return extension;
  }
  changed = true;
  let branch = newBranch(2);
  const nibble = nibbleAt(extensionKey(extension), split);
  if (split + 1 == end) {
    addLink(branch, nibble, extension);
    releaseNode(extension);
  } else branch = addChild(branch, nibble, extension);
  return extendTo(insertNewAt(branch, split), depth, split);
}

/** Puts the new entry into a branch at `depth` that has no place for it yet. */
function insertNewAt(branch: usize, depth: u32): usize {
  if (depth == nibbles) {
    setBranchValue(branch, value, valueLength);
    return branch;
  }
  return addChild(branch, nibbleAt(key, depth), newLeaf(key, nibbles, nibbles, value, valueLength));
}

/** A changed branch at depth `to`, reached from `from` along the key. */
function extendTo(branch: usize, from: u32, to: u32): usize {
  if (from == to) return branch;
  const extension = newExtension(key, to, to);
  store<u32>(linkChild(extension), <u32>branch);
  store<u8>(linkLength(extension), 0);
  return extension;
}

function isValue(other: usize, otherLength: u32): bool {
  return otherLength == valueLength && memory.compare(other, value, valueLength) == 0;
}

/** Returns the node that takes the place of `node`, 0 when nothing is left. */
function remove(node: usize, depth: u32): usize {
  const kind = nodeKind(node);
  if (kind == BRANCH) return removeFromBranch(node, depth);
  if (kind == LEAF) {
    changed = leafHasKey(node, key, nibbles);
    if (!changed) return node;
    releaseNode(node);
    return 0;
  }
  return removeFromExtension(node, depth);
}

function removeFromExtension(extension: usize, depth: u32): usize {
  const end = keyNibbles(extension);
  changed = false;
  if (end > nibbles || firstDifference(extensionKey(extension), key, depth, end) != end) return extension;
  const child = remove(linkedNode(extension, key, end), end);
  if (!changed) return extension;
  if (nodeKind(child) != BRANCH) {
    releaseNode(extension);
    return child;
  }
  store<u32>(linkChild(extension), <u32>child);
  store<u8>(linkLength(extension), 0);
  return extension;
}

function removeFromBranch(branch: usize, depth: u32): usize {
  if (depth == nibbles) {
    changed = branchValue(branch) != 0;
    if (!changed) return branch;
    setBranchValue(branch, 0, 0);
    return collapse(branch, depth);
  }
  const nibble = nibbleAt(key, depth);
  changed = false;
  if (((branchMask(branch) >> nibble) & 1) == 0) return branch;
  const index = branchIndex(branch, nibble);
  const child = remove(branchNode(branch, index, key, depth + 1), depth + 1);
  if (!changed) return branch;
  if (child != 0) {
    store<u32>(branchChild(branch, index), <u32>child);
    store<u8>(branchLength(branch, index), 0);
    return branch;
  }
  closeLink(branch, nibble);
  return collapse(branch, depth);
}

/** A branch that lost an entry: with one entry left it is that entry. */
function collapse(branch: usize, depth: u32): usize {
  const count = branchCount(branch);
  const own = branchValue(branch);
  if (count > 1 || (count == 1 && own != 0)) return branch;
  const result = count == 0 ? newLeaf(key, depth, depth, own + 4, load<u32>(own)) : onlyChild(branch, depth);
  releaseNode(branch);
  return result;
}

/** Leaves and extensions keep whole keys, so the last child rises as it is; a branch needs an extension over it. */
function onlyChild(branch: usize, depth: u32): usize {
  const nibble = ctz<u32>(branchMask(branch));
  const extension = newExtension(key, depth, depth + 1);
  setNibble(extensionKey(extension), depth, nibble);
  const child = branchNode(branch, 0, extensionKey(extension), depth + 1);
  if (nodeKind(child) != BRANCH) {
    releaseNode(extension);
    return child;
  }
  store<u32>(linkChild(extension), <u32>child);
  store<u8>(linkLength(extension), load<u8>(branchLength(branch, 0)));
  copy32(linkReference(extension), branchReference(branch, 0));
  return extension;
}
