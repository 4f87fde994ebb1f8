/**
 * Merkle-Patricia tries (Yellow Paper, appendix D) that load their nodes as they are reached. Keys are packed nibbles and
 * may have different lengths; the state's are 32-byte hashes. Recursion is as deep as the longest key, 64 nibbles in the
 * state.
 */
import { copy32, eq32 } from "../u256/word";
import {
  BRANCH,
  HASH_LENGTH,
  EXTENSION,
  LEAF,
  addChild,
  addLink,
  allocateNode,
  branchChild,
  branchCount,
  branchIndex,
  branchLength,
  branchMask,
  branchReference,
  branchValue,
  closeLink,
  extensionKey,
  freeNode,
  freeTree,
  keyNibbles,
  leafHasKey,
  leafKey,
  leafValue,
  leafValueLength,
  linkChild,
  linkLength,
  linkReference,
  markReached,
  newBranch,
  newExtension,
  newLeaf,
  nodeKind,
  releaseNode,
  setBranchValue,
} from "./node";
import { firstDifference, nibbleAt, setNibble } from "./nibbles";
import { branchNode, linkedNode, walkTrieOf } from "./resolve";

/**
 * Bytes of a trie record: a link to the root node at the offsets of an extension's, its reference always a hash; then
 * the owner u32 @40 and the newest vacated path u32 @44. Byte 0 is 1 where vacated paths are kept.
 */
export const TRIE_SIZE: usize = 48;
const OWNER: usize = 40;
const VACATED: usize = 44;

/** Vacated path: next u32 · nibbles u32 @4 · packed path 32 @8. */
const VACATED_SIZE: usize = 40;

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
  store<u64>(trie, 0, OWNER);
}

/**
 * Says whose trie of 32-byte keys this is (hashed address, 0 = the state trie); with `keepVacated`, places that lose
 * their branch or extension are remembered for `nextVacated`.
 */
export function ownTrie(trie: usize, owner: usize, keepVacated: bool): void {
  store<u8>(trie, u8(keepVacated));
  store<u32>(trie, <u32>owner, OWNER);
}

// @ts-ignore: decorator
@inline
export function trieOwner(trie: usize): usize {
  return <usize>load<u32>(trie, OWNER);
}

/** Root node, 0 when the trie is empty. */
export function rootNode(trie: usize, key: usize): usize {
  walkTrieOf(trieOwner(trie));
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
  while (takeVacated(trie, 0) >= 0) {}
  openTrie(trie, EMPTY_ROOT);
}

/**
 * Forgets one of the places that lost a branch or extension, and may hold one again; writes its packed path (32 bytes)
 * to `out` unless that is 0. Returns its nibbles, -1 when there is none left.
 */
export function takeVacated(trie: usize, out: usize): i32 {
  const entry = <usize>load<u32>(trie, VACATED);
  if (entry == 0) return -1;
  const count = load<i32>(entry, 4);
  if (out != 0) copy32(out, entry + 8);
  store<u32>(trie, load<u32>(entry), VACATED);
  freeNode(entry, VACATED_SIZE);
  return count;
}

/** Whether a branch or extension that is not embedded in its parent stands at a place. What is not loaded counts as one. */
export function standsAt(trie: usize, path: usize, count: u32): bool {
  let node = <usize>load<u32>(linkChild(trie));
  let length = HASH_LENGTH;
  let depth: u32 = 0;
  while (node != 0 && depth < count) {
    const kind = nodeKind(node);
    if (kind == LEAF) return false;
    if (kind == BRANCH) {
      const nibble = nibbleAt(path, depth);
      if (((branchMask(node) >> nibble) & 1) == 0) return false;
      const index = branchIndex(node, nibble);
      length = load<u8>(branchLength(node, index));
      node = <usize>load<u32>(branchChild(node, index));
      depth++;
    } else {
      const end = keyNibbles(node);
      if (end > count || firstDifference(extensionKey(node), path, depth, end) != end) return false;
      length = load<u8>(linkLength(node));
      node = <usize>load<u32>(linkChild(node));
      depth = end;
    }
  }
  if (node == 0) return !trieIsEmpty(trie);
  return nodeKind(node) != LEAF && (length & 0x7f) == HASH_LENGTH;
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
    markReached(node);
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
/** The trie of the delete under way when it keeps vacated paths, else 0. */
let vacating: usize = 0;

/** Sets a key to a value of at least one byte; false when it had it already. */
export function triePut(trie: usize, putKey: usize, keyNibbleCount: u32, putValue: usize, length: u32): bool {
  key = putKey;
  nibbles = keyNibbleCount;
  value = putValue;
  valueLength = length;
  const root = rootNode(trie, key);
  if (root == 0) {
    setRoot(trie, newLeaf(key, nibbles, nibbles, value, valueLength));
    return true;
  }
  const next = insert(root, 0);
  if (changed) setRoot(trie, next);
  return changed;
}

/** Removes a key; false when it is not there. */
export function trieDelete(trie: usize, deleteKey: usize, keyNibbleCount: u32): bool {
  key = deleteKey;
  nibbles = keyNibbleCount;
  vacating = load<u8>(trie) != 0 ? trie : 0;
  const root = rootNode(trie, key);
  if (root == 0) return false;
  const next = remove(root, 0);
  if (changed) setRoot(trie, next);
  return changed;
}

/** Remembers that the branch or extension that stood `count` nibbles along `path` is no longer there. */
function vacate(path: usize, count: u32): void {
  if (vacating == 0) return;
  const entry = allocateNode(VACATED_SIZE);
  store<u32>(entry, load<u32>(vacating, VACATED));
  store<u32>(entry, count, 4);
  memory.copy(entry + 8, path, (count + 1) >> 1);
  store<u32>(vacating, <u32>entry, VACATED);
}

function setRoot(trie: usize, node: usize): void {
  store<u32>(linkChild(trie), <u32>node);
  store<u8>(linkLength(trie), 0);
}

/** Returns the node that takes the place of `node`, which begins at `depth`. */
function insert(node: usize, depth: u32): usize {
  markReached(node);
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
  markReached(node);
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
    vacate(key, depth);
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
  vacate(key, depth);
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
    if (nodeKind(child) == EXTENSION) vacate(extensionKey(extension), depth + 1);
    releaseNode(extension);
    return child;
  }
  store<u32>(linkChild(extension), <u32>child);
  store<u8>(linkLength(extension), load<u8>(branchLength(branch, 0)));
  copy32(linkReference(extension), branchReference(branch, 0));
  return extension;
}
