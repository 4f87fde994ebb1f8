/** The data column of a span: of each transaction the fields that no other column has, as RLP. */
import { ITEM, ITEM_LENGTH, readBytes, readItem, readList } from "../../../kernel/assembly/encoding/rlp";
import { reserve } from "../../../kernel/assembly/memory/heap";
import { AT, FAILED, bytesEnd, bytesLeft, continueTo, fail } from "./bytes";

export const LEGACY: u32 = 0;
export const ACCESS_LIST: u32 = 1;
const DYNAMIC_FEE: u32 = 2;
export const SET_CODE: u32 = 4;
/** Transactions that no rollup has yet, but whose batches are whole: the rules refuse them. */
export const POST_EXEC: u32 = 0x7d;
/** Most bytes of a transaction's entry. */
const MAX_DATA: u32 = 10_000_000;
const FIRST_LEGACY: u32 = 0x80;
const MAX_FIELDS: usize = 6;
/** Bytes of a number; those of the oldest types have no limit here: the block's rules have one. */
const UNLIMITED: u32 = u32.MAX_VALUE;
const WORD: u32 = 32;

/** The entry read last: its type, its list, and where its fields begin. */
export let TYPE: u32 = 0;
export let DATA: usize = 0;
export let DATA_LENGTH: u32 = 0;
/** A legacy entry has no type in front: one that says 0 is none. */
let isTyped: bool = false;
let fields: usize = 0;
let payload: usize = 0;
let payloadEnd: usize = 0;

/** Once per instance. */
export function initSpanData(): void {
  fields = reserve((MAX_FIELDS + 1) * 4);
}

/** Takes the next entry. FAILED is set when it is no list in RLP. */
export function takeData(): void {
  if (FAILED || bytesLeft() == 0) return fail();
  const first = <u32>load<u8>(AT);
  isTyped = first < FIRST_LEGACY;
  TYPE = isTyped ? first : LEGACY;
  DATA = AT + usize(isTyped);
  const next = readList(DATA, bytesEnd());
  if (next == 0 || next - DATA > MAX_DATA) return fail();
  DATA_LENGTH = <u32>(next - DATA);
  payload = ITEM;
  payloadEnd = next;
  continueTo(next);
}

/** Where a field of the entry begins, or the one before it ends; to be called after hasFields. */
export function fieldAt(index: u32): usize {
  return load<u32>(fields + (index << 2));
}

/** Whether the entry has exactly so many fields. */
export function hasFields(count: u32): bool {
  let at = payload;
  for (let i: u32 = 0; i < count; i++) {
    store<u32>(fields + (i << 2), <u32>at);
    at = readItem(at, payloadEnd);
    if (at == 0) return false;
  }
  store<u32>(fields + (count << 2), <u32>at);
  return at == payloadEnd;
}

/** Whether the entry is what its type asks for. */
export function hasForm(): bool {
  switch (TYPE) {
    case LEGACY: return !isTyped && hasFields(3) && areNumbers(2, UNLIMITED) && isText(2);
    case ACCESS_LIST: return hasFields(4) && areNumbers(2, UNLIMITED) && isText(2) && isAccessList(3);
    case DYNAMIC_FEE: return hasFields(5) && areNumbers(3, UNLIMITED) && isText(3) && isAccessList(4);
    case SET_CODE:
      return hasFields(6) && areNumbers(3, WORD) && isText(3) && isAccessList(4) && areAuthorizations(5);
    default: return TYPE == POST_EXEC;
  }
}

function areNumbers(count: u32, maxBytes: u32): bool {
  for (let i: u32 = 0; i < count; i++) if (readNumber(fieldAt(i), fieldAt(i + 1), maxBytes) == 0) return false;
  return true;
}

function isText(index: u32): bool {
  return readBytes(fieldAt(index), fieldAt(index + 1)) != 0;
}

/** A minimal big-endian integer; returns the address behind it, or 0. */
function readNumber(at: usize, end: usize, maxBytes: u32): usize {
  const next = readBytes(at, end);
  return next == 0 || ITEM_LENGTH > maxBytes || (ITEM_LENGTH != 0 && load<u8>(ITEM) == 0) ? 0 : next;
}

function readString(at: usize, end: usize, length: u32): usize {
  const next = readBytes(at, end);
  return next != 0 && ITEM_LENGTH == length ? next : 0;
}

/** [[address, [key, …]], …] */
function isAccessList(index: u32): bool {
  const end = fieldAt(index + 1);
  if (readList(fieldAt(index), end) == 0) return false;
  for (let at = ITEM; at < end; ) {
    const next = readList(at, end);
    if (next == 0) return false;
    at = readString(ITEM, next, 20);
    if (at == 0 || readList(at, next) != next) return false;
    for (at = ITEM; at < next; ) {
      at = readString(at, next, 32);
      if (at == 0) return false;
    }
  }
  return true;
}

/** [[chain, address, nonce, parity, r, s], …] */
function areAuthorizations(index: u32): bool {
  const end = fieldAt(index + 1);
  if (readList(fieldAt(index), end) == 0) return false;
  for (let at = ITEM; at < end; ) {
    const next = readList(at, end);
    if (next == 0) return false;
    at = readNumber(ITEM, next, 32);
    if (at != 0) at = readString(at, next, 20);
    if (at != 0) at = readNumber(at, next, 8);
    if (at != 0) at = readNumber(at, next, 1);
    if (at != 0) at = readNumber(at, next, 32);
    if (at != 0) at = readNumber(at, next, 32);
    if (at == 0 || at != next) return false;
  }
  return true;
}
