/** Keys as packed nibbles, high nibble first. */

// @ts-ignore: decorator
@inline
export function nibbleAt(key: usize, index: u32): u32 {
  const byte = <u32>load<u8>(key + (index >> 1));
  return index & 1 ? byte & 15 : byte >> 4;
}

/** Writes a nibble and keeps the other half of its byte. */
export function setNibble(key: usize, index: u32, value: u32): void {
  const at = key + (index >> 1);
  const byte = <u32>load<u8>(at);
  store<u8>(at, <u8>(index & 1 ? (byte & 0xf0) | value : (byte & 0x0f) | (value << 4)));
}

/** First index in [from, limit) at which the keys differ, or limit. */
export function firstDifference(a: usize, b: usize, from: u32, limit: u32): u32 {
  let at = from;
  if (at < limit && at & 1) {
    if (nibbleAt(a, at) != nibbleAt(b, at)) return at;
    at++;
  }
  for (; at + 16 <= limit; at += 16) {
    const difference = load<u64>(a + (at >> 1)) ^ load<u64>(b + (at >> 1));
    if (difference == 0) continue;
    const byte = <u32>ctz<u64>(difference) >> 3;
    return at + (byte << 1) + (((difference >> (byte << 3)) & 0xf0) == 0 ? 1 : 0);
  }
  while (at < limit && nibbleAt(a, at) == nibbleAt(b, at)) at++;
  return at;
}
