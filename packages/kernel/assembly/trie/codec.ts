/** Nodes to RLP and back (Yellow Paper, appendix D). */
import {
  ITEM,
  ITEM_IS_LIST,
  ITEM_LENGTH,
  headerSize,
  readBytes,
  readItem,
  readList,
  writeBytes,
  writeBytesHeader,
  writeListHeader,
} from "../encoding/rlp";
import { allocateChunk, chunkLog2, freeChunk } from "../memory/heap";
import { copy32 } from "../u256/word";
import {
  BRANCH,
  HASH_LENGTH,
  LEAF,
  branchChild,
  branchIndex,
  branchLength,
  branchMask,
  branchReference,
  branchValue,
  extensionKey,
  keyNibbles,
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
  openLink,
  setBranchValue,
} from "./node";
import { nibbleAt, setNibble } from "./nibbles";

/** Room before a payload for its list header. */
const HEADER: usize = 8;

let buffer: usize = 0;
let capacity: usize = 0;

/** Where the last encoded node begins. */
export let ENCODED: usize = 0;

/** Working memory of at least `bytes`; earlier contents are lost. */
export function nodeBuffer(bytes: usize): usize {
  if (bytes > capacity) {
    if (buffer != 0) freeChunk(buffer, chunkLog2(capacity));
    const log2 = chunkLog2(bytes);
    buffer = allocateChunk(log2);
    capacity = <usize>1 << log2;
  }
  return buffer;
}

export function nodeBufferCapacity(): u32 {
  return <u32>min<usize>(capacity, 0x7fffffff);
}

/** Encodes the node that begins at `depth`; its links must be current. Returns the length; the bytes are at ENCODED. */
export function encodeNode(node: usize, depth: u32): u32 {
  const kind = nodeKind(node);
  if (kind == BRANCH) return finish(encodeBranch(node));
  if (kind == LEAF) {
    const length = leafValueLength(node);
    const nibbles = keyNibbles(node);
    const start = nodeBuffer(HEADER + (nibbles >> 1) + 16 + <usize>length) + HEADER;
    const at = writePath(start, leafKey(node), depth, nibbles, 0x20);
    return finish(writeBytes(at, leafValue(node), length));
  }
  const end = keyNibbles(node);
  const start = nodeBuffer(HEADER + (end >> 1) + 64) + HEADER;
  const at = writePath(start, extensionKey(node), depth, end, 0);
  return finish(writeReference(at, linkReference(node), load<u8>(linkLength(node))));
}

function finish(end: usize): u32 {
  const payload = <u32>(end - buffer - HEADER);
  ENCODED = buffer + HEADER - headerSize(payload);
  writeListHeader(ENCODED, payload);
  return <u32>(end - ENCODED);
}

function encodeBranch(branch: usize): usize {
  const value = branchValue(branch);
  const valueLength = value == 0 ? 0 : load<u32>(value);
  let at = nodeBuffer(HEADER + 16 * 33 + 8 + <usize>valueLength) + HEADER;
  const mask = branchMask(branch);
  let index: u32 = 0;
  for (let nibble: u32 = 0; nibble < 16; nibble++) {
    if ((mask >> nibble) & 1) {
      at = writeReference(at, branchReference(branch, index), load<u8>(branchLength(branch, index)));
      index++;
    } else {
      store<u8>(at, 0x80);
      at++;
    }
  }
  return writeBytes(at, value + 4, valueLength);
}

// @ts-ignore: decorator
@inline
function writeReference(at: usize, reference: usize, lengthAndFlags: u32): usize {
  const length = lengthAndFlags & 0x7f;
  if (length == HASH_LENGTH) {
    store<u8>(at, 0xa0);
    copy32(at + 1, reference);
    return at + 33;
  }
  memory.copy(at, reference, length);
  return at + length;
}

/** Hex-prefix encoding of the nibbles [from, to) as an RLP string. */
function writePath(at: usize, key: usize, from: u32, to: u32, leafFlag: u32): usize {
  const length = to - from;
  const bytes = (length >> 1) + 1;
  let out = bytes > 1 ? writeBytesHeader(at, bytes) : at;
  let index = from;
  if (length & 1) {
    store<u8>(out, <u8>(leafFlag | 0x10 | nibbleAt(key, index)));
    index++;
  } else store<u8>(out, <u8>leafFlag);
  out++;
  if ((index & 1) == 0) {
    memory.copy(out, key + (index >> 1), bytes - 1);
    return out + (bytes - 1);
  }
  for (; index < to; index += 2) {
    store<u8>(out, <u8>((nibbleAt(key, index) << 4) | nibbleAt(key, index + 1)));
    out++;
  }
  return out;
}

/**
 * Builds a node from its RLP. The node begins at `depth`; the nibbles before are `key`'s. Returns 0 when the bytes are
 * not a node.
 */
export function decodeNode(rlp: usize, length: u32, key: usize, depth: u32): usize {
  const end = rlp + length;
  if (readList(rlp, end) != end) return 0;
  const items = ITEM;
  let count: u32 = 0;
  for (let at = items; at != end; count++) {
    at = readItem(at, end);
    if (at == 0) return 0;
  }
  if (count == 17) return decodeBranch(items, end);
  if (count == 2) return decodeShort(items, end, key, depth);
  return 0;
}

/** Copies the item just read into a link: a hash, or a node of less than 32 bytes. */
function decodeReference(item: usize, next: usize, child: usize, lengthAt: usize, reference: usize): bool {
  const size = <u32>(next - item);
  store<u32>(child, 0);
  if (!ITEM_IS_LIST && ITEM_LENGTH == HASH_LENGTH) {
    store<u8>(lengthAt, <u8>HASH_LENGTH);
    copy32(reference, ITEM);
    return true;
  }
  if (!ITEM_IS_LIST || size >= HASH_LENGTH) return false;
  store<u8>(lengthAt, <u8>size);
  memory.copy(reference, item, size);
  return true;
}

function decodeBranch(items: usize, end: usize): usize {
  let children: u32 = 0;
  let at = items;
  for (let nibble = 0; nibble < 16; nibble++) {
    at = readItem(at, end);
    if (ITEM_IS_LIST || ITEM_LENGTH != 0) children++;
  }
  if (readBytes(at, end) != end) return 0;
  let branch = newBranch(children);
  if (ITEM_LENGTH != 0) setBranchValue(branch, ITEM, ITEM_LENGTH);
  at = items;
  for (let nibble: u32 = 0; nibble < 16; nibble++) {
    const next = readItem(at, end);
    if (ITEM_IS_LIST || ITEM_LENGTH != 0) {
      branch = openLink(branch, nibble);
      const index = branchIndex(branch, nibble);
      const ok = decodeReference(
        at,
        next,
        branchChild(branch, index),
        branchLength(branch, index),
        branchReference(branch, index),
      );
      if (!ok) return 0;
    }
    at = next;
  }
  return branch;
}

function decodeShort(items: usize, end: usize, key: usize, depth: u32): usize {
  const second = readBytes(items, end);
  if (second == 0 || ITEM_LENGTH == 0) return 0;
  const path = ITEM;
  const flags = <u32>load<u8>(path) >> 4;
  const odd = flags & 1;
  if (flags > 3 || (odd == 0 && load<u8>(path) & 15)) return 0;
  const nibbles = ((ITEM_LENGTH - 1) << 1) + odd;
  if (depth + nibbles > 0xffff) return 0;
  const next = readItem(second, end);
  if (flags < 2) {
    const extension = newExtension(key, depth, depth + nibbles);
    copyPath(extensionKey(extension), depth, path, nibbles, odd);
    const ok = nibbles != 0 &&
      decodeReference(second, next, linkChild(extension), linkLength(extension), linkReference(extension));
    return ok ? extension : 0;
  }
  if (ITEM_IS_LIST) return 0;
  const leaf = newLeaf(key, depth, depth + nibbles, ITEM, ITEM_LENGTH);
  copyPath(leafKey(leaf), depth, path, nibbles, odd);
  return leaf;
}

/** Appends the nibbles of a hex-prefix path to a node's key at `depth`. */
function copyPath(key: usize, depth: u32, path: usize, nibbles: u32, odd: u32): void {
  const from = 2 - odd;
  for (let i: u32 = 0; i < nibbles; i++) setNibble(key, depth + i, nibbleAt(path, from + i));
}
