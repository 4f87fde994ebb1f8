/** RFC 7932, sections 6, 7 and 10: what a meta-block says before its commands. */
import { Arena, arenaAlloc } from "../../../kernel/assembly/memory/arena";
import { reserve } from "../../../kernel/assembly/memory/heap";
import { READ_BEYOND, bits } from "./bits";
import { readCode } from "./brotli-codes";
import { NO_SYMBOL, readSymbol } from "./huffman";

/** Section 6: block count codes. */
const COUNT_BASE: usize = memory.data<u16>([
  1, 5, 9, 13, 17, 25, 33, 41, 49, 65, 81, 97, 113, 145, 177, 209, 241, 305, 369, 497, 753, 1265, 2289, 4337, 8433,
  16625,
]);
const COUNT_EXTRA: usize = memory.data<u8>([
  2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 7, 8, 9, 10, 11, 12, 13, 24,
]);
const COUNT_CODES: u32 = 26;
/** A meta-block has fewer bytes: with one type, there is one block. */
const UNBOUNDED: u32 = 0x0fffffff;

/** Blocks of literals, of commands, or of distances. */
@unmanaged
export class Blocks {
  types: u32;
  /** The block being in. */
  type: u32;
  /** The block before it. */
  before: u32;
  /** Symbols left in the block. */
  left: u32;
  typeCode: usize;
  countCode: usize;
}

export function newBlocks(): Blocks {
  return changetype<Blocks>(reserve(offsetof<Blocks>()));
}

/** A number from 1 to 256. */
export function readCount(): u32 {
  if (bits(1) == 0) return 1;
  const width = bits(3);
  return (1 << width) + bits(width) + 1;
}

/** False when they are bad or the data ends. */
export function readBlocks(blocks: Blocks, arena: Arena): bool {
  blocks.types = readCount();
  blocks.type = 0;
  blocks.before = 1;
  blocks.left = UNBOUNDED;
  if (READ_BEYOND) return false;
  if (blocks.types == 1) return true;
  blocks.typeCode = readCode(arena, blocks.types + 2);
  if (blocks.typeCode == 0) return false;
  blocks.countCode = readCode(arena, COUNT_CODES);
  return blocks.countCode != 0 && readBlockCount(blocks);
}

function readBlockCount(blocks: Blocks): bool {
  const code = readSymbol(blocks.countCode);
  if (code == NO_SYMBOL) return false;
  blocks.left = load<u16>(COUNT_BASE + (code << 1)) + bits(load<u8>(COUNT_EXTRA + code));
  return !READ_BEYOND;
}

/** Goes on to the next block. */
export function switchBlock(blocks: Blocks): bool {
  const code = readSymbol(blocks.typeCode);
  if (code == NO_SYMBOL) return false;
  let type: u32 = code == 0 ? blocks.before : code == 1 ? blocks.type + 1 : code - 2;
  if (type >= blocks.types) type -= blocks.types;
  blocks.before = blocks.type;
  blocks.type = type;
  return readBlockCount(blocks);
}

/** Which tree belongs to each of `size` contexts (u8 each); 0 when it is bad or the data ends. */
export function readContextMap(arena: Arena, trees: u32, size: u32): usize {
  const map = arenaAlloc(arena, size);
  memory.fill(map, 0, size);
  if (trees == 1) return map;
  const longest = bits(1) != 0 ? bits(4) + 1 : 0;
  if (READ_BEYOND) return 0;
  const code = readCode(arena, trees + longest);
  if (code == 0) return 0;
  for (let at: u32 = 0; at < size; ) {
    const symbol = readSymbol(code);
    if (symbol == NO_SYMBOL) return 0;
    if (symbol == 0 || symbol > longest) {
      store<u8>(map + at++, <u8>(symbol == 0 ? 0 : symbol - longest));
      continue;
    }
    const zeros = (1 << symbol) + bits(symbol);
    if (READ_BEYOND || at + zeros > size) return 0;
    at += zeros;
  }
  if (bits(1) != 0) moveToFront(arena, map, size);
  return READ_BEYOND ? 0 : map;
}

/** Section 7.3: each value names a place in a list, and what is there goes to its front. */
function moveToFront(arena: Arena, map: usize, size: u32): void {
  const list = arenaAlloc(arena, 256);
  for (let i: u32 = 0; i < 256; i++) store<u8>(list + i, <u8>i);
  for (let i: u32 = 0; i < size; i++) {
    const place = <u32>load<u8>(map + i);
    const value = load<u8>(list + place);
    store<u8>(map + i, value);
    memory.copy(list + 1, list, place);
    store<u8>(list, value);
  }
}

/** Addresses of the tables of that many codes; 0 when one is bad or the data ends. */
export function readCodes(arena: Arena, count: u32, alphabet: u32): usize {
  const codes = arenaAlloc(arena, <usize>count << 2);
  for (let i: u32 = 0; i < count; i++) {
    const code = readCode(arena, alphabet);
    if (code == 0) return 0;
    store<u32>(codes + (<usize>i << 2), <u32>code);
  }
  return codes;
}
