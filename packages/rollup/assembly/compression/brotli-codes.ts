/** RFC 7932, section 3: prefix codes as Brotli writes them. */
import { Arena } from "../../../kernel/assembly/memory/arena";
import { reserve } from "../../../kernel/assembly/memory/heap";
import { READ_BEYOND, bits, drop, peek } from "./bits";
import { NO_SYMBOL, buildCode, buildSingle, readSymbol } from "./huffman";

/** Order in which the lengths of the code length code are written. */
const CODE_LENGTH_ORDER: usize = memory.data<u8>([1, 2, 3, 4, 0, 5, 17, 6, 16, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
const CODE_LENGTH_CODES: u32 = 18;
/** The fixed code of those lengths, by the next four bits: length and bits. */
const LENGTH_VALUE: usize = memory.data<u8>([0, 4, 3, 2, 0, 4, 3, 1, 0, 4, 3, 2, 0, 4, 3, 5]);
const LENGTH_BITS: usize = memory.data<u8>([2, 2, 2, 3, 2, 2, 2, 4, 2, 2, 2, 3, 2, 2, 2, 4]);
/** A repetition of the last length that is not zero; one more repeats zeros. */
const REPEAT: u32 = 16;
const FIRST_LAST_LENGTH: u32 = 8;
/** What the codes of a complete code of lengths up to 5, and up to 15, take in all. */
const LENGTHS_SPACE: i32 = 32;
const SPACE: u32 = 32_768;
const MAX_SYMBOLS: usize = 2048;

let lengths: usize = 0;
let symbols: usize = 0;
let codeLengths: usize = 0;

/** Once per instance. */
export function initBrotliCodes(): void {
  lengths = reserve(MAX_SYMBOLS);
  symbols = reserve(16);
  codeLengths = reserve(CODE_LENGTH_CODES);
}

/** Reads a prefix code of that many symbols; 0 when it is bad or the data ends. */
export function readCode(arena: Arena, alphabet: u32): usize {
  const skipped = bits(2);
  if (READ_BEYOND) return 0;
  return skipped == 1 ? readSimple(arena, alphabet) : readComplex(arena, alphabet, skipped);
}

/** Section 3.4: one to four symbols by name. */
function readSimple(arena: Arena, alphabet: u32): usize {
  const count = bits(2) + 1;
  const width = 32 - <u32>clz<u32>(alphabet - 1);
  for (let i: u32 = 0; i < count; i++) {
    const symbol = bits(width);
    if (READ_BEYOND || symbol >= alphabet) return 0;
    store<u32>(symbols + (i << 2), symbol);
  }
  for (let i: u32 = 1; i < count; i++) {
    for (let k: u32 = 0; k < i; k++) if (symbolAt(i) == symbolAt(k)) return 0;
  }
  if (count == 1) return buildSingle(arena, symbolAt(0));
  const deep = count == 4 && bits(1) != 0;
  if (READ_BEYOND) return 0;
  memory.fill(lengths, 0, alphabet);
  const first: u32 = deep || count == 3 ? 1 : count >> 1;
  setLength(0, first);
  setLength(1, count == 2 ? 1 : 2);
  if (count > 2) setLength(2, deep ? 3 : 2);
  if (count > 3) setLength(3, deep ? 3 : 2);
  return buildCode(arena, lengths, alphabet);
}

function symbolAt(index: u32): u32 {
  return load<u32>(symbols + (index << 2));
}

function setLength(index: u32, length: u32): void {
  store<u8>(lengths + symbolAt(index), <u8>length);
}

/** Section 3.5: the lengths of all symbols, themselves in a prefix code. */
function readComplex(arena: Arena, alphabet: u32, skipped: u32): usize {
  const code = readLengthCode(arena, skipped);
  if (code == 0 || !readLengths(code, alphabet)) return 0;
  return buildCode(arena, lengths, alphabet);
}

function readLengthCode(arena: Arena, skipped: u32): usize {
  memory.fill(codeLengths, 0, CODE_LENGTH_CODES);
  let space = LENGTHS_SPACE;
  let used: u32 = 0;
  let symbol: u32 = 0;
  for (let i = skipped; i < CODE_LENGTH_CODES && space > 0; i++) {
    const next = <usize>(peek() & 15);
    if (!drop(load<u8>(LENGTH_BITS + next))) return 0;
    const length = <u32>load<u8>(LENGTH_VALUE + next);
    if (length == 0) continue;
    symbol = load<u8>(CODE_LENGTH_ORDER + i);
    store<u8>(codeLengths + symbol, <u8>length);
    space -= LENGTHS_SPACE >> length;
    used++;
  }
  if (used == 1) return buildSingle(arena, symbol);
  return space == 0 ? buildCode(arena, codeLengths, CODE_LENGTH_CODES) : 0;
}

/** Too many codes are noticed only behind the last of them, as in the reference decoder. */
function readLengths(code: usize, alphabet: u32): bool {
  memory.fill(lengths, 0, alphabet);
  let at: u32 = 0;
  let space = SPACE;
  let last = FIRST_LAST_LENGTH;
  let repeated: u32 = 0;
  let repeatedLength: u32 = 0;
  while (at < alphabet && space > 0) {
    const symbol = readSymbol(code);
    if (symbol == NO_SYMBOL) return false;
    if (symbol < REPEAT) {
      store<u8>(lengths + at++, <u8>symbol);
      repeated = 0;
      if (symbol == 0) continue;
      last = symbol;
      space -= SPACE >> symbol;
      continue;
    }
    const extra = symbol - 14;
    const length: u32 = symbol == REPEAT ? last : 0;
    const more = bits(extra);
    if (READ_BEYOND) return false;
    if (length != repeatedLength) repeated = 0;
    repeatedLength = length;
    const total = (repeated > 0 ? (repeated - 2) << extra : 0) + more + 3;
    const times = total - repeated;
    repeated = total;
    if (at + times > alphabet) return false;
    if (length != 0) space -= times << (15 - length);
    memory.fill(lengths + at, <u8>length, times);
    at += times;
  }
  return space == 0;
}
