/** The 2048-bit filter over log addresses and topics, also as a list of its bits. */
import { keccak256Memo } from "../crypto/keccak-memo";
import { reserve } from "../memory/heap";

export const BLOOM_SIZE: u32 = 256;
const BLOOM_BITS: u32 = BLOOM_SIZE * 8;
/** An entry, an address or a topic, sets so many. */
export const BITS_PER_ENTRY: u32 = 3;

let hash: usize = 0;

/** Appends the places of an entry's bits, u16 each, counted from the end of the filter; the address after them. */
export function bloomBits(entry: usize, length: u32, out: usize): usize {
  if (hash == 0) hash = reserve(32);
  keccak256Memo(entry, length, hash);
  for (let i: usize = 0; i < BITS_PER_ENTRY; i++, out += 2) {
    store<u16>(out, bswap<u16>(load<u16>(hash + (i << 1))) & <u16>(BLOOM_BITS - 1));
  }
  return out;
}

/** Sets `count` bits in a filter. */
export function setBloomBits(bloom: usize, bits: usize, count: u32): void {
  for (const end = bits + (<usize>count << 1); bits < end; bits += 2) {
    const bit = <u32>load<u16>(bits);
    const at = bloom + (BLOOM_SIZE - 1 - (bit >> 3));
    store<u8>(at, load<u8>(at) | <u8>((<u32>1) << (bit & 7)));
  }
}
