/**
 * The linear memory behind every region. Several kernel instances may run over one shared memory, so the break lives in
 * a control block in that memory and moves atomically; what an instance does with its chunks is its own affair.
 */

const PAGE: usize = 65536;
/** Growing in steps of a megabyte keeps the number of memory.grow calls small. */
const GROWTH: usize = 16;
const CONTROL_SIZE: usize = 128;

/** Smallest chunk: 64 KiB. */
export const MIN_CHUNK_LOG2: u32 = 16;
/** Largest chunk: 2 GiB, half of the address space. */
export const MAX_CHUNK_LOG2: u32 = 31;

let freeChunks: usize = 0;
let chunkBytes: usize = 0;

// @ts-ignore: decorator
@inline
function control(): usize {
  return (__heap_base + (CONTROL_SIZE - 1)) & ~(CONTROL_SIZE - 1);
}

// @ts-ignore: decorator
@inline
function exchangeBreak(expected: u32, next: u32): u32 {
  if (GUEST) {
    const found = load<u32>(control());
    if (found == expected) store<u32>(control(), next);
    return found;
  }
  return atomic.cmpxchg<u32>(control(), expected, next);
}

/** Moves the break up by `bytes`. The address space is the only limit; beyond it the instance cannot go on. */
function advanceBreak(bytes: u64): usize {
  while (true) {
    const found = exchangeBreak(0, 0);
    const start: u64 = found == 0 ? control() + CONTROL_SIZE : found;
    const end = start + bytes;
    if (end > 0xffff0000) unreachable();
    if (exchangeBreak(found, <u32>end) != found) continue;
    growTo(<usize>end);
    return <usize>start;
  }
}

function growTo(end: usize): void {
  const pages = (end + PAGE - 1) / PAGE;
  while (<usize>memory.size() < pages) {
    const missing = pages - <usize>memory.size();
    const step = missing > GROWTH ? missing : GROWTH;
    if (memory.grow(<i32>step) >= 0) continue;
    if (memory.grow(<i32>missing) < 0 && <usize>memory.size() < pages) unreachable();
  }
}

/** Fresh zeroed memory that is never given back (stacks, fixed tables), 64-byte aligned. */
export function reserve(bytes: usize): usize {
  return advanceBreak((<u64>bytes + 63) & ~63);
}

/** log2 of the smallest chunk that holds `bytes`. */
export function chunkLog2(bytes: usize): u32 {
  if (bytes <= 1 << MIN_CHUNK_LOG2) return MIN_CHUNK_LOG2;
  return 32 - <u32>clz<u32>(<u32>bytes - 1);
}

/**
 * A chunk of 2^log2 bytes with undefined contents: a free one, part of the smallest larger free one, or fresh memory.
 * Parts are not put together again; large chunks, mostly indexes that were outgrown, become small ones.
 */
export function allocateChunk(log2: u32): usize {
  if (log2 > MAX_CHUNK_LOG2) unreachable();
  if (freeChunks == 0) freeChunks = reserve((MAX_CHUNK_LOG2 + 1) * 4);
  chunkBytes += <usize>1 << log2;
  let found = log2;
  while (found <= MAX_CHUNK_LOG2 && load<u32>(freeChunks + (<usize>found << 2)) == 0) found++;
  if (found > MAX_CHUNK_LOG2) return advanceBreak(<usize>1 << log2);
  const chunk = takeFree(found);
  while (found > log2) addFree(chunk + (<usize>1 << --found), found);
  return chunk;
}

function takeFree(log2: u32): usize {
  const head = freeChunks + (<usize>log2 << 2);
  const chunk = <usize>load<u32>(head);
  store<u32>(head, load<u32>(chunk));
  return chunk;
}

function addFree(chunk: usize, log2: u32): void {
  const head = freeChunks + (<usize>log2 << 2);
  store<u32>(chunk, load<u32>(head));
  store<u32>(head, <u32>chunk);
}

export function freeChunk(chunk: usize, log2: u32): void {
  addFree(chunk, log2);
  chunkBytes -= <usize>1 << log2;
}

/** Bytes in chunks that are in use by this instance. */
export function chunkMemory(): usize {
  return chunkBytes;
}
