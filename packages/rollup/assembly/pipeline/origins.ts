/** L1 blocks that were read and may still become origins, in order. */
import { allocateChunk, freeChunk } from "../../../kernel/assembly/memory/heap";
import { take, takeU64 } from "../../../kernel/assembly/entry/wire";

/**
 * An L1 block by what derivation has to know of it. Its hash, and its parent's, are 32 bytes each behind the fields.
 */
@unmanaged
export class Origin {
  number: u64;
  /** Seconds. */
  time: u64;
}

const FIELDS: usize = 16;
const HASH: usize = 32;
const SIZE: usize = FIELDS + 2 * HASH;
const FIRST_LOG2: u32 = 16;

let base: usize = 0;
let log2: u32 = 0;
let first: u32 = 0;
export let ORIGIN_COUNT: u32 = 0;

// @ts-ignore: decorator
@inline
export function hashPtr(origin: Origin): usize {
  return changetype<usize>(origin) + FIELDS;
}

// @ts-ignore: decorator
@inline
export function parentHashPtr(origin: Origin): usize {
  return changetype<usize>(origin) + FIELDS + HASH;
}

/** From the front. */
// @ts-ignore: decorator
@inline
export function originAt(index: u32): Origin {
  return changetype<Origin>(base + <usize>(first + index) * SIZE);
}

export function clearOrigins(): void {
  first = 0;
  ORIGIN_COUNT = 0;
}

/** Forgets those in front. */
export function dropOrigins(count: u32): void {
  first += count;
  ORIGIN_COUNT -= count;
}

/** Appends one from a message: number, hash, parent's hash, time. */
export function takeOrigin(): void {
  makeRoom();
  const origin = originAt(ORIGIN_COUNT++);
  origin.number = takeU64();
  memory.copy(hashPtr(origin), take(HASH), HASH);
  memory.copy(parentHashPtr(origin), take(HASH), HASH);
  origin.time = takeU64();
}

function makeRoom(): void {
  if (base != 0 && <usize>(first + ORIGIN_COUNT + 1) * SIZE <= <usize>1 << log2) return;
  if (base != 0 && first > ORIGIN_COUNT) {
    memory.copy(base, base + <usize>first * SIZE, <usize>ORIGIN_COUNT * SIZE);
  } else {
    const larger = base == 0 ? FIRST_LOG2 : log2 + 1;
    const chunk = allocateChunk(larger);
    if (base != 0) {
      memory.copy(chunk, base + <usize>first * SIZE, <usize>ORIGIN_COUNT * SIZE);
      freeChunk(base, log2);
    }
    base = chunk;
    log2 = larger;
  }
  first = 0;
}

/** The index of the origin with that number, -1 when it is not there. Numbers follow each other. */
export function findOrigin(number: u64): i32 {
  if (ORIGIN_COUNT == 0) return -1;
  const distance = number - originAt(0).number;
  return distance < ORIGIN_COUNT && originAt(<u32>distance).number == number ? <i32>distance : -1;
}
