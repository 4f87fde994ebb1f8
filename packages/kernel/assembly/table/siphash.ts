/**
 * SipHash-1-3: the keyed hash of every table in the kernel. Whoever chooses addresses and storage keys does not know the
 * key, so cannot aim at collisions; no result depends on it.
 */

let key0: u64 = 0;
let key1: u64 = 0;

/** Sets the key; once per instance, before the first table exists. */
export function seedTables(seed0: u64, seed1: u64): void {
  key0 = seed0;
  key1 = seed1;
}

/** Hash of the 64-bit word `first` followed by `count` words in memory. */
// @ts-ignore: decorator
@inline
function sipHash(first: u64, words: usize, count: u32): u64 {
  let v0 = key0 ^ 0x736f6d6570736575;
  let v1 = key1 ^ 0x646f72616e646f6d;
  let v2 = key0 ^ 0x6c7967656e657261;
  let v3 = key1 ^ 0x7465646279746573;
  let message = first;
  const last = words + (<usize>count << 3);
  let finishing: i32 = -1;
  while (true) {
    v3 ^= message;
    v0 += v1;
    v2 += v3;
    v1 = rotl<u64>(v1, 13) ^ v0;
    v3 = rotl<u64>(v3, 16) ^ v2;
    v0 = rotl<u64>(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = rotl<u64>(v1, 17) ^ v2;
    v3 = rotl<u64>(v3, 21) ^ v0;
    v2 = rotl<u64>(v2, 32);
    v0 ^= message;
    if (words < last) {
      message = load<u64>(words);
      words += 8;
    } else if (finishing < 0) {
      message = <u64>(count + 1) << 59;
      finishing = 4;
    } else {
      message = 0;
      if (finishing == 4) v2 ^= 0xff;
      if (--finishing == 0) break;
    }
  }
  return v0 ^ v1 ^ v2 ^ v3;
}

/** Hash of an address (20 bytes; what follows them is not read). */
export function hashAddress(address: usize): u64 {
  return sipHash(load<u32>(address, 16), address, 2);
}

/** Hash of a 32-byte key in the namespace `space`. */
export function hashKey(space: u64, key: usize): u64 {
  return sipHash(space, key, 4);
}
