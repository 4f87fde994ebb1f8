/** Bytes of working memory `sha256` needs: the message schedule and one padded block. */
export const SHA256_SCRATCH: u32 = 256 + 128;

const ROUND_CONSTANTS = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);

/**
 * SHA-256 (FIPS 180-4).
 *
 * @param out 32 bytes; may overlap the input
 * @param work SHA256_SCRATCH bytes of working memory
 */
export function sha256(input: usize, len: u32, out: usize, work: usize): void {
  h0 = 0x6a09e667; h1 = 0xbb67ae85; h2 = 0x3c6ef372; h3 = 0xa54ff53a;
  h4 = 0x510e527f; h5 = 0x9b05688c; h6 = 0x1f83d9ab; h7 = 0x5be0cd19;
  const whole = len & ~63;
  for (let offset: u32 = 0; offset < whole; offset += 64) compress(input + offset, work);

  const block = work + 256;
  const rest = len - whole;
  const padded: u32 = rest < 56 ? 64 : 128;
  memory.copy(block, input + whole, rest);
  memory.fill(block + rest, 0, padded - rest);
  store<u8>(block + rest, 0x80);
  store<u64>(block + padded - 8, bswap<u64>((len as u64) << 3));
  compress(block, work);
  if (padded == 128) compress(block + 64, work);

  store<u32>(out, bswap<u32>(h0), 0);
  store<u32>(out, bswap<u32>(h1), 4);
  store<u32>(out, bswap<u32>(h2), 8);
  store<u32>(out, bswap<u32>(h3), 12);
  store<u32>(out, bswap<u32>(h4), 16);
  store<u32>(out, bswap<u32>(h5), 20);
  store<u32>(out, bswap<u32>(h6), 24);
  store<u32>(out, bswap<u32>(h7), 28);
}

let h0: u32 = 0;
let h1: u32 = 0;
let h2: u32 = 0;
let h3: u32 = 0;
let h4: u32 = 0;
let h5: u32 = 0;
let h6: u32 = 0;
let h7: u32 = 0;

// @ts-ignore: decorator
@inline
function expand(w: usize): u32 {
  const w15 = load<u32>(w - 60);
  const w2 = load<u32>(w - 8);
  const s0 = rotr<u32>(w15, 7) ^ rotr<u32>(w15, 18) ^ (w15 >> 3);
  const s1 = rotr<u32>(w2, 17) ^ rotr<u32>(w2, 19) ^ (w2 >> 10);
  return load<u32>(w - 64) + s0 + load<u32>(w - 28) + s1;
}

// @ts-ignore: decorator
@inline
function choose(e: u32, f: u32, g: u32): u32 {
  return (rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25)) + (((f ^ g) & e) ^ g);
}

// @ts-ignore: decorator
@inline
function majority(a: u32, b: u32, c: u32): u32 {
  return (rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22)) + ((a & b) | ((a | b) & c));
}

// Eight rounds per turn, so that the rotation of the eight variables is a renaming and costs nothing.
function compress(block: usize, work: usize): void {
  for (let i: usize = 0; i < 64; i += 4) store<u32>(work + i, bswap<u32>(load<u32>(block + i)));
  for (let w = work + 64; w < work + 256; w += 4) store<u32>(w, expand(w));

  let a = h0, b = h1, c = h2, d = h3, e = h4, f = h5, g = h6, h = h7;
  for (let i: usize = 0; i < 256; i += 32) {
    const k = ROUND_CONSTANTS + i;
    const w = work + i;
    h += choose(e, f, g) + load<u32>(k, 0) + load<u32>(w, 0); d += h; h += majority(a, b, c);
    g += choose(d, e, f) + load<u32>(k, 4) + load<u32>(w, 4); c += g; g += majority(h, a, b);
    f += choose(c, d, e) + load<u32>(k, 8) + load<u32>(w, 8); b += f; f += majority(g, h, a);
    e += choose(b, c, d) + load<u32>(k, 12) + load<u32>(w, 12); a += e; e += majority(f, g, h);
    d += choose(a, b, c) + load<u32>(k, 16) + load<u32>(w, 16); h += d; d += majority(e, f, g);
    c += choose(h, a, b) + load<u32>(k, 20) + load<u32>(w, 20); g += c; c += majority(d, e, f);
    b += choose(g, h, a) + load<u32>(k, 24) + load<u32>(w, 24); f += b; b += majority(c, d, e);
    a += choose(f, g, h) + load<u32>(k, 28) + load<u32>(w, 28); e += a; a += majority(b, c, d);
  }
  h0 += a; h1 += b; h2 += c; h3 += d; h4 += e; h5 += f; h6 += g; h7 += h;
}
