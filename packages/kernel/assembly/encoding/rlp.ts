/**
 * RLP over linear memory. The reader accepts canonical encodings only: shortest length form, single bytes below 0x80
 * as themselves, nothing past the end of the enclosing item. Readers return the address after the item or 0 when the
 * input is malformed; the item itself is in ITEM and ITEM_LENGTH.
 */
import { isZero32, loadBE, zero32 } from "../u256/word";

/** Payload of the last item read. */
export let ITEM: usize = 0;
export let ITEM_LENGTH: u32 = 0;
export let ITEM_IS_LIST: bool = false;
/** Value of the last readU64. */
export let ITEM_U64: u64 = 0;

// @ts-ignore: decorator
@inline
function take(payload: usize, length: u32, list: bool, end: usize): usize {
  if (length > <u32>(end - payload)) return 0;
  ITEM = payload;
  ITEM_LENGTH = length;
  ITEM_IS_LIST = list;
  return payload + length;
}

/** Reads the big-endian length of a long item. Lengths of more than four bytes exceed any memory. */
function takeLong(at: usize, lengthBytes: u32, list: bool, end: usize): usize {
  if (lengthBytes > 4 || lengthBytes > <u32>(end - at)) return 0;
  if (load<u8>(at) == 0) return 0;
  let length: u32 = 0;
  for (let i: u32 = 0; i < lengthBytes; i++) length = (length << 8) | load<u8>(at + i);
  if (length < 56) return 0;
  return take(at + lengthBytes, length, list, end);
}

/** Reads one item of either kind. The contents of a list are not examined. */
export function readItem(at: usize, end: usize): usize {
  if (at >= end) return 0;
  const first = <u32>load<u8>(at);
  if (first < 0x80) return take(at, 1, false, end);
  if (first < 0xb8) {
    const length = first - 0x80;
    if (length == 1 && (at + 1 >= end || load<u8>(at, 1) < 0x80)) return 0;
    return take(at + 1, length, false, end);
  }
  if (first < 0xc0) return takeLong(at + 1, first - 0xb7, false, end);
  if (first < 0xf8) return take(at + 1, first - 0xc0, true, end);
  return takeLong(at + 1, first - 0xf7, true, end);
}

/** Reads a byte string. */
export function readBytes(at: usize, end: usize): usize {
  const next = readItem(at, end);
  return next != 0 && !ITEM_IS_LIST ? next : 0;
}

/** Reads a list: ITEM is its payload of ITEM_LENGTH bytes. */
export function readList(at: usize, end: usize): usize {
  const next = readItem(at, end);
  return next != 0 && ITEM_IS_LIST ? next : 0;
}

/** Reads an integer below 2^64 without leading zeros into ITEM_U64. */
export function readU64(at: usize, end: usize): usize {
  const next = readBytes(at, end);
  if (next == 0 || ITEM_LENGTH > 8 || (ITEM_LENGTH != 0 && load<u8>(ITEM) == 0)) return 0;
  let value: u64 = 0;
  for (let i: u32 = 0; i < ITEM_LENGTH; i++) value = (value << 8) | load<u8>(ITEM + i);
  ITEM_U64 = value;
  return next;
}

/** Reads an integer below 2^256 without leading zeros into the word at `out`. */
export function readU256(at: usize, end: usize, out: usize): usize {
  const next = readBytes(at, end);
  if (next == 0 || ITEM_LENGTH > 32 || (ITEM_LENGTH != 0 && load<u8>(ITEM) == 0)) return 0;
  wordFromBytes(out, ITEM, ITEM_LENGTH);
  return next;
}

/** Reads a byte string of exactly `length` bytes and copies it to `out`. */
export function readFixed(at: usize, end: usize, length: u32, out: usize): usize {
  const next = readBytes(at, end);
  if (next == 0 || ITEM_LENGTH != length) return 0;
  memory.copy(out, ITEM, length);
  return next;
}

/** Word from up to 32 big-endian bytes; `out` does not overlap them. */
export function wordFromBytes(out: usize, bytes: usize, length: u32): void {
  zero32(out);
  memory.copy(out + (32 - length), bytes, length);
  loadBE(out, out);
}

/** Bytes of the shortest big-endian form; 0 for zero. */
// @ts-ignore: decorator
@inline
export function u64Bytes(value: u64): u32 {
  return (71 - <u32>clz<u64>(value)) >> 3;
}

export function u256Bytes(word: usize): u32 {
  if (isZero32(word)) return 0;
  for (let limb: u32 = 3; limb > 0; limb--) {
    const value = load<u64>(word + (limb << 3));
    if (value != 0) return (limb << 3) + u64Bytes(value);
  }
  return u64Bytes(load<u64>(word));
}

/** Size of the header before a payload of `length` bytes (not for single bytes below 0x80, which have none). */
export function headerSize(length: u32): u32 {
  return length < 56 ? 1 : 1 + u64Bytes(length);
}

/** Encoded size of a list with that payload. */
export function listSize(payloadLength: u32): u32 {
  return headerSize(payloadLength) + payloadLength;
}

export function bytesSize(bytes: usize, length: u32): u32 {
  if (length == 1 && load<u8>(bytes) < 0x80) return 1;
  return headerSize(length) + length;
}

export function u64Size(value: u64): u32 {
  return value < 0x80 ? 1 : 1 + u64Bytes(value);
}

export function u256Size(word: usize): u32 {
  const length = u256Bytes(word);
  return length <= 1 && load<u64>(word) < 0x80 ? 1 : 1 + length;
}

function writeHeader(at: usize, length: u32, short: u32, long: u32): usize {
  if (length < 56) {
    store<u8>(at, <u8>(short + length));
    return at + 1;
  }
  const bytes = u64Bytes(length);
  store<u8>(at, <u8>(long + bytes));
  for (let i: u32 = 0; i < bytes; i++) store<u8>(at + 1 + i, <u8>(length >> ((bytes - 1 - i) << 3)));
  return at + 1 + bytes;
}

/** Writers return the address after what they wrote. */
export function writeListHeader(at: usize, payloadLength: u32): usize {
  return writeHeader(at, payloadLength, 0xc0, 0xf7);
}

/** Header of a byte string that is not a single byte below 0x80. */
export function writeBytesHeader(at: usize, length: u32): usize {
  return writeHeader(at, length, 0x80, 0xb7);
}

export function writeBytes(at: usize, bytes: usize, length: u32): usize {
  if (length == 1 && load<u8>(bytes) < 0x80) {
    store<u8>(at, load<u8>(bytes));
    return at + 1;
  }
  const payload = writeBytesHeader(at, length);
  memory.copy(payload, bytes, length);
  return payload + length;
}

export function writeU64(at: usize, value: u64): usize {
  if (value != 0 && value < 0x80) {
    store<u8>(at, <u8>value);
    return at + 1;
  }
  const length = u64Bytes(value);
  store<u8>(at, <u8>(0x80 + length));
  for (let i: u32 = 0; i < length; i++) store<u8>(at + 1 + i, <u8>(value >> ((length - 1 - i) << 3)));
  return at + 1 + length;
}

export function writeU256(at: usize, word: usize): usize {
  const length = u256Bytes(word);
  if (length <= 8) return writeU64(at, load<u64>(word));
  store<u8>(at, <u8>(0x80 + length));
  for (let i: u32 = 0; i < length; i++) store<u8>(at + 1 + i, load<u8>(word + (length - 1 - i)));
  return at + 1 + length;
}
