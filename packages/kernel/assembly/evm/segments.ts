/**
 * Where frame memories lie: end to end in a segment that is always there, and in further ones of the heap when deep calls
 * or great memories outgrow it. Segments form a stack; a frame's memory never spans two.
 */
import { allocateChunk, chunkLog2, freeChunk, reserve } from "../memory/heap";

const FIRST_SEGMENT: usize = 16 << 20;
/** Further segments have at least 32 MiB. */
const MIN_SEGMENT_LOG2: u32 = 25;
/** Segment below, log2 of the size. */
const HEADER: usize = 32;

let first: usize = 0;
let newest: usize = 0;
/** End of the newest segment. */
export let SEGMENT_END: usize = 0;

export function reserveSegments(): usize {
  first = reserve(FIRST_SEGMENT);
  SEGMENT_END = first + FIRST_SEGMENT;
  return first;
}

/** Adds a segment with room for `bytes` and returns its first usable byte, a multiple of 32. */
export function pushSegment(bytes: usize): usize {
  const log2 = max(chunkLog2(bytes + HEADER), MIN_SEGMENT_LOG2);
  const segment = allocateChunk(log2);
  store<u32>(segment, newest);
  store<u32>(segment, log2, 4);
  newest = segment;
  SEGMENT_END = segment + (<usize>1 << log2);
  return segment + HEADER;
}

/** Gives back the segments above the one that ends at `end`. */
export function dropSegments(end: usize): void {
  while (SEGMENT_END != end) {
    const segment = newest;
    newest = load<u32>(segment);
    freeChunk(segment, load<u32>(segment, 4));
    SEGMENT_END = newest == 0 ? first + FIRST_SEGMENT : newest + (<usize>1 << load<u32>(newest, 4));
  }
}
