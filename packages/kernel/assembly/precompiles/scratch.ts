import { reserve } from "../memory/heap";

export const SCRATCH_MOVES: u32 = 0;
/** Input of fixed length, zero-padded. */
export const SCRATCH_INPUT: u32 = 512;
/** Output of every precompile but identity, modexp and inference: at most a G2 point of BLS12-381. */
export const SCRATCH_OUTPUT: u32 = 768;
export const SCRATCH_OUTPUT_SIZE: u32 = 256;
/** Message schedules of the hash functions. */
export const SCRATCH_HASH: u32 = 1024;
const SCRATCH_SIZE: u32 = 4096;

let region: usize = 0;

/** Working memory of this instance's precompiles, 16-byte aligned. */
export function scratch(): usize {
  if (region == 0) region = reserve(SCRATCH_SIZE);
  return region;
}
