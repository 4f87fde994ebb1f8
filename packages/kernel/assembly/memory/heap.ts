/** Fresh zeroed memory that is never given back (stacks, fixed tables). 64-byte aligned; grows the memory. */
export function reserve(bytes: usize): usize { unreachable(); }
/** Power-of-two chunks (>= 64 KiB), contents undefined. */
export function chunkAlloc(log2: u32): usize { unreachable(); }
export function chunkFree(chunk: usize, log2: u32): void { unreachable(); }
