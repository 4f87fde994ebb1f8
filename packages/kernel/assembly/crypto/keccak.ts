/** Keccak-256 as Ethereum uses it: the original padding (0x01), not that of SHA3-256. */
import { keccakBegin, keccakPermute } from "../generated/keccak-f";
import { reserve } from "../memory/heap";

const RATE: usize = 136;
const STATE_SIZE: usize = 200;
/** The permutation works on two states. */
const SPONGE_SIZE: usize = 2 * STATE_SIZE;

let sponge: usize = 0;

/** Hash of `length` bytes at `input` into 32 bytes at `output`; the places may overlap. */
export function keccak256(input: usize, length: usize, output: usize): void {
  if (sponge == 0) sponge = reserve(SPONGE_SIZE);
  const state = sponge;
  keccakBegin(state);
  while (length >= RATE) {
    for (let i: usize = 0; i < RATE; i += 8) store<u64>(state + i, load<u64>(state + i) ^ load<u64>(input + i));
    keccakPermute(state, 0);
    input += RATE;
    length -= RATE;
  }
  absorbLast(state, input, length);
  keccakPermute(state, output);
}

/** Fewer bytes than the rate, padded. Whole lanes: the permutation reads lanes, and would wait for bytes stored into one. */
function absorbLast(state: usize, input: usize, length: usize): void {
  let at: usize = 0;
  for (; at + 8 <= length; at += 8) store<u64>(state + at, load<u64>(state + at) ^ load<u64>(input + at));
  const shift = <u64>(length & 7) << 3;
  store<u64>(state + at, load<u64>(state + at) ^ lastLane(input, length, shift) ^ (<u64>0x01 << shift));
  store<u64>(state, load<u64>(state, RATE - 8) ^ 0x8000000000000000, RATE - 8);
}

/** The bytes after the last whole lane, `shift` bits of them. */
// @ts-ignore: decorator
@inline
function lastLane(input: usize, length: usize, shift: u64): u64 {
  if (shift == 0) return 0;
  if (length >= 8) return load<u64>(input + length - 8) >> (64 - shift);
  let lane: u64 = 0;
  for (let i: usize = 0; i < length; i++) lane |= <u64>load<u8>(input + i) << (<u64>i << 3);
  return lane;
}
