/**
 * Grouping of changed records by where they are in their trie. A large trie is mostly outside the processor's caches, so
 * changes are applied and hashed one subtree at a time; the order has no effect on the result.
 */
import { reserve } from "../memory/heap";

/** Nibbles of the hashed key that make a bucket: subtrees of 1/256 of the trie. */
export const BUCKET_NIBBLES: u32 = 2;
export const BUCKETS: u32 = 256;
/** Fewer changes than this do not share enough of their paths to be worth grouping. */
const WORTHWHILE: u32 = 1024;

let heads: usize = 0;

/** Once per instance. */
export function initBuckets(): void {
  heads = reserve(BUCKETS << 2);
}

/** Whether a list of records linked at offset `next` is long enough for grouping. */
export function worthGrouping(first: usize, next: usize): bool {
  let count: u32 = 0;
  for (let at = first; at != 0 && count < WORTHWHILE; at = <usize>load<u32>(at + next)) count++;
  return count == WORTHWHILE;
}

/** Distributes the records by the first byte of their hashed key, at offset `key`; relinks them. */
export function group(first: usize, next: usize, key: usize): void {
  memory.fill(heads, 0, BUCKETS << 2);
  let at = first;
  while (at != 0) {
    const following = <usize>load<u32>(at + next);
    const head = heads + (<usize>load<u8>(at + key) << 2);
    store<u32>(at + next, load<u32>(head));
    store<u32>(head, <u32>at);
    at = following;
  }
}

/** First record of a bucket, 0 = none. */
export function bucket(index: u32): usize {
  return <usize>load<u32>(heads + (<usize>index << 2));
}
