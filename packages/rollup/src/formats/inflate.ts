import { FormatError } from "./errors.ts";

/** RFC 1951 3.2.5: base and extra bits of length codes 257 … 285 and of distance codes. */
const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
const DISTANCE_EXTRA = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
/** Order in which the lengths of the code length code are written. */
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const MAX_BITS = 15;
const END_OF_BLOCK = 256;
const MAX_LITERAL_CODES = 286;
const MAX_DISTANCE_CODES = 30;
const FIXED_LITERAL_CODES = 288;
const DEFLATE_METHOD = 8;
const PRESET_DICTIONARY = 0x20;
const WINDOW = 32_768;
const FIRST_CAPACITY = 1 << 16;

/** Canonical Huffman code: how many codes each length has, and the symbols in order of their codes. */
interface Code {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

/** What came out before the data ended or turned out to be bad. */
export interface Inflated {
  readonly bytes: Uint8Array;
  readonly complete: boolean;
}

/**
 * Inflates an RFC 1950 stream up to `limit` bytes. Bad data does not undo what came before it: batches that could be read
 * before the fault count, for every verifier alike. That is why this is not the library's function, which gives all or
 * nothing.
 *
 * @throws FormatError when the two bytes of the header are not those of such a stream
 */
export const inflate = (data: Uint8Array, limit: number): Inflated => {
  checkHeader(data);
  const state = new Inflation(data.subarray(2), limit);
  return { complete: state.run(), bytes: state.output() };
};

const checkHeader = (data: Uint8Array): void => {
  if (data.length < 2) throw new FormatError("zlib stream without header");
  const [method, flags] = data as unknown as [number, number];
  const valid = (method & 15) === DEFLATE_METHOD && method >> 4 <= 7 && ((method << 8) | flags) % 31 === 0;
  if (!valid || flags & PRESET_DICTIONARY) throw new FormatError("not the header of a zlib stream");
};

/** Thrown within this file where the stream cannot go on. */
class Stop extends Error {}

class Inflation {
  readonly #input: Uint8Array;
  readonly #limit: number;
  #out = new Uint8Array(FIRST_CAPACITY);
  #length = 0;
  #at = 0;
  #bitBuffer = 0;
  #bitCount = 0;

  constructor(input: Uint8Array, limit: number) {
    this.#input = input;
    this.#limit = limit;
  }

  output(): Uint8Array {
    return this.#out.slice(0, this.#length);
  }

  /** Whether the stream came to its end. */
  run(): boolean {
    try {
      let last = false;
      while (!last) {
        last = this.#bits(1) === 1;
        this.#block(this.#bits(2));
      }
      return true;
    } catch (error) {
      if (error instanceof Stop) return false;
      throw error;
    }
  }

  #block(type: number): void {
    if (type === 0) this.#stored();
    else if (type === 1) this.#compressed(FIXED_LITERALS, FIXED_DISTANCES);
    else if (type === 2) this.#dynamic();
    else throw new Stop();
  }

  #stored(): void {
    this.#bitBuffer = 0;
    this.#bitCount = 0;
    const length = this.#byte() | (this.#byte() << 8);
    const complement = this.#byte() | (this.#byte() << 8);
    if ((length ^ complement) !== 0xffff) throw new Stop();
    for (let i = 0; i < length; i++) this.#put(this.#byte());
  }

  #dynamic(): void {
    const literals = this.#bits(5) + 257;
    const distances = this.#bits(5) + 1;
    const written = this.#bits(4) + 4;
    if (literals > MAX_LITERAL_CODES || distances > MAX_DISTANCE_CODES) throw new Stop();
    const order = new Uint8Array(CODE_LENGTH_ORDER.length);
    for (let i = 0; i < written; i++) order[CODE_LENGTH_ORDER[i]!] = this.#bits(3);
    const lengths = this.#codeLengths(complete(order), literals + distances);
    if (lengths[END_OF_BLOCK] === 0) throw new Stop();
    this.#compressed(possiblySingle(lengths.subarray(0, literals)), possiblySingle(lengths.subarray(literals)));
  }

  #codeLengths(code: Code, count: number): Uint8Array {
    const lengths = new Uint8Array(count);
    let index = 0;
    while (index < count) {
      const symbol = this.#symbol(code);
      if (symbol < 16) {
        lengths[index++] = symbol;
        continue;
      }
      if (symbol === 16 && index === 0) throw new Stop();
      const value = symbol === 16 ? lengths[index - 1]! : 0;
      const times = symbol === 16 ? 3 + this.#bits(2) : symbol === 17 ? 3 + this.#bits(3) : 11 + this.#bits(7);
      if (index + times > count) throw new Stop();
      lengths.fill(value, index, index + times);
      index += times;
    }
    return lengths;
  }

  #compressed(literals: Code, distances: Code): void {
    for (;;) {
      const symbol = this.#symbol(literals);
      if (symbol === END_OF_BLOCK) return;
      if (symbol < END_OF_BLOCK) this.#put(symbol);
      else this.#match(symbol - 257, distances);
    }
  }

  #match(lengthCode: number, distances: Code): void {
    if (lengthCode >= LENGTH_BASE.length) throw new Stop();
    const length = LENGTH_BASE[lengthCode]! + this.#bits(LENGTH_EXTRA[lengthCode]!);
    const distanceCode = this.#symbol(distances);
    if (distanceCode >= DISTANCE_BASE.length) throw new Stop();
    const distance = DISTANCE_BASE[distanceCode]! + this.#bits(DISTANCE_EXTRA[distanceCode]!);
    if (distance > Math.min(this.#length, WINDOW)) throw new Stop();
    for (let i = 0; i < length; i++) this.#put(this.#out[this.#length - distance]!);
  }

  #symbol({ counts, symbols }: Code): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= MAX_BITS; length++) {
      code |= this.#bits(1);
      const count = counts[length]!;
      if (code - count < first) return symbols[index + (code - first)]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new Stop();
  }

  #bits(count: number): number {
    while (this.#bitCount < count) {
      this.#bitBuffer |= this.#byte() << this.#bitCount;
      this.#bitCount += 8;
    }
    const value = this.#bitBuffer & ((1 << count) - 1);
    this.#bitBuffer >>>= count;
    this.#bitCount -= count;
    return value;
  }

  #byte(): number {
    const byte = this.#input[this.#at++];
    if (byte === undefined) throw new Stop();
    return byte;
  }

  #put(byte: number): void {
    if (this.#length === this.#limit) throw new Stop();
    if (this.#length === this.#out.length) {
      const grown = new Uint8Array(this.#out.length * 2);
      grown.set(this.#out);
      this.#out = grown;
    }
    this.#out[this.#length++] = byte;
  }
}

/** How many codes are unused (positive) or too many (negative), with the code. */
function construct(lengths: Uint8Array): { readonly code: Code; readonly left: number; readonly used: number } {
  const counts = new Uint16Array(MAX_BITS + 1);
  for (const length of lengths) counts[length]!++;
  const used = lengths.length - counts[0]!;
  counts[0] = 0;
  let left = 1;
  for (let length = 1; length <= MAX_BITS; length++) left = (left << 1) - counts[length]!;
  const offsets = new Uint16Array(MAX_BITS + 2);
  for (let length = 1; length <= MAX_BITS; length++) offsets[length + 1] = offsets[length]! + counts[length]!;
  const symbols = new Uint16Array(lengths.length);
  for (const [symbol, length] of lengths.entries()) if (length !== 0) symbols[offsets[length]!++] = symbol;
  return { code: { counts, symbols }, left, used };
}

/** A code in which every bit string means something. */
function complete(lengths: Uint8Array): Code {
  const { code, left } = construct(lengths);
  if (left !== 0) throw new Stop();
  return code;
}

/** As `complete`, but a single code of one bit, or none, may stand alone. */
function possiblySingle(lengths: Uint8Array): Code {
  const { code, left, used } = construct(lengths);
  if (left !== 0 && !(used === 0 || (used === 1 && code.counts[1] === 1))) throw new Stop();
  return code;
}

const FIXED_LITERALS = construct(
  Uint8Array.from({ length: FIXED_LITERAL_CODES }, (_, symbol) =>
    symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
  ),
).code;
const FIXED_DISTANCES = construct(new Uint8Array(MAX_DISTANCE_CODES).fill(5)).code;
