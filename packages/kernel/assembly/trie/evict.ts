/**
 * Giving back memory of nodes that were not reached lately. A clean node can be loaded again by its reference, so dropping
 * it changes no result. Every node gets a second chance: the first time eviction passes, it loses its mark of being
 * reached; without a mark it goes, and everything below it, which was not reached either.
 */
import {
  BRANCH,
  EXTENSION,
  UNSAVED,
  branchChild,
  branchCount,
  branchIndex,
  branchLength,
  branchMask,
  freeTree,
  linkChild,
  linkLength,
  nodeKind,
  takeReached,
} from "./node";

/** Eviction goes round a trie in parts: one for each pair of first nibbles. */
export const TRIE_PARTS: u32 = 256;

// @ts-ignore: decorator
@inline
function isClean(lengthAt: usize): bool {
  const length = <u32>load<u8>(lengthAt);
  return length != 0 && (length & UNSAVED) == 0;
}

/** Passes over everything loaded behind a link. */
function sweepLink(child: usize, lengthAt: usize): void {
  const node = <usize>load<u32>(child);
  if (node == 0 || !isClean(lengthAt)) return;
  if (!takeReached(node)) {
    freeTree(node);
    store<u32>(child, 0);
    return;
  }
  const kind = nodeKind(node);
  if (kind == EXTENSION) sweepLink(linkChild(node), linkLength(node));
  else if (kind == BRANCH) {
    for (let i: u32 = 0, count = branchCount(node); i < count; i++) sweepLink(branchChild(node, i), branchLength(node, i));
  }
}

/** Drops a branch that was passed before and has nothing loaded below it. */
function sweepAlone(child: usize, lengthAt: usize): void {
  const branch = <usize>load<u32>(child);
  if (!isClean(lengthAt)) return;
  for (let i: u32 = 0, count = branchCount(branch); i < count; i++) if (load<u32>(branchChild(branch, i)) != 0) return;
  if (takeReached(branch)) return;
  freeTree(branch);
  store<u32>(child, 0);
}

/** Passes over all of a trie. */
export function sweepTrie(trie: usize): void {
  sweepLink(linkChild(trie), linkLength(trie));
}

/** Passes over one part of a trie; small tries are all in the last one. */
export function sweepPart(trie: usize, part: u32): void {
  const root = <usize>load<u32>(linkChild(trie));
  if (root == 0) return;
  const last = part == TRIE_PARTS - 1;
  if (nodeKind(root) != BRANCH) {
    if (last) sweepTrie(trie);
    return;
  }
  sweepBelow(root, part >> 4, part & 15);
  if (last) sweepAlone(linkChild(trie), linkLength(trie));
}

function sweepBelow(root: usize, first: u32, second: u32): void {
  if (((branchMask(root) >> first) & 1) == 0) return;
  const index = branchIndex(root, first);
  const child = branchChild(root, index);
  const node = <usize>load<u32>(child);
  if (node == 0) return;
  if (nodeKind(node) != BRANCH) {
    if (second == 15) sweepLink(child, branchLength(root, index));
    return;
  }
  if ((branchMask(node) >> second) & 1) {
    const below = branchIndex(node, second);
    sweepLink(branchChild(node, below), branchLength(node, below));
  }
  if (second == 15) sweepAlone(child, branchLength(root, index));
}
