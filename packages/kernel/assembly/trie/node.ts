/**
 * Nodes of a Merkle-Patricia trie in linear memory.
 *
 * A node does not know where it begins: leaves and extensions keep the whole key from the root, and the walk knows the
 * depth. So a node can move up or down the trie (splits, collapses) without being rewritten.
 *
 * A link to a child is three fields: `child` (node address, 0 = not loaded), `reference` (32 bytes: hash or embedded RLP
 * of the child) and `length` (u8): 0 = the child changed and its reference is stale, 1..31 = embedded RLP of that length,
 * 32 = hash; with UNSAVED = hash that the host has not been given yet.
 *
 * The kind shares its byte with the mark of being reached.
 *
 * leaf       kind u8 · - u8 · nibbles u16 · value length u32 · key · value
 * extension  kind u8 · length u8 · end nibbles u16 · child u32 · reference 32 · key
 * branch     kind u8 · capacity u8 · mask u16 · value u32 · - 8 · child u32 × capacity · length u8 × capacity
 *            (padded to 8) · reference 32 × capacity
 *
 * A branch holds its children densely in nibble order and grows 4 → 8 → 16, for most branches have few.
 */
import { Arena, arenaAlloc, arenaReset, newArena } from "../memory/arena";
import { reserve } from "../memory/heap";
import { copy32 } from "../u256/word";
import { nibbleAt } from "./nibbles";

export const LEAF: u32 = 1;
export const EXTENSION: u32 = 2;
export const BRANCH: u32 = 3;

/** Beside the kind: the node was reached since eviction last passed it. New nodes are. */
const REFERENCED: u32 = 0x80;
const KIND: u32 = 3;

export const HASH_LENGTH: u32 = 32;
export const UNSAVED: u32 = 0x80;

const FINE_LIMIT: usize = 1024;
const FINE_CLASSES: usize = 65;
const CLASSES: usize = FINE_CLASSES + 32;

let arena: Arena = changetype<Arena>(0);
let freeNodes: usize = 0;

/** Once per instance. */
export function initNodes(): void {
  arena = newArena();
  freeNodes = reserve((CLASSES + 1) << 2);
}

/** Writes where nodes are kept to two words at `out`, for `adoptNodes` of another instance. */
export function shareNodes(out: usize): void {
  store<u32>(out, <u32>changetype<usize>(arena));
  store<u32>(out, <u32>freeNodes, 4);
}

/** Uses the nodes of another instance over the same memory, one at a time (memory/sharing.ts). */
export function adoptNodes(at: usize): void {
  arena = changetype<Arena>(<usize>load<u32>(at));
  freeNodes = load<u32>(at, 4);
}

/** Adds to the bytes in use, which are counted behind the lists of free nodes. */
// @ts-ignore: decorator
@inline
function countBytes(bytes: usize): void {
  store<u32>(freeNodes, load<u32>(freeNodes, CLASSES << 2) + <u32>bytes, CLASSES << 2);
}

/** Frees every node of every trie of this instance. */
export function resetNodes(): void {
  arenaReset(arena);
  memory.fill(freeNodes, 0, (CLASSES + 1) << 2);
}

/** Bytes allocated and not freed; freed ones stay with this allocator. */
export function nodeMemory(): usize {
  return load<u32>(freeNodes, CLASSES << 2);
}

/** Bytes taken from the heap, those in free lists included. */
export function nodeCapacity(): usize {
  return arena.bytes;
}

// @ts-ignore: decorator
@inline
function sizeClass(bytes: usize): usize {
  if (bytes <= FINE_LIMIT) return (bytes + 15) >> 4;
  return FINE_CLASSES + (32 - <usize>clz<u32>(<u32>bytes - 1));
}

// @ts-ignore: decorator
@inline
function classBytes(index: usize): usize {
  return index < FINE_CLASSES ? index << 4 : <usize>1 << (index - FINE_CLASSES);
}

/** Memory with undefined contents that freeNode or resetNodes gives back: nodes, and the records of the base state. */
export function allocateNode(bytes: usize): usize {
  const index = sizeClass(bytes);
  countBytes(classBytes(index));
  const head = freeNodes + (index << 2);
  const free = load<u32>(head);
  if (free != 0) {
    store<u32>(head, load<u32>(free));
    return free;
  }
  return arenaAlloc(arena, classBytes(index));
}

/** Frees memory of allocateNode. */
export function freeNode(at: usize, bytes: usize): void {
  const index = sizeClass(bytes);
  const head = freeNodes + (index << 2);
  countBytes(-classBytes(index));
  store<u32>(at, load<u32>(head));
  store<u32>(head, <u32>at);
}

// @ts-ignore: decorator
@inline
export function nodeKind(node: usize): u32 {
  return <u32>load<u8>(node) & KIND;
}

/** Notes that a walk reached the node, which keeps eviction from it for a turn. */
// @ts-ignore: decorator
@inline
export function markReached(node: usize): void {
  if (!GUEST) store<u8>(node, <u8>(<u32>load<u8>(node) | REFERENCED));
}

/** Whether the node was reached since the last call. */
export function takeReached(node: usize): bool {
  const header = <u32>load<u8>(node);
  store<u8>(node, <u8>(header & KIND));
  return (header & REFERENCED) != 0;
}

/** Nibbles of a leaf's key, or the depth at which an extension ends. */
// @ts-ignore: decorator
@inline
export function keyNibbles(node: usize): u32 {
  return <u32>load<u16>(node, 2);
}

// @ts-ignore: decorator
@inline
function keyBytes(nibbles: u32): u32 {
  return (nibbles + 1) >> 1;
}

// leaf

// @ts-ignore: decorator
@inline
export function leafKey(leaf: usize): usize {
  return leaf + 8;
}

// @ts-ignore: decorator
@inline
export function leafValueLength(leaf: usize): u32 {
  return load<u32>(leaf, 4);
}

// @ts-ignore: decorator
@inline
export function leafValue(leaf: usize): usize {
  return leaf + 8 + keyBytes(keyNibbles(leaf));
}

/** `prefix` nibbles come from `key`; the caller may complete the rest with setNibble. */
export function newLeaf(key: usize, prefix: u32, nibbles: u32, value: usize, valueLength: u32): usize {
  const leaf = allocateNode(8 + keyBytes(nibbles) + <usize>valueLength);
  store<u32>(leaf, LEAF | REFERENCED | (nibbles << 16));
  store<u32>(leaf, valueLength, 4);
  memory.copy(leaf + 8, key, keyBytes(prefix));
  memory.copy(leafValue(leaf), value, valueLength);
  return leaf;
}

// extension

// @ts-ignore: decorator
@inline
export function extensionKey(extension: usize): usize {
  return extension + 40;
}

/** An extension down to depth `end`; its link is empty. */
export function newExtension(key: usize, prefix: u32, end: u32): usize {
  const extension = allocateNode(40 + keyBytes(end));
  store<u32>(extension, EXTENSION | REFERENCED | (end << 16));
  store<u32>(extension, 0, 4);
  memory.copy(extension + 40, key, keyBytes(prefix));
  return extension;
}

/** Links of extensions and of trie records are at the same offsets. */
// @ts-ignore: decorator
@inline
export function linkChild(holder: usize): usize {
  return holder + 4;
}

// @ts-ignore: decorator
@inline
export function linkLength(holder: usize): usize {
  return holder + 1;
}

// @ts-ignore: decorator
@inline
export function linkReference(holder: usize): usize {
  return holder + 8;
}

// branch

// @ts-ignore: decorator
@inline
function capacityOf(branch: usize): usize {
  return <usize>load<u8>(branch, 1);
}

// @ts-ignore: decorator
@inline
function referencesOffset(capacity: usize): usize {
  return (16 + capacity * 5 + 7) & ~7;
}

// @ts-ignore: decorator
@inline
export function branchMask(branch: usize): u32 {
  return <u32>load<u16>(branch, 2);
}

// @ts-ignore: decorator
@inline
export function branchCount(branch: usize): u32 {
  return popcnt<u32>(branchMask(branch));
}

/** Dense index of the child at `nibble` (present or not). */
// @ts-ignore: decorator
@inline
export function branchIndex(branch: usize, nibble: u32): u32 {
  return popcnt<u32>(branchMask(branch) & ((<u32>1 << nibble) - 1));
}

// @ts-ignore: decorator
@inline
export function branchChild(branch: usize, index: u32): usize {
  return branch + 16 + (<usize>index << 2);
}

// @ts-ignore: decorator
@inline
export function branchLength(branch: usize, index: u32): usize {
  return branch + 16 + (capacityOf(branch) << 2) + index;
}

// @ts-ignore: decorator
@inline
export function branchReference(branch: usize, index: u32): usize {
  return branch + referencesOffset(capacityOf(branch)) + (<usize>index << 5);
}

function allocateBranch(capacity: usize): usize {
  const branch = allocateNode(referencesOffset(capacity) + (capacity << 5));
  store<u64>(branch, <u64>(BRANCH | REFERENCED) | (<u64>capacity << 8));
  return branch;
}

/** A branch for at least `children` children. */
export function newBranch(children: u32): usize {
  return allocateBranch(children <= 4 ? 4 : children <= 8 ? 8 : 16);
}

function growBranch(branch: usize): usize {
  const grown = allocateBranch(capacityOf(branch) << 1);
  const count = <usize>branchCount(branch);
  store<u16>(grown, load<u16>(branch, 2), 2);
  store<u32>(grown, load<u32>(branch, 4), 4);
  memory.copy(branchChild(grown, 0), branchChild(branch, 0), count << 2);
  memory.copy(branchLength(grown, 0), branchLength(branch, 0), count);
  memory.copy(branchReference(grown, 0), branchReference(branch, 0), count << 5);
  releaseBranch(branch);
  return grown;
}

/** Makes room for a child at an empty nibble; returns the branch, which may have moved. The link is the caller's to fill. */
export function openLink(branch: usize, nibble: u32): usize {
  const count = branchCount(branch);
  const at = count == <u32>capacityOf(branch) ? growBranch(branch) : branch;
  const index = branchIndex(at, nibble);
  const behind = <usize>(count - index);
  memory.copy(branchChild(at, index + 1), branchChild(at, index), behind << 2);
  memory.copy(branchLength(at, index + 1), branchLength(at, index), behind);
  memory.copy(branchReference(at, index + 1), branchReference(at, index), behind << 5);
  store<u16>(at, <u16>(branchMask(at) | (<u32>1 << nibble)), 2);
  return at;
}

/** Removes the link at a present nibble. */
export function closeLink(branch: usize, nibble: u32): void {
  const index = branchIndex(branch, nibble);
  const behind = <usize>(branchCount(branch) - index - 1);
  memory.copy(branchChild(branch, index), branchChild(branch, index + 1), behind << 2);
  memory.copy(branchLength(branch, index), branchLength(branch, index + 1), behind);
  memory.copy(branchReference(branch, index), branchReference(branch, index + 1), behind << 5);
  store<u16>(branch, <u16>(branchMask(branch) & ~(<u32>1 << nibble)), 2);
}

/** Adds a changed child at an empty nibble; returns the branch, which may have moved. */
export function addChild(branch: usize, nibble: u32, child: usize): usize {
  const at = openLink(branch, nibble);
  const index = branchIndex(at, nibble);
  store<u32>(branchChild(at, index), <u32>child);
  store<u8>(branchLength(at, index), 0);
  return at;
}

/** Adds a child at an empty nibble of a branch with room, with the link that an extension holds. */
export function addLink(branch: usize, nibble: u32, holder: usize): void {
  const at = openLink(branch, nibble);
  const index = branchIndex(at, nibble);
  store<u32>(branchChild(at, index), load<u32>(linkChild(holder)));
  store<u8>(branchLength(at, index), load<u8>(linkLength(holder)));
  copy32(branchReference(at, index), linkReference(holder));
}

/** Value at a branch, (length u32, bytes), 0 = none. Only tries with keys of different lengths have them. */
// @ts-ignore: decorator
@inline
export function branchValue(branch: usize): usize {
  return <usize>load<u32>(branch, 4);
}

export function setBranchValue(branch: usize, value: usize, valueLength: u32): void {
  const old = branchValue(branch);
  let blob: usize = 0;
  if (value != 0) {
    blob = allocateNode(4 + <usize>valueLength);
    store<u32>(blob, valueLength);
    memory.copy(blob + 4, value, valueLength);
  }
  if (old != 0) freeNode(old, 4 + <usize>load<u32>(old));
  store<u32>(branch, <u32>blob, 4);
}

function releaseBranch(branch: usize): void {
  freeNode(branch, referencesOffset(capacityOf(branch)) + (capacityOf(branch) << 5));
}

/** Frees one node, not its children; a branch's value goes with it. */
export function releaseNode(node: usize): void {
  const kind = nodeKind(node);
  if (kind == LEAF) freeNode(node, 8 + keyBytes(keyNibbles(node)) + <usize>leafValueLength(node));
  else if (kind == EXTENSION) freeNode(node, 40 + keyBytes(keyNibbles(node)));
  else {
    if (branchValue(node) != 0) setBranchValue(node, 0, 0);
    releaseBranch(node);
  }
}

/** Frees a node with everything loaded below it. */
export function freeTree(node: usize): void {
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

/** Whether the leaf's key is exactly this one. */
export function leafHasKey(leaf: usize, key: usize, nibbles: u32): bool {
  if (keyNibbles(leaf) != nibbles) return false;
  return sameNibbles(leafKey(leaf), key, nibbles);
}

function sameNibbles(a: usize, b: usize, nibbles: u32): bool {
  if (memory.compare(a, b, nibbles >> 1) != 0) return false;
  return (nibbles & 1) == 0 || nibbleAt(a, nibbles - 1) == nibbleAt(b, nibbles - 1);
}
