/** The compressed form of a channel: its first byte tells which one. */
import { initBrotli, unbrotli } from "./brotli";
import { initBrotliCodes } from "./brotli-codes";
import { initHuffman } from "./huffman";
import { inflate, initInflate, isZlib } from "./inflate";
import { openOutput } from "./output";

const BROTLI: u32 = 1;
/** The low half of a zlib stream's first byte names method 8 or 15. */
const ZLIB_METHODS: u32 = (1 << 8) | (1 << 15);

/** Once per instance. */
export function initDecompression(): void {
  initHuffman();
  initInflate();
  initBrotliCodes();
  initBrotli();
}

/**
 * Decompresses a channel into the output, as far as it goes and up to `limit` bytes.
 *
 * @returns false when it begins like none: there is no output then
 */
export function decompress(channel: usize, length: u32, limit: u32): bool {
  openOutput(limit);
  if (length == 0) return false;
  const first = <u32>load<u8>(channel);
  if ((ZLIB_METHODS >> (first & 15)) & 1) {
    if (!isZlib(channel, length)) return false;
    inflate(channel, length);
    return true;
  }
  if (first != BROTLI) return false;
  unbrotli(channel + 1, length - 1, limit);
  return true;
}
