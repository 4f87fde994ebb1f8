/** Keccak-256 as Ethereum uses it: the original padding (0x01), not that of SHA3-256. */
import { keccakPermute } from "../generated/keccak-f";
import { reserve } from "../memory/heap";
import { copy32 } from "../u256/word";

const RATE: usize = 136;
const STATE_SIZE: usize = 200;
/** The permutation works on two states. */
const SPONGE_SIZE: usize = 2 * STATE_SIZE;

let sponge: usize = 0;

/** Hash of `length` bytes at `input` into 32 bytes at `output`; the places may overlap. */
export function keccak256(input: usize, length: usize, output: usize): void {
  if (sponge == 0) sponge = reserve(SPONGE_SIZE);
  const state = sponge;
  memory.fill(state, 0, STATE_SIZE);
  while (length >= RATE) {
    for (let i: usize = 0; i < RATE; i += 8) store<u64>(state + i, load<u64>(state + i) ^ load<u64>(input + i));
    keccakPermute(state);
    input += RATE;
    length -= RATE;
  }
  absorbLast(state, input, length);
  keccakPermute(state);
  copy32(output, state);
}

/** Fewer bytes than the rate, padded. Whole lanes: the permutation reads lanes, and would wait for bytes stored into one. */
function absorbLast(state: usize, input: usize, length: usize): void {
  let at: usize = 0;
  for (; at + 8 <= length; at += 8) store<u64>(state + at, load<u64>(state + at) ^ load<u64>(input + at));
  let lane: u64 = 0;
  let shift: u64 = 0;
  for (let i = at; i < length; i++, shift += 8) lane |= <u64>load<u8>(input + i) << shift;
  store<u64>(state + at, load<u64>(state + at) ^ lane ^ (<u64>0x01 << shift));
  store<u64>(state, load<u64>(state, RATE - 8) ^ 0x8000000000000000, RATE - 8);
}
