/** RFC 1950 and 1951: the zlib format. */
import { Arena, arenaReset, newArena } from "../../../kernel/assembly/memory/arena";
import { reserve } from "../../../kernel/assembly/memory/heap";
import { READ_BEYOND, alignBits, alignedAt, bits, bytesLeft, openBits, skipBytes } from "./bits";
import { NO_SYMBOL, UNUSED, USED, USED_ONE_BIT, buildCode, readSymbol } from "./huffman";
import { OUTPUT_LENGTH, putByte, putCopied, putRepeated } from "./output";

/** Section 3.2.5: base and extra bits of length codes 257 … 285 and of distance codes. */
const LENGTH_BASE: usize = memory.data<u16>([
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
]);
const LENGTH_EXTRA: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
]);
const DISTANCE_BASE: usize = memory.data<u16>([
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
]);
const DISTANCE_EXTRA: usize = memory.data<u8>([
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
]);
/** Order in which the lengths of the code length code are written. */
const CODE_LENGTH_ORDER: usize = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);

const LENGTH_CODES: u32 = 29;
const END_OF_BLOCK: u32 = 256;
const MAX_LITERAL_CODES: u32 = 286;
const MAX_DISTANCE_CODES: u32 = 30;
const FIXED_LITERAL_CODES: u32 = 288;
const CODE_LENGTH_CODES: u32 = 19;
const DEFLATE_METHOD: u32 = 8;
const PRESET_DICTIONARY: u32 = 0x20;
const WINDOW: u32 = 32_768;

let arena: Arena = changetype<Arena>(0);
/** Lengths of literal and distance codes. */
let lengths: usize = 0;

/** Once per instance. */
export function initInflate(): void {
  arena = newArena();
  lengths = reserve(MAX_LITERAL_CODES + MAX_DISTANCE_CODES + FIXED_LITERAL_CODES);
}

/** Whether the data begins as a zlib stream without a preset dictionary does. */
export function isZlib(data: usize, length: u32): bool {
  if (length < 2) return false;
  const method = <u32>load<u8>(data);
  const flags = <u32>load<u8>(data, 1);
  if ((method & 15) != DEFLATE_METHOD || method >> 4 > 7 || ((method << 8) | flags) % 31 != 0) return false;
  return (flags & PRESET_DICTIONARY) == 0;
}

/**
 * Inflates a stream with such a header into the output. Bad data does not undo what came before it: batches that could
 * be read before the fault count, for every verifier alike. The checksum behind the stream is not looked at.
 *
 * @returns whether the stream came to its end within the data and the output's limit
 */
export function inflate(data: usize, length: u32): bool {
  openBits(data + 2, length - 2);
  while (true) {
    const last = bits(1) != 0;
    const type = bits(2);
    if (READ_BEYOND || !inflateBlock(type)) return false;
    if (last) return true;
  }
}

function inflateBlock(type: u32): bool {
  arenaReset(arena);
  if (type == 0) return stored();
  if (type == 1) return fixed();
  return type == 2 && dynamic();
}

function stored(): bool {
  alignBits();
  const length = bits(16);
  const complement = bits(16);
  if (READ_BEYOND || (length ^ complement) != 0xffff) return false;
  const from = alignedAt();
  const available = min(length, bytesLeft());
  skipBytes(available);
  return putCopied(from, available) && available == length;
}

function fixed(): bool {
  memory.fill(lengths, 8, 144);
  memory.fill(lengths + 144, 9, 112);
  memory.fill(lengths + 256, 7, 24);
  memory.fill(lengths + 280, 8, 8);
  const literals = buildCode(arena, lengths, FIXED_LITERAL_CODES);
  memory.fill(lengths, 5, MAX_DISTANCE_CODES);
  return compressed(literals, buildCode(arena, lengths, MAX_DISTANCE_CODES));
}

function dynamic(): bool {
  const literals = bits(5) + 257;
  const distances = bits(5) + 1;
  const written = bits(4) + 4;
  if (READ_BEYOND || literals > MAX_LITERAL_CODES || distances > MAX_DISTANCE_CODES) return false;
  memory.fill(lengths, 0, CODE_LENGTH_CODES);
  for (let i: u32 = 0; i < written; i++) store<u8>(lengths + load<u8>(CODE_LENGTH_ORDER + i), <u8>bits(3));
  if (READ_BEYOND) return false;
  const code = buildCode(arena, lengths, CODE_LENGTH_CODES);
  if (UNUSED != 0 || !readLengths(code, literals + distances) || load<u8>(lengths + END_OF_BLOCK) == 0) return false;
  const literalCode = buildCode(arena, lengths, literals);
  if (!isUsable()) return false;
  const distanceCode = buildCode(arena, lengths + literals, distances);
  return isUsable() && compressed(literalCode, distanceCode);
}

/** Every bit string means something; but a single code of one bit, or none, may stand alone. */
function isUsable(): bool {
  return UNUSED == 0 || (UNUSED > 0 && (USED == 0 || (USED == 1 && USED_ONE_BIT == 1)));
}

function readLengths(code: usize, wanted: u32): bool {
  for (let i: u32 = 0; i < wanted; ) {
    const symbol = readSymbol(code);
    if (symbol == NO_SYMBOL) return false;
    if (symbol < 16) {
      store<u8>(lengths + i++, <u8>symbol);
      continue;
    }
    if (symbol == 16 && i == 0) return false;
    const value: u8 = symbol == 16 ? load<u8>(lengths + i - 1) : 0;
    const times = symbol == 16 ? 3 + bits(2) : symbol == 17 ? 3 + bits(3) : 11 + bits(7);
    if (READ_BEYOND || i + times > wanted) return false;
    memory.fill(lengths + i, value, times);
    i += times;
  }
  return true;
}

function compressed(literals: usize, distances: usize): bool {
  while (true) {
    const symbol = readSymbol(literals);
    if (symbol < END_OF_BLOCK) {
      if (!putByte(symbol)) return false;
      continue;
    }
    if (symbol == END_OF_BLOCK) return true;
    if (symbol == NO_SYMBOL || !repeat(symbol - 257, distances)) return false;
  }
}

function repeat(lengthCode: u32, distances: usize): bool {
  if (lengthCode >= LENGTH_CODES) return false;
  const length = load<u16>(LENGTH_BASE + (lengthCode << 1)) + bits(load<u8>(LENGTH_EXTRA + lengthCode));
  const code = readSymbol(distances);
  if (code >= MAX_DISTANCE_CODES) return false;
  const distance = load<u16>(DISTANCE_BASE + (code << 1)) + bits(load<u8>(DISTANCE_EXTRA + code));
  if (READ_BEYOND || distance > min(OUTPUT_LENGTH, WINDOW)) return false;
  return putRepeated(distance, length);
}
