/**
 * Roots of the tries from rlp(i) to item i: transactions, receipts, withdrawals. The keys are known in order, so the root
 * is computed range by range without building any node. No such key is the beginning of another: branches have no value.
 */
import { keccak256 } from "../crypto/keccak";
import { headerSize, u64Bytes, writeBytes, writeBytesHeader, writeListHeader } from "../encoding/rlp";
import { reserve } from "../memory/heap";
import { copy32 } from "../u256/word";
import { nodeBuffer } from "./codec";
import { EMPTY_ROOT } from "./trie";

/** Payload of one branch or extension with room before it for the list header. */
const FRAME: usize = 640;
const HEADER: usize = 8;
/** Keys have up to 5 bytes; the root is a frame too. */
const FRAMES: usize = 12;

let frames: usize = 0;
let items: usize = 0;
let total: u32 = 0;

/** items: `count` pairs of address u32 and length u32, lengths not zero. Writes the 32-byte root to `out`. */
export function orderedRoot(itemPairs: usize, count: u32, out: usize): void {
  if (count == 0) {
    copy32(out, EMPTY_ROOT);
    return;
  }
  if (frames == 0) frames = reserve(FRAME * FRAMES);
  items = itemPairs;
  total = count;
  const bytes = encodeRange(0, count, 0);
  keccak256(start, bytes, out);
}

/** The item whose key is at `position` in key order: 1 … 127, then 0, then 128 and up. */
// @ts-ignore: decorator
@inline
function itemAt(position: u32): u32 {
  const small = min<u32>(127, total - 1);
  return position < small ? position + 1 : position == small ? 0 : position;
}

/** RLP of an index, its first nibble uppermost in 64 bits. */
function keyOf(index: u32): u64 {
  if (index == 0) return <u64>0x80 << 56;
  if (index < 0x80) return <u64>index << 56;
  const bytes = u64Bytes(index);
  return (<u64>(0x80 + bytes) << 56) | (<u64>index << (56 - (bytes << 3)));
}

function keyLength(index: u32): u32 {
  return index < 0x80 ? 2 : (u64Bytes(index) + 1) << 1;
}

// @ts-ignore: decorator
@inline
function nibbleOf(key: u64, depth: u32): u32 {
  return <u32>(key >> (60 - (depth << 2))) & 15;
}

/** Where the last encoded node begins. */
let start: usize = 0;

function finish(payload: usize, end: usize): u32 {
  const length = <u32>(end - payload);
  start = payload - headerSize(length);
  writeListHeader(start, length);
  return <u32>(end - start);
}

/** Encodes the node for the keys at positions [from, to), which agree in `depth` nibbles. */
function encodeRange(from: u32, to: u32, depth: u32): u32 {
  const first = keyOf(itemAt(from));
  if (to - from == 1) return encodeLeaf(itemAt(from), first, depth);
  const shared = <u32>(clz<u64>(first ^ keyOf(itemAt(to - 1))) >> 2);
  const payload = frames + FRAME * <usize>depth + HEADER;
  if (shared == depth) return encodeBranch(from, to, depth, payload);
  const bytes = encodeBranch(from, to, shared, frames + FRAME * <usize>shared + HEADER);
  const path = writePath(payload, first, depth, shared, 0);
  return finish(payload, writeReference(path, bytes));
}

function encodeLeaf(index: u32, key: u64, depth: u32): u32 {
  const pair = items + (<usize>index << 3);
  const length = load<u32>(pair, 4);
  const payload = nodeBuffer(<usize>length + 64) + HEADER;
  const path = writePath(payload, key, depth, keyLength(index), 0x20);
  return finish(payload, writeBytes(path, <usize>load<u32>(pair), length));
}

function encodeBranch(from: u32, to: u32, depth: u32, payload: usize): u32 {
  let at = payload;
  let position = from;
  for (let nibble: u32 = 0; nibble < 16; nibble++) {
    const begin = position;
    while (position < to && nibbleOf(keyOf(itemAt(position)), depth) == nibble) position++;
    if (position == begin) {
      store<u8>(at, 0x80);
      at++;
    } else at = writeReference(at, encodeRange(begin, position, depth + 1));
  }
  store<u8>(at, 0x80);
  return finish(payload, at + 1);
}

/** Reference to the node just encoded. */
function writeReference(at: usize, bytes: u32): usize {
  if (bytes < 32) {
    memory.copy(at, start, bytes);
    return at + bytes;
  }
  store<u8>(at, 0xa0);
  keccak256(start, bytes, at + 1);
  return at + 33;
}

/** Hex-prefix encoding of the key's nibbles [from, to). */
function writePath(at: usize, key: u64, from: u32, to: u32, leafFlag: u32): usize {
  const length = to - from;
  let out = length > 1 ? writeBytesHeader(at, (length >> 1) + 1) : at;
  let index = from;
  if (length & 1) store<u8>(out, <u8>(leafFlag | 0x10 | nibbleOf(key, index++)));
  else store<u8>(out, <u8>leafFlag);
  out++;
  for (; index < to; index += 2) store<u8>(out++, <u8>((nibbleOf(key, index) << 4) | nibbleOf(key, index + 1)));
  return out;
}
