/** Bytes of working memory `ripemd160` needs. */
export const RIPEMD160_SCRATCH: u32 = 128;

// Order of the message words and rotation amounts, 16 per round: left line, then right line.
const LEFT_WORDS = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  7, 4, 13, 1, 10, 6, 15, 3, 12, 0, 9, 5, 2, 14, 11, 8,
  3, 10, 14, 4, 9, 15, 8, 1, 2, 7, 0, 6, 13, 11, 5, 12,
  1, 9, 11, 10, 0, 8, 12, 4, 13, 3, 7, 15, 14, 5, 6, 2,
  4, 0, 5, 9, 7, 12, 2, 10, 14, 1, 3, 8, 11, 6, 15, 13,
]);
const RIGHT_WORDS = memory.data<u8>([
  5, 14, 7, 0, 9, 2, 11, 4, 13, 6, 15, 8, 1, 10, 3, 12,
  6, 11, 3, 7, 0, 13, 5, 10, 14, 15, 8, 12, 4, 9, 1, 2,
  15, 5, 1, 3, 7, 14, 6, 9, 11, 8, 12, 2, 10, 0, 4, 13,
  8, 6, 4, 1, 3, 11, 15, 0, 5, 12, 2, 13, 9, 7, 10, 14,
  12, 15, 10, 4, 1, 5, 8, 7, 6, 2, 13, 14, 0, 3, 9, 11,
]);
const LEFT_ROTATIONS = memory.data<u8>([
  11, 14, 15, 12, 5, 8, 7, 9, 11, 13, 14, 15, 6, 7, 9, 8,
  7, 6, 8, 13, 11, 9, 7, 15, 7, 12, 15, 9, 11, 7, 13, 12,
  11, 13, 6, 7, 14, 9, 13, 15, 14, 8, 13, 6, 5, 12, 7, 5,
  11, 12, 14, 15, 14, 15, 9, 8, 9, 14, 5, 6, 8, 6, 5, 12,
  9, 15, 5, 11, 6, 8, 13, 12, 5, 12, 13, 14, 11, 8, 5, 6,
]);
const RIGHT_ROTATIONS = memory.data<u8>([
  8, 9, 9, 11, 13, 15, 15, 5, 7, 7, 8, 11, 14, 14, 12, 6,
  9, 13, 15, 7, 12, 8, 9, 11, 7, 7, 12, 7, 6, 15, 13, 11,
  9, 7, 15, 11, 8, 6, 6, 14, 12, 13, 5, 14, 13, 13, 7, 5,
  15, 5, 8, 11, 14, 14, 6, 14, 6, 9, 12, 9, 12, 5, 15, 8,
  8, 5, 12, 9, 12, 5, 14, 6, 8, 13, 6, 5, 15, 13, 11, 11,
]);
const LEFT_CONSTANTS = memory.data<u32>([0x00000000, 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xa953fd4e]);
const RIGHT_CONSTANTS = memory.data<u32>([0x50a28be6, 0x5c4dd124, 0x6d703ef3, 0x7a6d76e9, 0x00000000]);

let h0: u32 = 0;
let h1: u32 = 0;
let h2: u32 = 0;
let h3: u32 = 0;
let h4: u32 = 0;

/**
 * RIPEMD-160 (ISO/IEC 10118-3).
 *
 * @param out 20 bytes; may overlap the input
 * @param work RIPEMD160_SCRATCH bytes of working memory
 */
export function ripemd160(input: usize, len: u32, out: usize, work: usize): void {
  h0 = 0x67452301; h1 = 0xefcdab89; h2 = 0x98badcfe; h3 = 0x10325476; h4 = 0xc3d2e1f0;
  const whole = len & ~63;
  for (let offset: u32 = 0; offset < whole; offset += 64) compress(input + offset);

  const rest = len - whole;
  const padded: u32 = rest < 56 ? 64 : 128;
  memory.copy(work, input + whole, rest);
  memory.fill(work + rest, 0, padded - rest);
  store<u8>(work + rest, 0x80);
  store<u64>(work + padded - 8, (len as u64) << 3);
  compress(work);
  if (padded == 128) compress(work + 64);

  store<u32>(out, h0, 0);
  store<u32>(out, h1, 4);
  store<u32>(out, h2, 8);
  store<u32>(out, h3, 12);
  store<u32>(out, h4, 16);
}

// @ts-ignore: decorator
@inline
function mix(round: u32, x: u32, y: u32, z: u32): u32 {
  if (round == 0) return x ^ y ^ z;
  if (round == 1) return (x & y) | (~x & z);
  if (round == 2) return (x | ~y) ^ z;
  if (round == 3) return (x & z) | (y & ~z);
  return x ^ (y | ~z);
}

function compress(block: usize): void {
  let a = h0, b = h1, c = h2, d = h3, e = h4;
  let p = h0, q = h1, r = h2, s = h3, t = h4;
  for (let i: u32 = 0; i < 80; i++) {
    const round = i >> 4;
    const leftWord = load<u32>(block + ((load<u8>(LEFT_WORDS + i) as usize) << 2));
    const left = a + mix(round, b, c, d) + leftWord + load<u32>(LEFT_CONSTANTS + (round << 2));
    a = e; e = d; d = rotl<u32>(c, 10); c = b;
    b = rotl<u32>(left, load<u8>(LEFT_ROTATIONS + i)) + a;

    const rightWord = load<u32>(block + ((load<u8>(RIGHT_WORDS + i) as usize) << 2));
    const right = p + mix(4 - round, q, r, s) + rightWord + load<u32>(RIGHT_CONSTANTS + (round << 2));
    p = t; t = s; s = rotl<u32>(r, 10); r = q;
    q = rotl<u32>(right, load<u8>(RIGHT_ROTATIONS + i)) + p;
  }
  const first = h1 + c + s;
  h1 = h2 + d + t;
  h2 = h3 + e + p;
  h3 = h4 + a + q;
  h4 = h0 + b + r;
  h0 = first;
}
