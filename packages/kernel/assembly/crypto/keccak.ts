/** Keccak-256 as Ethereum uses it: the original padding (0x01), not that of SHA3-256. */
import { keccakPermute } from "../generated/keccak-f";
import { reserve } from "../memory/heap";
import { copy32 } from "../u256/word";

const RATE: usize = 136;
const STATE_SIZE: usize = 200;

let sponge: usize = 0;

/** Hash of `length` bytes at `input` into 32 bytes at `output`; the places may overlap. */
export function keccak256(input: usize, length: usize, output: usize): void {
  if (sponge == 0) sponge = reserve(STATE_SIZE);
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

function absorbLast(state: usize, input: usize, length: usize): void {
  let i: usize = 0;
  for (; i + 8 <= length; i += 8) store<u64>(state + i, load<u64>(state + i) ^ load<u64>(input + i));
  for (; i < length; i++) store<u8>(state + i, load<u8>(state + i) ^ load<u8>(input + i));
  store<u8>(state + length, load<u8>(state + length) ^ 0x01);
  store<u8>(state, load<u8>(state, RATE - 1) ^ 0x80, RATE - 1);
}
