/** The 2048-bit filter over log addresses and topics. */
import { keccak256Memo } from "../crypto/keccak-memo";
import { reserve } from "../memory/heap";

export const BLOOM_SIZE: u32 = 256;
const BLOOM_BITS: u32 = BLOOM_SIZE * 8;

let hash: usize = 0;

/** Sets the three bits of an entry, an address or a topic. */
export function addToBloom(bloom: usize, entry: usize, length: u32): void {
  if (hash == 0) hash = reserve(32);
  keccak256Memo(entry, length, hash);
  for (let i: usize = 0; i < 6; i += 2) {
    const bit = (((<u32>load<u8>(hash + i)) << 8) | load<u8>(hash + i, 1)) & (BLOOM_BITS - 1);
    const at = bloom + (BLOOM_SIZE - 1 - (bit >> 3));
    store<u8>(at, load<u8>(at) | <u8>((<u32>1) << (bit & 7)));
  }
}

/** bloom |= other. */
export function mergeBloom(bloom: usize, other: usize): void {
  for (let i: usize = 0; i < BLOOM_SIZE; i += 8) store<u64>(bloom + i, load<u64>(bloom + i) | load<u64>(other + i));
}
