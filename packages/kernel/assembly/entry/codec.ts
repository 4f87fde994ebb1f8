/**
 * RLP and tries by themselves: what the conformance suites of both exercise. The caller hands over memory obtained from
 * codecBuffer.
 */
import { keccak256 } from "../crypto/keccak";
import {
  ITEM,
  ITEM_IS_LIST,
  ITEM_LENGTH,
  headerSize,
  readItem,
  writeBytesHeader,
  writeListHeader,
} from "../encoding/rlp";
import { allocateChunk, chunkLog2, freeChunk } from "../memory/heap";
import { allocateNode, freeNode, initNodes } from "../trie/node";
import { flushRecords } from "../trie/emit";
import { sealTrie } from "../trie/seal";
import { seekKey } from "../trie/seek";
import {
  EMPTY_ROOT,
  FOUND,
  FOUND_LENGTH,
  TRIE_SIZE,
  freeTrie,
  openTrie,
  trieDelete,
  trieGet,
  triePut,
} from "../trie/trie";
import { copy32 } from "../u256/word";

let buffer: usize = 0;
let capacity: usize = 0;

/** Memory for at least `bytes` of input or output; replaces the earlier one. */
export function codecBuffer(bytes: usize): usize {
  if (bytes > capacity) {
    if (buffer != 0) freeChunk(buffer, chunkLog2(capacity));
    const log2 = chunkLog2(bytes);
    buffer = allocateChunk(log2);
    capacity = (<usize>1) << log2;
  }
  return buffer;
}

/** Writes the keccak-256 of bytes in the codec's buffer. */
export function codecKeccak(bytes: usize, length: usize, out: usize): void {
  keccak256(bytes, length, out);
}

/** Token: payload offset u32, payload length u32, parent token u32 (0xffffffff = none), 1 for a list u32. */
const TOKEN: usize = 16;
const NO_PARENT: u32 = 0xffffffff;

/**
 * Describes RLP bytes as tokens in order of appearance. Every level of nesting takes a byte of input, so the tokens are
 * at most as many as the bytes. Returns the number of tokens, -1 when the bytes are not exactly one canonical item.
 */
export function rlpDecode(bytes: usize, length: u32, tokens: usize): i32 {
  const end = bytes + length;
  let count: u32 = 0;
  let parent = NO_PARENT;
  let at = bytes;
  while (true) {
    const limit = parent == NO_PARENT ? end : tokenEnd(tokens, parent, bytes);
    if (at == limit && (parent != NO_PARENT || count != 0)) {
      if (parent == NO_PARENT) return <i32>count;
      parent = load<u32>(tokens + <usize>parent * TOKEN, 8);
      continue;
    }
    if (parent == NO_PARENT && count != 0) return -1;
    const next = readItem(at, limit);
    if (next == 0) return -1;
    const token = tokens + <usize>count * TOKEN;
    store<u32>(token, <u32>(ITEM - bytes));
    store<u32>(token, ITEM_LENGTH, 4);
    store<u32>(token, parent, 8);
    store<u32>(token, ITEM_IS_LIST ? 1 : 0, 12);
    if (ITEM_IS_LIST) parent = count;
    at = ITEM_IS_LIST ? ITEM : next;
    count++;
  }
}

function tokenEnd(tokens: usize, index: u32, bytes: usize): usize {
  const token = tokens + <usize>index * TOKEN;
  return bytes + load<u32>(token) + load<u32>(token, 4);
}

/** Writes the header of a byte string (not of a single byte below 0x80) so that it ends at `payload`; returns its start. */
export function rlpPrependBytesHeader(payload: usize, length: u32): usize {
  const start = payload - headerSize(length);
  writeBytesHeader(start, length);
  return start;
}

/** Writes a list header that ends at `payload`; returns its start. */
export function rlpPrependListHeader(payload: usize, length: u32): usize {
  const start = payload - headerSize(length);
  writeListHeader(start, length);
  return start;
}

/** Once per instance, where no state is opened: tries need the node allocator. */
export function initCodec(): void {
  initNodes();
}

/** A trie of its own with the given root, to be freed with rawTrieFree. Its keys are byte strings of any length. */
export function rawTrieNew(root: usize): usize {
  const trie = allocateNode(TRIE_SIZE);
  openTrie(trie, root == 0 ? EMPTY_ROOT : root);
  return trie;
}

export function rawTrieFree(trie: usize): void {
  freeTrie(trie);
  freeNode(trie, TRIE_SIZE);
}

export function rawTriePut(trie: usize, key: usize, keyLength: u32, value: usize, valueLength: u32): void {
  triePut(trie, key, keyLength << 1, value, valueLength);
}

export function rawTrieDelete(trie: usize, key: usize, keyLength: u32): void {
  trieDelete(trie, key, keyLength << 1);
}

/** Length of the value, -1 when the key is absent; the value is at rawTrieValue(). */
export function rawTrieGet(trie: usize, key: usize, keyLength: u32): i32 {
  return trieGet(trie, key, keyLength << 1) ? <i32>FOUND_LENGTH : -1;
}

export function rawTrieValue(): usize {
  return FOUND;
}

/** Writes the root hash; `save` also hands the new nodes to the host. */
export function rawTrieRoot(trie: usize, out: usize, save: bool): void {
  copy32(out, sealTrie(trie, save));
  if (save) flushRecords();
}

/**
 * The nearest key after (`forward`) or before `key`. Returns its length in bytes and writes it to `out`, -1 when there is
 * none.
 */
export function rawTrieSeek(trie: usize, key: usize, keyLength: u32, forward: bool, out: usize): i32 {
  const nibbles = seekKey(trie, key, keyLength << 1, forward, out);
  return nibbles < 0 ? -1 : nibbles >> 1;
}
