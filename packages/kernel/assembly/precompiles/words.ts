/** Big-endian 32-byte word at `offset` of an input that reads as zero from `len` on; u64.MAX_VALUE when it does not fit. */
export function inputWord(input: usize, len: u32, offset: u32): u64 {
  let value: u64 = 0;
  for (let i: u32 = 0; i < 32; i++) {
    const byte: u64 = offset + i < len ? load<u8>(input + offset + i) : 0;
    if (value >> 56 != 0) return u64.MAX_VALUE;
    value = (value << 8) | byte;
  }
  return value;
}

/** Number of 32-byte words that hold `len` bytes. */
export function wordCount(len: u32): u64 {
  return ((len as u64) + 31) >> 5;
}
