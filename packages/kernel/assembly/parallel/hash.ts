/**
 * Subtrees of tries that changed, hashed by all instances at a time between batches. A helper writes nothing but references
 * of nodes in its subtree, and whatever is not hashed afterwards, because a helper failed, is hashed with the rest of the trie.
 */
import { reserve } from "../memory/heap";
import { listSubtrees, sealListed } from "../trie/seal";
import { ACTIVE, BEGUN, CLOSED, CONTROL, FAILED, HASH, PHASE, SUBTREES, openPhase } from "./control";

const COUNT: usize = 4;
/** Three addresses and the depth, as sealListed takes them. */
const ENTRY_LOG2: usize = 4;
const CAPACITY: u32 = 4096;
/** Fewer are hashed sooner than a helper wakes up. */
const WORTHWHILE: u32 = 16;

const SPINS: u32 = 10_000;
/** Nanoseconds of rest for an owner who waits for a helper that has lost its processor. */
const REST: i64 = 50_000;

let list: usize = 0;
let listed: u32 = 0;

/** Whether there is anybody to share the work with. */
export function canHashTogether(): bool {
  return CONTROL != 0;
}

/** Adds what changed in the trie to what `hashListed` hashes. */
export function hashLater(trie: usize): void {
  if (list == 0) list = reserve((<usize>CAPACITY) << ENTRY_LOG2);
  while (true) {
    const count = listSubtrees(trie, list + (<usize>listed << ENTRY_LOG2), CAPACITY - listed);
    if (count <= CAPACITY - listed) {
      listed += count;
      return;
    }
    // No trie alone has as many, so there is room now.
    hashListed();
  }
}

/** Hashes what is listed, except for the uppermost nodes of its tries, which sealTrie does. */
export function hashListed(): void {
  const at = CONTROL + SUBTREES;
  store<u32>(at, <u32>list);
  store<u32>(at, listed, COUNT);
  const together = listed >= WORTHWHILE;
  listed = 0;
  if (!together) return;
  store<u32>(CONTROL, 0, FAILED);
  store<u32>(CONTROL, 0, BEGUN);
  openPhase(HASH);
  hashSubtrees();
  atomic.store<u32>(CONTROL + PHASE, CLOSED);
  awaitHelpers();
}

/** Any instance's part. */
export function hashSubtrees(): void {
  const entries = <usize>load<u32>(CONTROL + SUBTREES);
  const count = load<u32>(CONTROL + SUBTREES, COUNT);
  while (true) {
    const index = atomic.add<u32>(CONTROL + BEGUN, 1);
    if (index >= count) return;
    sealListed(entries + (<usize>index << ENTRY_LOG2));
  }
}

/** Nobody asks for the owner's host meanwhile, so it may sleep. */
function awaitHelpers(): void {
  for (let spins: u32 = 0; spins < SPINS; spins++) {
    if (atomic.load<u32>(CONTROL + ACTIVE) == 0) return;
  }
  for (let active = atomic.load<u32>(CONTROL + ACTIVE); active != 0; active = atomic.load<u32>(CONTROL + ACTIVE)) {
    atomic.wait<u32>(CONTROL + ACTIVE, active, REST);
  }
}
