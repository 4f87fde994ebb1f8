/** Names of models: keccak over 4096-byte chunks, paired upwards; the name binds the length, so the tree's shape is fixed. */
import { keccak256 } from "../crypto/keccak";
import { reserve } from "../memory/heap";

const CHUNK: u32 = 4096;
const MAX_LEVELS: u32 = 24;

let stack: usize = 0;

/**
 * Writes keccak256(top ‖ length as 32 big-endian bytes), where `top` is the root of the binary tree over the chunks'
 * hashes; the last node of an odd level moves up unchanged.
 */
export function modelRoot(blob: usize, length: u32, out: usize): void {
  if (stack == 0) stack = reserve((MAX_LEVELS + 2) * 32);
  let depth: u32 = 0;
  const chunks = (length + CHUNK - 1) / CHUNK;
  for (let i: u32 = 0; i < chunks; i++) {
    const start = i * CHUNK;
    keccak256(blob + start, min(CHUNK, length - start), node(depth++));
    for (let filled = i + 1; (filled & 1) == 0; filled >>= 1) join(--depth);
  }
  while (depth > 1) join(--depth);
  memory.fill(node(1), 0, 28);
  store<u32>(node(1), bswap<u32>(length), 28);
  keccak256(node(0), 64, out);
}

function node(index: u32): usize {
  return stack + ((<usize>index) << 5);
}

/** Replaces nodes `right` − 1 and `right` by their parent. */
function join(right: u32): void {
  keccak256(node(right - 1), 64, node(right - 1));
}
