/**
 * Moves and tests of 32-byte words: four 64-bit limbs, least significant first. The SIMD builds use two vector
 * operations per word; the scalar build (fault proofs run it) four loads and stores.
 */

/** Stores a 64-bit value as a word. */
// @ts-ignore: decorator
@inline
export function set64(word: usize, value: u64): void {
  store<u64>(word, value);
  store<u64>(word, 0, 8);
  store<u64>(word, 0, 16);
  store<u64>(word, 0, 24);
}

/** Copies a word; the words are equal or disjoint. */
// @ts-ignore: decorator
@inline
export function copy32(to: usize, from: usize): void {
  if (SIMD) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
  } else {
    store<u64>(to, load<u64>(from));
    store<u64>(to, load<u64>(from, 8), 8);
    store<u64>(to, load<u64>(from, 16), 16);
    store<u64>(to, load<u64>(from, 24), 24);
  }
}

/** Copies the 20 bytes of an address. */
// @ts-ignore: decorator
@inline
export function copyAddress(to: usize, from: usize): void {
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
  store<u32>(to, load<u32>(from, 16), 16);
}

// @ts-ignore: decorator
@inline
export function zero32(word: usize): void {
  if (SIMD) {
    v128.store(word, i64x2.splat(0));
    v128.store(word, i64x2.splat(0), 16);
  } else {
    set64(word, 0);
  }
}

// @ts-ignore: decorator
@inline
export function isZero32(word: usize): bool {
  return (load<u64>(word) | load<u64>(word, 8) | load<u64>(word, 16) | load<u64>(word, 24)) == 0;
}

// @ts-ignore: decorator
@inline
export function eq32(a: usize, b: usize): bool {
  if (SIMD) {
    return !v128.any_true(
      v128.or(v128.xor(v128.load(a), v128.load(b)), v128.xor(v128.load(a, 16), v128.load(b, 16))),
    );
  }
  return (
    ((load<u64>(a) ^ load<u64>(b)) |
      (load<u64>(a, 8) ^ load<u64>(b, 8)) |
      (load<u64>(a, 16) ^ load<u64>(b, 16)) |
      (load<u64>(a, 24) ^ load<u64>(b, 24))) ==
    0
  );
}

/** word = 2^160 - 1. */
// @ts-ignore: decorator
@inline
export function setAddressMask(word: usize): void {
  store<u64>(word, u64.MAX_VALUE);
  store<u64>(word, u64.MAX_VALUE, 8);
  store<u64>(word, u32.MAX_VALUE, 16);
  store<u64>(word, 0, 24);
}

/** word = word mod 2^160. */
// @ts-ignore: decorator
@inline
export function maskAddress(word: usize): void {
  store<u32>(word, 0, 20);
  store<u64>(word, 0, 24);
}

/** True when the word fits 64 bits. */
// @ts-ignore: decorator
@inline
export function fits64(word: usize): bool {
  return (load<u64>(word, 8) | load<u64>(word, 16) | load<u64>(word, 24)) == 0;
}

/** True when the word fits 32 bits. */
// @ts-ignore: decorator
@inline
export function fits32(word: usize): bool {
  return (load<u64>(word, 8) | load<u64>(word, 16) | load<u64>(word, 24) | (load<u64>(word) >> 32)) == 0;
}

// @ts-ignore: decorator
@inline
export function reverse16(bytes: v128): v128 {
  return i8x16.shuffle(bytes, bytes, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
}

/** Word from 32 big-endian bytes. The same bytes in the other direction: both places may be equal. */
// @ts-ignore: decorator
@inline
export function loadBE(word: usize, bytes: usize): void {
  if (SIMD) {
    const low = reverse16(v128.load(bytes, 16));
    const high = reverse16(v128.load(bytes));
    v128.store(word, low);
    v128.store(word, high, 16);
  } else {
    const limb0 = bswap<u64>(load<u64>(bytes, 24));
    const limb1 = bswap<u64>(load<u64>(bytes, 16));
    const limb2 = bswap<u64>(load<u64>(bytes, 8));
    const limb3 = bswap<u64>(load<u64>(bytes));
    store<u64>(word, limb0);
    store<u64>(word, limb1, 8);
    store<u64>(word, limb2, 16);
    store<u64>(word, limb3, 24);
  }
}

/** Word to 32 big-endian bytes; both places may be equal. */
// @ts-ignore: decorator
@inline
export function storeBE(bytes: usize, word: usize): void {
  loadBE(bytes, word);
}

/** Word from 20 address bytes. */
// @ts-ignore: decorator
@inline
export function loadAddress(word: usize, address: usize): void {
  if (SIMD) {
    const low = v128.load(address, 4);
    const high = v128.load_zero<u32>(address);
    v128.store(word, reverse16(low));
    v128.store(word, i8x16.shuffle(high, high, 3, 2, 1, 0, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4), 16);
  } else {
    const high = bswap<u32>(load<u32>(address));
    const middle = bswap<u64>(load<u64>(address, 4));
    const low = bswap<u64>(load<u64>(address, 12));
    store<u64>(word, low);
    store<u64>(word, middle, 8);
    store<u64>(word, high, 16);
    store<u64>(word, 0, 24);
  }
}

/** The low 20 bytes of a word as address bytes, then four zero bytes (a 24-byte buffer). */
// @ts-ignore: decorator
@inline
export function storeAddress(address: usize, word: usize): void {
  const high = bswap<u32>(load<u32>(word, 16));
  if (SIMD) {
    const low = reverse16(v128.load(word));
    v128.store(address, low, 4);
  } else {
    const low = bswap<u64>(load<u64>(word));
    const middle = bswap<u64>(load<u64>(word, 8));
    store<u64>(address, middle, 4);
    store<u64>(address, low, 12);
  }
  store<u32>(address, high);
  store<u32>(address, 0, 20);
}
