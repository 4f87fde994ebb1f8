/** RFC 7932, section 8: words that every decoder knows, and what may be done to them. */
import { reserve } from "../../../kernel/assembly/memory/heap";
import {
  DICTIONARY,
  TRANSFORMS,
  TRANSFORM_COUNT,
  TRANSFORM_STARTS,
  WORD_BITS,
  WORD_OFFSETS,
} from "../generated/brotli-tables";

const MIN_LENGTH: u32 = 4;
const MAX_LENGTH: u32 = 24;
/** A word with the longest prefix and suffix, and what the upper case of its last letter may touch. */
const ROOM: usize = 64;
/** Elementary transformations: upper case of the first letter or of all, bytes left out in front or at the end. */
const UPPER_FIRST: u32 = 1;
const UPPER_ALL: u32 = 2;
const OMIT_FIRST: u32 = 2;
const OMIT_LAST: u32 = 11;

/** The word made last. */
export let WORD: usize = 0;
/** Where the next byte of it goes. */
let to: usize = 0;

/**
 * Makes the word at `address` among those of that length, by its transformation. Its new length; -1 when there is none.
 */
export function makeWord(length: u32, address: u32): i32 {
  if (length < MIN_LENGTH || length > MAX_LENGTH) return -1;
  const width = <u32>load<u8>(WORD_BITS + length);
  const transform = address >> width;
  if (transform >= TRANSFORM_COUNT) return -1;
  if (WORD == 0) WORD = reserve(ROOM);
  to = WORD;
  const index = address & ((1 << width) - 1);
  const word = DICTIONARY + load<u32>(WORD_OFFSETS + (length << 2)) + <usize>index * length;
  const type = takeText(TRANSFORMS + load<u16>(TRANSFORM_STARTS + (<usize>transform << 1)));
  takeWord(word, length, load<u8>(type));
  takeText(type + 1);
  return <i32>(to - WORD);
}

/** Appends zero-terminated bytes and returns the address behind them. */
function takeText(text: usize): usize {
  while (load<u8>(text) != 0) store<u8>(to++, load<u8>(text++));
  return text + 1;
}

function takeWord(word: usize, length: u32, type: u32): void {
  const first = type > OMIT_FIRST && type <= OMIT_LAST ? type - OMIT_FIRST : 0;
  const last = type > OMIT_LAST ? type - OMIT_LAST : 0;
  if (first + last >= length) return;
  length -= first + last;
  memory.copy(to, word + first, length);
  const end = to + length;
  if (type == UPPER_FIRST) upper(to);
  if (type == UPPER_ALL) for (let at = to; at < end; ) at = upper(at);
  to = end;
}

/** Upper case of one letter as the RFC simplifies it; returns the address of the next. */
function upper(at: usize): usize {
  const first = load<u8>(at);
  if (first < 0xc0) {
    if (first >= 0x61 && first <= 0x7a) store<u8>(at, first ^ 32);
    return at + 1;
  }
  if (first < 0xe0) {
    store<u8>(at, load<u8>(at, 1) ^ 32, 1);
    return at + 2;
  }
  store<u8>(at, load<u8>(at, 2) ^ 5, 2);
  return at + 3;
}
