/** Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF, no truncated sequences. */
export function isUtf8(text: usize, length: u32): bool {
  let at: u32 = 0;
  while (at < length) {
    const first = <u32>load<u8>(text + at);
    if (first < 0x80) {
      at++;
      continue;
    }
    const size: u32 = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || size > length - at) return false;
    const second = <u32>load<u8>(text + at, 1);
    if (second < lowestSecond(first) || second > highestSecond(first)) return false;
    for (let i: u32 = 2; i < size; i++) if ((load<u8>(text + at + i) & 0xc0) != 0x80) return false;
    at += size;
  }
  return true;
}

function lowestSecond(first: u32): u32 {
  return first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
}

function highestSecond(first: u32): u32 {
  return first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
}
