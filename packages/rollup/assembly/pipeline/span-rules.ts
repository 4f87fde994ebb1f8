/** The rules for a span as a whole: whether it belongs here. Its blocks are then checked one by one. */
import { position, put, shrink } from "../../../kernel/assembly/entry/wire";
import { SPAN, enterBlock, nextEpoch, takeTransaction } from "../batch/span";
import { CONFIG } from "../config";
import { findOrigin, hashPtr, originAt } from "./origins";
import {
  PARENT,
  PARENT_HASH,
  SAFE_COUNT,
  SAFE_HASH,
  SAFE_KNOWN,
  SAFE_NUMBER,
  SAFE_ORIGIN,
  SAFE_TRANSACTIONS,
} from "./parent";
import { ACCEPT, DROP, PASS, WAIT } from "./verdict";

const CHECK_LENGTH: usize = 20;

/** Number of the safe block that the host has to tell of. */
export let WANTED: u64 = 0;
/** Whether the span is known to follow a block of the chain; then, which of its blocks is compared next. */
let isPlaced: bool = false;
let compared: u64 = 0;

/** A span was read that nothing is known of yet. */
export function beginSpan(): void {
  isPlaced = false;
}

/**
 * Whether the span that was read goes on from the parent. After WAIT it is to be called again, with the same parent.
 *
 * @param inclusion L1 block that completed its channel
 */
export function checkSpan(inclusion: u64): u32 {
  if (!isPlaced) {
    const verdict = place(inclusion);
    if (verdict != ACCEPT) return verdict;
    isPlaced = true;
  }
  for (; compared <= PARENT.number; compared++) {
    if (SAFE_NUMBER != compared) return want(compared);
    if (!SAFE_KNOWN) return PASS;
    if (!isSameBlock()) return DROP;
  }
  // Epochs do not fall, and the last one is known: between them all are.
  return nextEpoch() >= PARENT.origin && findOrigin(nextEpoch()) >= 0 ? ACCEPT : DROP;
}

function want(number: u64): u32 {
  WANTED = number;
  return WAIT;
}

/** The block before the span, times and epochs. */
function place(inclusion: u64): u32 {
  const next = PARENT.time + CONFIG.blockTime;
  if (SPAN.firstTime > next) return DROP;
  if (SPAN.lastTime < next) return PASS;
  if (SPAN.firstTime == next) {
    compared = PARENT.number + 1;
    return follow(PARENT_HASH, PARENT.origin, inclusion);
  }
  if (SPAN.firstTime > PARENT.time) return DROP;
  const distance = PARENT.time - SPAN.firstTime;
  if (distance % CONFIG.blockTime != 0) return DROP;
  const overlap = distance / CONFIG.blockTime + 1;
  // A block before genesis: as one that the host does not have.
  if (overlap > PARENT.number) return PASS;
  const before = PARENT.number - overlap;
  if (SAFE_NUMBER != before) return want(before);
  if (!SAFE_KNOWN) return PASS;
  compared = before + 1;
  return follow(SAFE_HASH, SAFE_ORIGIN, inclusion);
}

/** Whether the span follows a block with that hash and that L1 origin. */
function follow(hash: usize, origin: u64, inclusion: u64): u32 {
  if (memory.compare(hash, SPAN.parentCheck, CHECK_LENGTH) != 0) return DROP;
  if (SPAN.firstEpoch + CONFIG.sequencingWindow < inclusion || SPAN.firstEpoch > origin + 1) return DROP;
  const last = findOrigin(SPAN.lastEpoch);
  if (last < 0) return PASS;
  if (memory.compare(hashPtr(originAt(last)), SPAN.originCheck, CHECK_LENGTH) != 0) return DROP;
  return SPAN.firstEpoch < origin ? DROP : ACCEPT;
}

/** Whether the span's next block is the safe block that the host told of. The cursor goes behind it. */
function isSameBlock(): bool {
  const count = enterBlock();
  if (count != SAFE_COUNT || SPAN.epoch != SAFE_ORIGIN) return false;
  let theirs = SAFE_TRANSACTIONS;
  for (let i: u32 = 0; i < count; i++) {
    const from = position();
    takeTransaction();
    const size = position() - from;
    const ours = put(0) - size;
    const same = load<u32>(theirs) + 4 == size && memory.compare(ours, theirs, size) == 0;
    shrink(size);
    if (!same) return false;
    theirs += size;
  }
  return true;
}
