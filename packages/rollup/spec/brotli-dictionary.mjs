/**
 * The dictionary of RFC 7932 Appendix A. Every Brotli decoder has it, so it is asked for it: the stream made here consists of
 * nothing but references to all words in order, and zlib decodes it.
 */
import { brotliDecompressSync, crc32 } from "node:zlib";

/** Words of length n are 2^SIZE_BITS[n] (section 8). */
export const SIZE_BITS = [0, 0, 0, 0, 10, 10, 11, 11, 10, 10, 10, 10, 10, 9, 9, 8, 7, 7, 8, 7, 7, 6, 6, 5, 5];
export const DICTIONARY_LENGTH = 122_784;
const CRC32 = 0x5136cb04;
/** WBITS = 10: after so many bytes of output, distances above refer to the dictionary. */
export const WINDOW = 1_008;
/** Prefix codes of the alphabets of literals, of insert and copy lengths, and of distances. */
const [COMMAND_BITS, DISTANCE_BITS] = [10, 6];
/** Distance symbols without postfix bits and direct codes: extra bits and first distance (section 4). */
const DISTANCES = [
  { symbol: 31, extra: 8, from: 765 },
  { symbol: 32, extra: 9, from: 1_021 },
  { symbol: 33, extra: 9, from: 1_533 },
  { symbol: 34, extra: 10, from: 2_045 },
  { symbol: 35, extra: 10, from: 3_069 },
  { symbol: 36, extra: 11, from: 4_093 },
  { symbol: 37, extra: 11, from: 6_141 },
  { symbol: 38, extra: 12, from: 8_189 },
  { symbol: 39, extra: 12, from: 12_285 },
  { symbol: 40, extra: 13, from: 16_381 },
];
/** Symbols of one meta-block. */
const CHOICE = 4;
/** Copy length codes from 4 on: first length and extra bits (section 5). */
const COPY_CODES = [
  [4, 0],
  [5, 0],
  [6, 0],
  [7, 0],
  [8, 0],
  [9, 0],
  [10, 1],
  [12, 1],
  [14, 2],
  [18, 2],
  [22, 3],
];
const FIRST_COPY_CODE = 2;

/** @throws Error when zlib's dictionary is not the RFC's */
export function brotliDictionary() {
  const dictionary = brotliDecompressSync(dictionaryStream(new Uint8Array(WINDOW))).subarray(WINDOW);
  if (dictionary.length !== DICTIONARY_LENGTH || crc32(dictionary) !== CRC32)
    throw new Error("not the dictionary of RFC 7932");
  return dictionary;
}

/** A stream of WINDOW bytes to begin with, and then all words. */
export function dictionaryStream(front) {
  return streamOf(front, (out) => {
    for (const [length, bits] of SIZE_BITS.entries()) {
      const addresses = Array.from({ length: 1 << bits }, (_, word) => word);
      if (bits > 0) references(out, length, addresses, length << bits);
    }
  });
}

/** A stream of WINDOW bytes, and then some words of that length in each of so many transformations. */
export function transformStream(front, length, lengths) {
  return streamOf(front, (out) => {
    for (const [transform, transformed] of lengths.entries()) {
      const addresses = Array.from({ length: 16 }, (_, word) => (transform << SIZE_BITS[length]) + 2 * word);
      if (transformed > 0) references(out, length, addresses, transformed * addresses.length);
    }
  });
}

function streamOf(front, write) {
  const out = new BitWriter();
  out.bits(0b0100001, 7);
  out
    .bits(0, 1)
    .bits(0, 2)
    .bits(WINDOW - 1, 16)
    .bits(1, 1)
    .align();
  out.raw(front);
  write(out);
  out.bits(0b11, 2);
  return out.finish();
}

/** A meta-block of so many bytes that consists of references to the dictionary, to words of one length. */
function references(out, length, addresses, bytes) {
  header(out, bytes);
  const code = COPY_CODES.findLastIndex(([first]) => first <= length);
  const [first, extra] = COPY_CODES[code];
  const copy = code + FIRST_COPY_CODE;
  simpleCode(out, 8, [0]);
  simpleCode(out, COMMAND_BITS, [copy < 8 ? 128 + copy : 192 + copy - 8]);
  const nearest = DISTANCES.findLastIndex(({ from }) => from <= WINDOW + 1 + addresses[0]);
  const choice = DISTANCES.slice(Math.min(nearest, DISTANCES.length - CHOICE)).slice(0, CHOICE);
  simpleCode(
    out,
    DISTANCE_BITS,
    choice.map(({ symbol }) => symbol),
  );
  for (const address of addresses) {
    out.bits(length - first, extra);
    const distance = WINDOW + 1 + address;
    const index = choice.findLastIndex(({ from }) => from <= distance);
    // Prefix codes are written from their highest bit on.
    out.bits([0b00, 0b10, 0b01, 0b11][index], 2);
    out.bits(distance - choice[index].from, choice[index].extra);
  }
}

/** Not the last one; one block type each, no postfix bits, no direct distances, one tree each. */
function header(out, length) {
  out
    .bits(0, 1)
    .bits(0, 2)
    .bits(length - 1, 16)
    .bits(0, 1);
  out.bits(0, 3).bits(0, 6).bits(0, 2).bits(0, 2);
}

/** One symbol, or four of two bits each. */
function simpleCode(out, width, symbols) {
  out.bits(1, 2).bits(symbols.length - 1, 2);
  for (const symbol of symbols) out.bits(symbol, width);
  if (symbols.length === 4) out.bits(0, 1);
}

class BitWriter {
  #bytes = [];
  #buffer = 0;
  #count = 0;

  bits(value, count) {
    for (let i = 0; i < count; i++) {
      this.#buffer |= ((value >> i) & 1) << this.#count++;
      if (this.#count === 8) this.align();
    }
    return this;
  }

  align() {
    if (this.#count > 0) this.#bytes.push(this.#buffer);
    this.#buffer = 0;
    this.#count = 0;
    return this;
  }

  raw(bytes) {
    this.#bytes.push(...bytes);
  }

  finish() {
    this.align();
    return Uint8Array.from(this.#bytes);
  }
}
