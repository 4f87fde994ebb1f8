/** Length of the input of `blake2f`. */
export const BLAKE2F_INPUT: u32 = 213;
/** Bytes of working memory `blake2f` needs, 16-byte aligned: ten message schedules and the sixteen state words. */
export const BLAKE2F_SCRATCH: u32 = 10 * 128 + 128;

const H: usize = 4;
const M: usize = 68;
const T: usize = 196;
const FINAL: usize = 212;
const STATE: usize = 10 * 128;

const IV = memory.data<u64>([
  0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
  0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
]);

// Message permutations of RFC 7693, each reordered so that the words of one half-step of the four G functions are adjacent:
// 0 2 4 6, 1 3 5 7 (columns), 8 10 12 14, 9 11 13 15 (diagonals).
const SCHEDULE = memory.data<u8>([
  0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15,
  14, 4, 9, 13, 10, 8, 15, 6, 1, 0, 11, 5, 12, 2, 7, 3,
  11, 12, 5, 15, 8, 0, 2, 13, 10, 3, 7, 9, 14, 6, 1, 4,
  7, 3, 13, 11, 9, 1, 12, 14, 2, 5, 4, 15, 6, 10, 0, 8,
  9, 5, 2, 10, 0, 7, 4, 15, 14, 11, 6, 3, 1, 12, 8, 13,
  2, 6, 0, 8, 12, 10, 11, 3, 4, 7, 15, 1, 13, 5, 14, 9,
  12, 1, 14, 4, 5, 15, 13, 10, 0, 6, 9, 8, 7, 3, 2, 11,
  13, 7, 12, 3, 11, 14, 1, 9, 5, 15, 8, 2, 0, 4, 6, 10,
  6, 14, 11, 0, 15, 9, 3, 8, 12, 13, 1, 10, 2, 7, 4, 5,
  10, 8, 7, 1, 2, 4, 6, 5, 15, 9, 3, 13, 11, 14, 12, 0,
]);

/**
 * BLAKE2b compression function F (EIP-152).
 *
 * @param input BLAKE2F_INPUT bytes: rounds (big-endian u32), h, m, t (little-endian), final flag 0 or 1
 * @param out the new h, 64 bytes
 * @param work BLAKE2F_SCRATCH bytes of working memory
 */
export function blake2f(input: usize, out: usize, work: usize): void {
  const rounds = bswap<u32>(load<u32>(input));
  const distinct: u32 = min<u32>(rounds, 10);
  for (let i: u32 = 0; i < distinct * 16; i++) {
    const word = load<u8>(SCHEDULE + i) as usize;
    store<u64>(work + (i << 3), load<u64>(input + M + (word << 3)));
  }
  const state = work + STATE;
  memory.copy(state, input + H, 64);
  memory.copy(state + 64, IV, 64);
  store<u64>(state, load<u64>(state, 96) ^ load<u64>(input + T, 0), 96);
  store<u64>(state, load<u64>(state, 104) ^ load<u64>(input + T, 8), 104);
  if (load<u8>(input + FINAL) != 0) store<u64>(state, ~load<u64>(state, 112), 112);

  if (SIMD) roundsSimd(state, work, rounds);
  else roundsScalar(state, work, rounds);

  for (let i: usize = 0; i < 64; i += 8) {
    store<u64>(out + i, load<u64>(input + H + i) ^ load<u64>(state + i) ^ load<u64>(state + i, 64));
  }
}

// @ts-ignore: decorator
@inline
function rotate32(x: v128): v128 {
  return v128.shuffle<u8>(x, x, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
}

// @ts-ignore: decorator
@inline
function rotate24(x: v128): v128 {
  return v128.shuffle<u8>(x, x, 3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10);
}

// @ts-ignore: decorator
@inline
function rotate16(x: v128): v128 {
  return v128.shuffle<u8>(x, x, 2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9);
}

// @ts-ignore: decorator
@inline
function rotate63(x: v128): v128 {
  return v128.or(i64x2.add(x, x), i64x2.shr_u(x, 63));
}

// @ts-ignore: decorator
@inline
function joinMiddle(x: v128, y: v128): v128 {
  return v128.shuffle<u64>(x, y, 1, 2);
}

// Rows a, b, c, d of the 4 × 4 state, two words per vector; diagonals become columns by rotating rows b, c and d.
function roundsSimd(state: usize, work: usize, rounds: u32): void {
  let a0 = v128.load(state, 0), a1 = v128.load(state, 16);
  let b0 = v128.load(state, 32), b1 = v128.load(state, 48);
  let c0 = v128.load(state, 64), c1 = v128.load(state, 80);
  let d0 = v128.load(state, 96), d1 = v128.load(state, 112);
  let m = work;
  for (let round: u32 = 0; round < rounds; round++) {
    a0 = i64x2.add(i64x2.add(a0, b0), v128.load(m, 0));
    a1 = i64x2.add(i64x2.add(a1, b1), v128.load(m, 16));
    d0 = rotate32(v128.xor(d0, a0)); d1 = rotate32(v128.xor(d1, a1));
    c0 = i64x2.add(c0, d0); c1 = i64x2.add(c1, d1);
    b0 = rotate24(v128.xor(b0, c0)); b1 = rotate24(v128.xor(b1, c1));
    a0 = i64x2.add(i64x2.add(a0, b0), v128.load(m, 32));
    a1 = i64x2.add(i64x2.add(a1, b1), v128.load(m, 48));
    d0 = rotate16(v128.xor(d0, a0)); d1 = rotate16(v128.xor(d1, a1));
    c0 = i64x2.add(c0, d0); c1 = i64x2.add(c1, d1);
    b0 = rotate63(v128.xor(b0, c0)); b1 = rotate63(v128.xor(b1, c1));

    let t = joinMiddle(b0, b1); b1 = joinMiddle(b1, b0); b0 = t;
    t = c0; c0 = c1; c1 = t;
    t = joinMiddle(d1, d0); d1 = joinMiddle(d0, d1); d0 = t;

    a0 = i64x2.add(i64x2.add(a0, b0), v128.load(m, 64));
    a1 = i64x2.add(i64x2.add(a1, b1), v128.load(m, 80));
    d0 = rotate32(v128.xor(d0, a0)); d1 = rotate32(v128.xor(d1, a1));
    c0 = i64x2.add(c0, d0); c1 = i64x2.add(c1, d1);
    b0 = rotate24(v128.xor(b0, c0)); b1 = rotate24(v128.xor(b1, c1));
    a0 = i64x2.add(i64x2.add(a0, b0), v128.load(m, 96));
    a1 = i64x2.add(i64x2.add(a1, b1), v128.load(m, 112));
    d0 = rotate16(v128.xor(d0, a0)); d1 = rotate16(v128.xor(d1, a1));
    c0 = i64x2.add(c0, d0); c1 = i64x2.add(c1, d1);
    b0 = rotate63(v128.xor(b0, c0)); b1 = rotate63(v128.xor(b1, c1));

    t = joinMiddle(b1, b0); b1 = joinMiddle(b0, b1); b0 = t;
    t = c0; c0 = c1; c1 = t;
    t = joinMiddle(d0, d1); d1 = joinMiddle(d1, d0); d0 = t;

    m += 128;
    if (m == work + STATE) m = work;
  }
  v128.store(state, a0, 0); v128.store(state, a1, 16);
  v128.store(state, b0, 32); v128.store(state, b1, 48);
  v128.store(state, c0, 64); v128.store(state, c1, 80);
  v128.store(state, d0, 96); v128.store(state, d1, 112);
}

function roundsScalar(v: usize, work: usize, rounds: u32): void {
  let m = work;
  for (let round: u32 = 0; round < rounds; round++) {
    mix(v, 0, 4, 8, 12, load<u64>(m, 0), load<u64>(m, 32));
    mix(v, 1, 5, 9, 13, load<u64>(m, 8), load<u64>(m, 40));
    mix(v, 2, 6, 10, 14, load<u64>(m, 16), load<u64>(m, 48));
    mix(v, 3, 7, 11, 15, load<u64>(m, 24), load<u64>(m, 56));
    mix(v, 0, 5, 10, 15, load<u64>(m, 64), load<u64>(m, 96));
    mix(v, 1, 6, 11, 12, load<u64>(m, 72), load<u64>(m, 104));
    mix(v, 2, 7, 8, 13, load<u64>(m, 80), load<u64>(m, 112));
    mix(v, 3, 4, 9, 14, load<u64>(m, 88), load<u64>(m, 120));
    m += 128;
    if (m == work + STATE) m = work;
  }
}

// @ts-ignore: decorator
@inline
function mix(v: usize, ia: usize, ib: usize, ic: usize, id: usize, x: u64, y: u64): void {
  let a = load<u64>(v + ia * 8), b = load<u64>(v + ib * 8), c = load<u64>(v + ic * 8), d = load<u64>(v + id * 8);
  a += b + x;
  d = rotr<u64>(d ^ a, 32);
  c += d;
  b = rotr<u64>(b ^ c, 24);
  a += b + y;
  d = rotr<u64>(d ^ a, 16);
  c += d;
  b = rotr<u64>(b ^ c, 63);
  store<u64>(v + ia * 8, a);
  store<u64>(v + ib * 8, b);
  store<u64>(v + ic * 8, c);
  store<u64>(v + id * 8, d);
}
