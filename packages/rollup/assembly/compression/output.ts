/** Decompressed bytes: one run in memory that grows as far as its limit. */
import { allocateChunk, chunkLog2, freeChunk } from "../../../kernel/assembly/memory/heap";

const FIRST_LOG2: u32 = 16;

let base: usize = 0;
let log2: u32 = 0;
let capacity: u32 = 0;
let limit: u32 = 0;
/** Bytes so far. */
export let OUTPUT_LENGTH: u32 = 0;

/** Begins an output of at most `bytes`; the last one is gone. */
export function openOutput(bytes: u32): void {
  closeOutput();
  limit = bytes;
  log2 = FIRST_LOG2;
  base = allocateChunk(log2);
  capacity = min<u32>(1 << log2, limit);
}

/** Gives the memory back. */
export function closeOutput(): void {
  if (base != 0) freeChunk(base, log2);
  base = 0;
  capacity = 0;
  OUTPUT_LENGTH = 0;
}

export function outputPtr(): usize {
  return base;
}

/** Makes room for as many of `bytes` more as the limit allows, and says how many those are. */
function room(bytes: u32): u32 {
  const allowed = min(bytes, limit - OUTPUT_LENGTH);
  if (allowed > capacity - OUTPUT_LENGTH) grow(OUTPUT_LENGTH + allowed);
  return allowed;
}

function grow(needed: u32): void {
  const larger = max(chunkLog2(needed), log2 + 1);
  const chunk = allocateChunk(larger);
  memory.copy(chunk, base, OUTPUT_LENGTH);
  freeChunk(base, log2);
  base = chunk;
  log2 = larger;
  capacity = min<u32>(1 << log2, limit);
}

/** False where the limit is reached. */
// @ts-ignore: decorator
@inline
export function putByte(byte: u32): bool {
  if (OUTPUT_LENGTH == capacity && room(1) == 0) return false;
  store<u8>(base + OUTPUT_LENGTH++, <u8>byte);
  return true;
}

/** False where not all of it fits. */
export function putCopied(bytes: usize, length: u32): bool {
  const allowed = room(length);
  memory.copy(base + OUTPUT_LENGTH, bytes, allowed);
  OUTPUT_LENGTH += allowed;
  return allowed == length;
}

/** Repeats what came `distance` bytes before, at most all that there is. False where not all of it fits. */
export function putRepeated(distance: u32, length: u32): bool {
  const allowed = room(length);
  const to = base + OUTPUT_LENGTH;
  if (distance >= allowed) {
    memory.copy(to, to - distance, allowed);
  } else {
    for (let i: u32 = 0; i < allowed; i++) store<u8>(to + i, load<u8>(to + i - distance));
  }
  OUTPUT_LENGTH += allowed;
  return allowed == length;
}

/** One of the last bytes, 1 for the last one; 0 before the first. */
// @ts-ignore: decorator
@inline
export function outputBefore(back: u32): u32 {
  return back <= OUTPUT_LENGTH ? load<u8>(base + OUTPUT_LENGTH - back) : 0;
}
