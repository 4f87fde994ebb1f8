/** Hashing of what changed, and handing new nodes to the host. */
import { keccak256 } from "../crypto/keccak";
import { reserve } from "../memory/heap";
import { copy32 } from "../u256/word";
import { ENCODED, encodeNode } from "./codec";
import { emitLeaf, emitNode, emitsChanges } from "./emit";
import {
  BRANCH,
  EXTENSION,
  HASH_LENGTH,
  LEAF,
  UNSAVED,
  branchChild,
  branchCount,
  branchIndex,
  branchLength,
  branchMask,
  branchReference,
  extensionKey,
  keyNibbles,
  linkChild,
  linkLength,
  linkReference,
  nodeKind,
} from "./node";
import { nibbleAt, setNibble } from "./nibbles";
import { EMPTY_ROOT, standsAt, takeVacated, trieIsEmpty, trieOwner } from "./trie";

/** Room for the longest key of any trie, the raw ones included. */
const PATH_BYTES: usize = 320;

/** Whether the walk under way hands nodes over or only hashes. */
let saving: bool = false;
/** Owner of the trie under way, and the place of the walk in it; current while saving only. */
let owner: usize = 0;
let path: usize = 0;

function beginSeal(trie: usize, save: bool): void {
  if (path == 0) path = reserve(PATH_BYTES);
  saving = save;
  owner = trieOwner(trie);
}

/**
 * Makes the trie's root hash current; with `save` every node the host has not seen is emitted, and every place that no
 * longer holds one. Returns the address of the 32-byte root.
 */
export function sealTrie(trie: usize, save: bool): usize {
  const reference = linkReference(trie);
  const length = <u32>load<u8>(linkLength(trie));
  if (length != 0 && !(save && length & UNSAVED)) return reference;
  beginSeal(trie, save);
  if (trieIsEmpty(trie)) copy32(reference, EMPTY_ROOT);
  else sealRoot(trie, length, save);
  store<u8>(linkLength(trie), <u8>(save ? HASH_LENGTH : HASH_LENGTH | UNSAVED));
  if (save) emitVacated(trie);
  return reference;
}

/** Places that lost their node and did not get another. */
function emitVacated(trie: usize): void {
  for (let nibbles = takeVacated(trie, path); nibbles >= 0; nibbles = takeVacated(trie, path)) {
    if (!standsAt(trie, path, <u32>nibbles)) emitNode(owner, path, <u32>nibbles, 0, 0, 0);
  }
}

/**
 * Seals what is below the node at the first `nibbles` of a key ahead of the rest, while it is in the processor's caches.
 * The node itself is left to sealTrie, for changes elsewhere may still move it. Where the trie is not that deep, nothing
 * is done.
 */
export function sealSubtree(trie: usize, key: usize, nibbles: u32, save: bool): void {
  beginSeal(trie, save);
  memory.copy(path, key, (nibbles + 1) >> 1);
  let node = <usize>load<u32>(linkChild(trie));
  let length: u32 = load<u8>(linkLength(trie));
  for (let depth: u32 = 0; node != 0 && depth < nibbles; depth++) {
    if (nodeKind(node) != BRANCH) return;
    const nibble = nibbleAt(key, depth);
    if (((branchMask(node) >> nibble) & 1) == 0) return;
    const index = branchIndex(node, nibble);
    length = load<u8>(branchLength(node, index));
    node = <usize>load<u32>(branchChild(node, index));
  }
  if (node != 0 && needsSeal(length)) sealChildren(node, nibbles);
}

/** Levels of branches above the subtrees that listSubtrees lists. */
const LISTED_LEVELS: u32 = 2;

/** What listSubtrees writes: addresses of a link's child, length and reference, and the depth of the child. */
const LISTED_SIZE: usize = 16;

/** Depth in the entry of a whole trie, whose other words are its address. */
const WHOLE: u32 = 0xffffffff;

let listAt: usize = 0;
let listEnd: usize = 0;
let listedCount: u32 = 0;

/**
 * Lists the subtrees of a trie whose hash is not known, disjoint ones, for `sealListed`. Returns how many there are, at
 * most `room` of which were written, 16 bytes each to `out`.
 */
export function listSubtrees(trie: usize, out: usize, room: u32): u32 {
  listAt = out;
  listEnd = out + <usize>room * LISTED_SIZE;
  listedCount = 0;
  if (load<u8>(linkLength(trie)) != 0 || trieIsEmpty(trie)) return 0;
  const root = <usize>load<u32>(linkChild(trie));
  if (nodeKind(root) == BRANCH) listBelow(root, 0, LISTED_LEVELS);
  if (listedCount == 0) putListed(trie, trie, trie, WHOLE);
  return listedCount;
}

function listBelow(branch: usize, depth: u32, levels: u32): void {
  for (let i: u32 = 0, count = branchCount(branch); i < count; i++) {
    if (load<u8>(branchLength(branch, i)) != 0) continue;
    const child = <usize>load<u32>(branchChild(branch, i));
    if (levels > 1 && nodeKind(child) == BRANCH) listBelow(child, depth + 1, levels - 1);
    else putListed(branchChild(branch, i), branchLength(branch, i), branchReference(branch, i), depth + 1);
  }
}

function putListed(child: usize, length: usize, reference: usize, depth: u32): void {
  listedCount++;
  if (listAt == listEnd) return;
  store<u32>(listAt, <u32>child);
  store<u32>(listAt, <u32>length, 4);
  store<u32>(listAt, <u32>reference, 8);
  store<u32>(listAt, depth, 12);
  listAt += LISTED_SIZE;
}

/** Hashes a subtree that listSubtrees listed; any instance over the memory may do that. */
export function sealListed(entry: usize): void {
  const child = <usize>load<u32>(entry);
  const depth = load<u32>(entry, 12);
  if (depth == WHOLE) sealTrie(child, false);
  else {
    saving = false;
    sealLink(child, <usize>load<u32>(entry, 4), <usize>load<u32>(entry, 8), depth);
  }
}

/** The root is known by its hash even when it is shorter than one. */
function sealRoot(trie: usize, length: u32, save: bool): void {
  const root = <usize>load<u32>(linkChild(trie));
  sealChildren(root, 0);
  const bytes = encodeNode(root, 0);
  if (length == 0) keccak256(ENCODED, bytes, linkReference(trie));
  if (save) emitEncoded(root, 0, linkReference(trie), bytes);
}

// @ts-ignore: decorator
@inline
function needsSeal(length: u32): bool {
  return length == 0 || (saving && (length & UNSAVED) != 0);
}

function sealChildren(node: usize, depth: u32): void {
  const kind = nodeKind(node);
  if (kind == EXTENSION) {
    if (!needsSeal(load<u8>(linkLength(node)))) return;
    const end = keyNibbles(node);
    if (saving) memory.copy(path, extensionKey(node), (end + 1) >> 1);
    sealLink(linkChild(node), linkLength(node), linkReference(node), end);
  } else if (kind == BRANCH) sealBranches(node, depth);
}

function sealBranches(node: usize, depth: u32): void {
  const count = branchCount(node);
  let mask = branchMask(node);
  for (let i: u32 = 0; i < count; i++, mask &= mask - 1) {
    if (!needsSeal(load<u8>(branchLength(node, i)))) continue;
    if (saving) setNibble(path, depth, ctz<u32>(mask));
    sealLink(branchChild(node, i), branchLength(node, i), branchReference(node, i), depth + 1);
  }
}

// @ts-ignore: decorator
@inline
function sealLink(child: usize, lengthAt: usize, reference: usize, depth: u32): void {
  store<u8>(lengthAt, <u8>sealNode(<usize>load<u32>(child), depth, reference, load<u8>(lengthAt)));
}

/** Brings a node's reference up to date; returns the new length field of its link. */
function sealNode(node: usize, depth: u32, reference: usize, length: u32): u32 {
  sealChildren(node, depth);
  const bytes = encodeNode(node, depth);
  if (bytes < HASH_LENGTH) {
    memory.copy(reference, ENCODED, bytes);
    if (saving && nodeKind(node) != LEAF && emitsChanges()) emitNode(owner, path, depth, 0, 0, 0);
    return bytes;
  }
  if (length == 0) keccak256(ENCODED, bytes, reference);
  if (!saving) return HASH_LENGTH | UNSAVED;
  emitEncoded(node, depth, reference, bytes);
  return HASH_LENGTH;
}

function emitEncoded(node: usize, depth: u32, hash: usize, bytes: u32): void {
  if (nodeKind(node) == LEAF) emitLeaf(hash, ENCODED, bytes);
  else emitNode(owner, path, depth, hash, ENCODED, bytes);
}
