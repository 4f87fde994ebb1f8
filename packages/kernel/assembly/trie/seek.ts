/** Neighbouring keys: iteration in key order without keeping a position. */
import {
  BRANCH,
  LEAF,
  branchIndex,
  branchMask,
  branchValue,
  extensionKey,
  keyNibbles,
  leafKey,
  nodeKind,
} from "./node";
import { firstDifference, nibbleAt, setNibble } from "./nibbles";
import { branchNode, linkedNode } from "./resolve";
import { rootNode } from "./trie";

// Arguments of the search under way. `path` collects the key that is found.
let target: usize = 0;
let targetNibbles: u32 = 0;
let forward: bool = false;
let path: usize = 0;

/**
 * Writes the nearest key after or before `key` to `out` (room for the trie's longest key) and returns its nibbles, -1 when
 * there is none. The key itself need not be in the trie. A key comes before the keys it begins.
 */
export function seekKey(trie: usize, key: usize, nibbles: u32, seekForward: bool, out: usize): i32 {
  target = key;
  targetNibbles = nibbles;
  forward = seekForward;
  path = out;
  memory.copy(path, target, (nibbles + 1) >> 1);
  const root = rootNode(trie, key);
  return root == 0 ? -1 : neighbour(root, 0);
}

function take(key: usize, nibbles: u32): i32 {
  memory.copy(path, key, (nibbles + 1) >> 1);
  return <i32>nibbles;
}

/** Nearest key below a node that begins at `depth` on the target's path. */
function neighbour(node: usize, depth: u32): i32 {
  const kind = nodeKind(node);
  if (kind == BRANCH) return neighbourInBranch(node, depth);
  const key = kind == LEAF ? leafKey(node) : extensionKey(node);
  const end = keyNibbles(node);
  const split = firstDifference(key, target, depth, min(end, targetNibbles));
  if (split == end && (kind != LEAF || end == targetNibbles)) {
    return kind == LEAF ? -1 : neighbour(linkedNode(node, target, end), end);
  }
  const after = split == end ? false : split == targetNibbles || nibbleAt(key, split) > nibbleAt(target, split);
  return after == forward ? edge(node, depth) : -1;
}

function neighbourInBranch(branch: usize, depth: u32): i32 {
  if (depth == targetNibbles) return forward ? edgeChild(branch, depth, 0) : -1;
  const nibble = nibbleAt(target, depth);
  if ((branchMask(branch) >> nibble) & 1) {
    const child = branchNode(branch, branchIndex(branch, nibble), target, depth + 1);
    const found = neighbour(child, depth + 1);
    if (found >= 0) return found;
  }
  if (forward) return edgeChild(branch, depth, nibble + 1);
  const found = edgeChild(branch, depth, nibble);
  return found >= 0 || branchValue(branch) == 0 ? found : take(target, depth);
}

/** First child from nibble `bound` on when going forward, last child below it when going backward, to its edge. */
function edgeChild(branch: usize, depth: u32, bound: u32): i32 {
  const low = (((<u32>1) << bound) - 1) & 0xffff;
  const mask = branchMask(branch) & (forward ? ~low : low);
  if (mask == 0) return -1;
  const nibble = forward ? ctz<u32>(mask) : 31 - clz<u32>(mask);
  setNibble(path, depth, nibble);
  return edge(branchNode(branch, branchIndex(branch, nibble), path, depth + 1), depth + 1);
}

/** First or last key below a node; `path` holds the nibbles before `depth`. */
function edge(node: usize, depth: u32): i32 {
  const kind = nodeKind(node);
  if (kind == LEAF) return take(leafKey(node), keyNibbles(node));
  if (kind == BRANCH) {
    if (forward && branchValue(node) != 0) return <i32>depth;
    return edgeChild(node, depth, forward ? 0 : 16);
  }
  const end = keyNibbles(node);
  take(extensionKey(node), end);
  return edge(linkedNode(node, path, end), end);
}
