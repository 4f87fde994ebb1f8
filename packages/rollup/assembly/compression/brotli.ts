/** RFC 7932: Brotli. */
import { Arena, arenaAlloc, arenaReset, newArena } from "../../../kernel/assembly/memory/arena";
import { CONTEXTS } from "../generated/brotli-tables";
import { READ_BEYOND, alignBits, alignedAt, bits, bytesLeft, consumedBits, openBits, skipBytes } from "./bits";
import { Blocks, newBlocks, readBlocks, readCodes, readContextMap, readCount, switchBlock } from "./brotli-blocks";
import { lastDistance, openDistances, readDistance, rememberDistance, setDistanceForm } from "./brotli-distances";
import { WORD, makeWord } from "./dictionary";
import { NO_SYMBOL, readSymbol } from "./huffman";
import { OUTPUT_LENGTH, openOutput, outputBefore, putByte, putCopied, putRepeated } from "./output";

/** Section 5: bases and extra bits of insert and copy length codes. */
const INSERT_BASE: usize = memory.data<u16>([
  0, 1, 2, 3, 4, 5, 6, 8, 10, 14, 18, 26, 34, 50, 66, 98, 130, 194, 322, 578, 1090, 2114, 6210, 22594,
]);
const INSERT_EXTRA: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 12, 14, 24,
]);
const COPY_BASE: usize = memory.data<u16>([
  2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 18, 22, 30, 38, 54, 70, 102, 134, 198, 326, 582, 1094, 2118,
]);
const COPY_EXTRA: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 24,
]);
/** First insert and copy codes of each cell of 64 commands. In the first two the last distance is meant. */
const INSERT_CELL: usize = memory.data<u8>([0, 0, 0, 0, 8, 8, 0, 16, 8, 16, 16]);
const COPY_CELL: usize = memory.data<u8>([0, 8, 0, 8, 0, 8, 16, 0, 16, 8, 16]);
const FIRST_EXPLICIT: u32 = 128;

const LITERALS: u32 = 256;
const COMMANDS: u32 = 704;
const LITERAL_CONTEXTS: u32 = 64;
const DISTANCE_CONTEXTS: u32 = 4;
/** Bytes of a window that no distance reaches. */
const WINDOW_GAP: u32 = 16;
/** Bytes of the two tables of a context mode. */
const MODE_SIZE: usize = 512;

/** Outcomes of a part of the stream. */
const GO_ON: u32 = 0;
/** The stream is over, or its data is, or the output is full. */
const STOP: u32 = 1;
const BAD: u32 = 2;

let arena: Arena = changetype<Arena>(0);
let literals: Blocks = changetype<Blocks>(0);
let commands: Blocks = changetype<Blocks>(0);
let distances: Blocks = changetype<Blocks>(0);
/** Farthest distance within the output. */
let window: u32 = 0;
/** Bytes left of the meta-block. */
let left: u32 = 0;
/** Context mode of each type of literal block. */
let modes: usize = 0;
let literalMap: usize = 0;
let distanceMap: usize = 0;
let literalCodes: usize = 0;
let commandCodes: usize = 0;
let distanceCodes: usize = 0;

/** Once per instance. */
export function initBrotli(): void {
  arena = newArena();
  literals = newBlocks();
  commands = newBlocks();
  distances = newBlocks();
}

/**
 * Decodes a stream into an output of at most `limit` bytes. Where data turns out bad, what came before counts: all that
 * follows from the bytes before the one which no stream can have there. What stands behind the stream is not looked at.
 */
export function unbrotli(data: usize, length: u32, limit: u32): void {
  if (decode(data, length, limit) != BAD) return;
  decode(data, <u32>((consumedBits() - 1) >> 3), limit);
}

function decode(data: usize, length: u32, limit: u32): u32 {
  openOutput(limit);
  openBits(data, length);
  openDistances();
  const width = windowBits();
  if (width == 0) return outcome();
  window = (<u32>1 << width) - WINDOW_GAP;
  let result = GO_ON;
  while (result == GO_ON) {
    arenaReset(arena);
    result = metaBlock();
  }
  return result;
}

/** Of a reading that failed. */
function outcome(): u32 {
  return READ_BEYOND ? STOP : BAD;
}

/** Section 9.1; 0 when there are none. */
function windowBits(): u32 {
  if (bits(1) == 0) return READ_BEYOND ? 0 : 16;
  const high = bits(3);
  if (high != 0) return READ_BEYOND ? 0 : 17 + high;
  const low = bits(3);
  if (READ_BEYOND || low == 1) return 0;
  return low == 0 ? 17 : 8 + low;
}

/** Section 9.2. */
function metaBlock(): u32 {
  const last = bits(1) != 0;
  if (last && bits(1) != 0) return alignBits() ? STOP : outcome();
  const nibbles = bits(2);
  if (READ_BEYOND) return STOP;
  let result: u32;
  if (nibbles == 3) {
    result = metadata();
  } else {
    if (!readLength(nibbles + 4)) return outcome();
    const raw = !last && bits(1) != 0;
    if (READ_BEYOND) return STOP;
    result = raw ? uncompressed() : compressed();
  }
  if (result != GO_ON || !last) return result;
  return alignBits() ? STOP : outcome();
}

/** No length ends with zeros that could be left out. */
function readLength(nibbles: u32): bool {
  left = 0;
  for (let i: u32 = 0; i < nibbles; i++) {
    const nibble = bits(4);
    if (READ_BEYOND || (nibble == 0 && i == nibbles - 1 && i >= 4)) return false;
    left |= nibble << (i << 2);
  }
  left++;
  return true;
}

function metadata(): u32 {
  if (bits(1) != 0) return BAD;
  const bytes = bits(2);
  let length: u32 = 0;
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = bits(8);
    if (READ_BEYOND || (byte == 0 && i == bytes - 1 && i > 0)) return outcome();
    length |= byte << (i << 3);
  }
  if (!alignBits() || READ_BEYOND) return outcome();
  if (bytes == 0) return GO_ON;
  if (length + 1 > bytesLeft()) return STOP;
  skipBytes(length + 1);
  return GO_ON;
}

function uncompressed(): u32 {
  if (!alignBits() || READ_BEYOND) return outcome();
  const from = alignedAt();
  const available = min(left, bytesLeft());
  skipBytes(available);
  return putCopied(from, available) && available == left ? GO_ON : STOP;
}

function compressed(): u32 {
  if (!readHeader()) return outcome();
  while (left > 0) {
    const result = command();
    if (result != GO_ON) return result;
  }
  return GO_ON;
}

function readHeader(): bool {
  if (!readBlocks(literals, arena) || !readBlocks(commands, arena) || !readBlocks(distances, arena)) return false;
  const postfix = bits(2);
  const direct = bits(4) << postfix;
  modes = arenaAlloc(arena, literals.types);
  for (let i: u32 = 0; i < literals.types; i++) store<u8>(modes + i, <u8>bits(2));
  const literalTrees = readCount();
  if (READ_BEYOND) return false;
  literalMap = readContextMap(arena, literalTrees, LITERAL_CONTEXTS * literals.types);
  if (literalMap == 0) return false;
  const distanceTrees = readCount();
  if (READ_BEYOND) return false;
  distanceMap = readContextMap(arena, distanceTrees, DISTANCE_CONTEXTS * distances.types);
  if (distanceMap == 0) return false;
  literalCodes = readCodes(arena, literalTrees, LITERALS);
  if (literalCodes == 0) return false;
  commandCodes = readCodes(arena, commands.types, COMMANDS);
  if (commandCodes == 0) return false;
  const alphabet = 16 + direct + (48 << postfix);
  distanceCodes = readCodes(arena, distanceTrees, alphabet);
  setDistanceForm(postfix, direct);
  return distanceCodes != 0;
}

// @ts-ignore: decorator
@inline
function codeAt(codes: usize, index: usize): usize {
  return load<u32>(codes + (index << 2));
}

/** Literals, and then a copy of something earlier (section 9.3). */
function command(): u32 {
  if (commands.left == 0 && !switchBlock(commands)) return outcome();
  commands.left--;
  const symbol = readSymbol(codeAt(commandCodes, commands.type));
  if (symbol == NO_SYMBOL) return outcome();
  const cell = symbol >> 6;
  const insertCode = load<u8>(INSERT_CELL + cell) + ((symbol >> 3) & 7);
  const copyCode = load<u8>(COPY_CELL + cell) + (symbol & 7);
  const insert = load<u16>(INSERT_BASE + (insertCode << 1)) + bits(load<u8>(INSERT_EXTRA + insertCode));
  const copy = load<u16>(COPY_BASE + (copyCode << 1)) + bits(load<u8>(COPY_EXTRA + copyCode));
  if (READ_BEYOND) return STOP;
  if (insert > left) return BAD;
  left -= insert;
  if (insert != 0) {
    const result = insertLiterals(insert);
    if (result != GO_ON || left == 0) return result;
  }
  return copyEarlier(copy, symbol < FIRST_EXPLICIT);
}

function insertLiterals(count: u32): u32 {
  let tables: usize = 0;
  let map: usize = 0;
  let last = outputBefore(1);
  let before = outputBefore(2);
  for (; count > 0; count--) {
    if (literals.left == 0) {
      if (!switchBlock(literals)) return outcome();
      tables = 0;
    }
    if (tables == 0) {
      tables = CONTEXTS + <usize>load<u8>(modes + literals.type) * MODE_SIZE;
      map = literalMap + literals.type * LITERAL_CONTEXTS;
    }
    literals.left--;
    const context = <u32>load<u8>(tables + last) | <u32>load<u8>(tables + 256 + before);
    const symbol = readSymbol(codeAt(literalCodes, load<u8>(map + context)));
    if (symbol == NO_SYMBOL) return outcome();
    if (!putByte(symbol)) return STOP;
    before = last;
    last = symbol;
  }
  return GO_ON;
}

function copyEarlier(length: u32, sameDistance: bool): u32 {
  let distance = lastDistance();
  if (!sameDistance) {
    if (distances.left == 0 && !switchBlock(distances)) return outcome();
    distances.left--;
    const context = distances.type * DISTANCE_CONTEXTS + min<u32>(length - 2, 3);
    const symbol = readSymbol(codeAt(distanceCodes, load<u8>(distanceMap + context)));
    if (symbol == NO_SYMBOL) return outcome();
    distance = readDistance(symbol);
    if (READ_BEYOND || distance == 0) return outcome();
    sameDistance = symbol == 0;
  }
  const farthest = min(window, OUTPUT_LENGTH);
  if (distance > farthest) return copyWord(length, distance - farthest - 1);
  if (!sameDistance) rememberDistance(distance);
  if (length > left) return BAD;
  left -= length;
  return putRepeated(distance, length) ? GO_ON : STOP;
}

/** Section 8: a distance beyond the output names a word of the dictionary and a transformation. */
function copyWord(length: u32, address: u32): u32 {
  const made = makeWord(length, address);
  if (made < 0 || <u32>made > left) return BAD;
  left -= made;
  return putCopied(WORD, made) ? GO_ON : STOP;
}
