/**
 * Prefix codes as tables. The first 2^ROOT entries are indexed by the next bits of the stream; codes that are longer
 * lead to a second table. Entry: symbol (or index of the second table's first entry) << 8 | bits to consume; LINK marks
 * second tables (bits: those of its index). Both formats have canonical codes of at most 15 bits, written from their
 * highest bit.
 */
import { Arena, arenaAlloc } from "../../../kernel/assembly/memory/arena";
import { reserve } from "../../../kernel/assembly/memory/heap";
import { drop, peek } from "./bits";

const ROOT: u32 = 9;
const MAX_BITS: u32 = 15;
const LINK: u32 = 0x80;
/** An entry that no code leads to. */
const NONE: u32 = 0x40;
/** What readSymbol returns where there is no symbol: the end of the data, or a code that means nothing. */
export const NO_SYMBOL: u32 = u32.MAX_VALUE;

/** Numbers of codes by length, first codes by length, symbols in order: scratch of buildCode. */
let counts: usize = 0;
let offsets: usize = 0;
let sorted: usize = 0;
const MAX_SYMBOLS: usize = 2048;

/** Once per instance. */
export function initHuffman(): void {
  counts = reserve((MAX_BITS + 1) * 4);
  offsets = reserve((MAX_BITS + 2) * 4);
  sorted = reserve(MAX_SYMBOLS * 2);
}

/**
 * Unused codes of the code built last: 0 when every bit string means something; negative when there were too many
 * codes.
 */
export let UNUSED: i32 = 0;
/** Symbols with a code, and with a code of one bit, of the code built last. */
export let USED: u32 = 0;
export let USED_ONE_BIT: u32 = 0;

function sort(lengths: usize, symbols: u32): void {
  memory.fill(counts, 0, (MAX_BITS + 1) * 4);
  for (let i: u32 = 0; i < symbols; i++) {
    const entry = counts + (<usize>load<u8>(lengths + i) << 2);
    store<u32>(entry, load<u32>(entry) + 1);
  }
  USED = symbols - load<u32>(counts);
  USED_ONE_BIT = load<u32>(counts, 4);
  UNUSED = 1;
  let offset: u32 = 0;
  for (let length: u32 = 1; length <= MAX_BITS; length++) {
    const count = load<u32>(counts + (length << 2));
    UNUSED = (UNUSED << 1) - <i32>count;
    store<u32>(offsets + (length << 2), offset);
    offset += count;
    if (UNUSED < 0) return;
  }
  for (let i: u32 = 0; i < symbols; i++) {
    const length = <usize>load<u8>(lengths + i);
    if (length == 0) continue;
    const place = load<u32>(offsets + (length << 2));
    store<u32>(offsets + (length << 2), place + 1);
    store<u16>(sorted + (place << 1), <u16>i);
  }
}

/**
 * Table of the code whose symbols have the given lengths (u8 each, 0: no code); see UNUSED for what the caller has to
 * judge. With UNUSED below 0 there is no table.
 */
export function buildCode(arena: Arena, lengths: usize, symbols: u32): usize {
  sort(lengths, symbols);
  if (UNUSED < 0) return 0;
  const entries: u32 = (1 << ROOT) + longEntries();
  const root = arenaAlloc(arena, <usize>entries << 2);
  for (let i: u32 = 0; i < entries; i++) store<u32>(root + (<usize>i << 2), NONE);
  let code: u32 = 0;
  let place: usize = sorted;
  for (let length: u32 = 1; length <= ROOT; length++) {
    for (let left = load<u32>(counts + (length << 2)); left > 0; left--) {
      fill(root, reverse(code++, length), length, ROOT, (<u32>load<u16>(place) << 8) | length);
      place += 2;
    }
    code <<= 1;
  }
  placeLong(root, code, place);
  return root;
}

/** Codes longer than ROOT from `code` on; `place` is that of the first one's symbol. */
function placeLong(root: usize, code: u32, place: usize): void {
  let next: u32 = 1 << ROOT;
  let table: usize = 0;
  let tableBits: u32 = 0;
  let prefix: u32 = u32.MAX_VALUE;
  for (let length = ROOT + 1; length <= MAX_BITS; length++) {
    for (let left = load<u32>(counts + (length << 2)); left > 0; left--) {
      const reversed = reverse(code, length);
      if (code >> (length - ROOT) != prefix) {
        prefix = code >> (length - ROOT);
        tableBits = secondBits(length, left);
        table = root + (<usize>next << 2);
        store<u32>(root + (<usize>(reversed & ((1 << ROOT) - 1)) << 2), (next << 8) | LINK | tableBits);
        next += 1 << tableBits;
      }
      fill(table, reversed >> ROOT, length - ROOT, tableBits, (<u32>load<u16>(place) << 8) | (length - ROOT));
      place += 2;
      code++;
    }
    code <<= 1;
  }
}

/** Entries of all second tables. */
function longEntries(): u32 {
  let code: u32 = 0;
  for (let length: u32 = 1; length <= ROOT; length++) code = (code + load<u32>(counts + (length << 2))) << 1;
  let entries: u32 = 0;
  let prefix: u32 = u32.MAX_VALUE;
  for (let length = ROOT + 1; length <= MAX_BITS; length++) {
    for (let left = load<u32>(counts + (length << 2)); left > 0; left--) {
      if (code >> (length - ROOT) != prefix) {
        prefix = code >> (length - ROOT);
        entries += 1 << secondBits(length, left);
      }
      code++;
    }
    code <<= 1;
  }
  return entries;
}

/** A code without bits: every reading gives the symbol. */
export function buildSingle(arena: Arena, symbol: u32): usize {
  const root = arenaAlloc(arena, <usize>4 << ROOT);
  for (let i: usize = 0; i < <usize>1 << ROOT; i++) store<u32>(root + (i << 2), symbol << 8);
  return root;
}

/** Bits of the second table whose first code has that length, with `left` codes of it still to be placed. */
function secondBits(length: u32, left: u32): u32 {
  let bits = length - ROOT;
  let room: i32 = (1 << bits) - <i32>left;
  while (room > 0 && bits + ROOT < MAX_BITS) {
    bits++;
    room = (room << 1) - <i32>load<u32>(counts + ((bits + ROOT) << 2));
  }
  return bits;
}

/** Stores an entry at all indices that begin with the code. */
// @ts-ignore: decorator
@inline
function fill(table: usize, code: u32, length: u32, tableBits: u32, entry: u32): void {
  for (let i = code; i < (1 << tableBits); i += 1 << length) store<u32>(table + (<usize>i << 2), entry);
}

function reverse(code: u32, length: u32): u32 {
  let reversed: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    reversed = (reversed << 1) | (code & 1);
    code >>= 1;
  }
  return reversed;
}

/** The next symbol, or NO_SYMBOL. */
// @ts-ignore: decorator
@inline
export function readSymbol(table: usize): u32 {
  const next = peek();
  let entry = load<u32>(table + (<usize>(next & ((1 << ROOT) - 1)) << 2));
  if (entry & (LINK | NONE)) return readLong(table, entry, next >> ROOT);
  return drop(entry & 0x3f) ? entry >> 8 : NO_SYMBOL;
}

function readLong(root: usize, entry: u32, next: u32): u32 {
  if (entry & NONE) return NO_SYMBOL;
  const table = root + (<usize>(entry >> 8) << 2);
  entry = load<u32>(table + (<usize>(next & ((1 << (entry & 0x3f)) - 1)) << 2));
  if (entry & NONE) return NO_SYMBOL;
  return drop((entry & 0x3f) + ROOT) ? entry >> 8 : NO_SYMBOL;
}
