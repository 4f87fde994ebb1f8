/**
 * From the batcher's data to blocks, one L1 block after the other, under Holocene's rules. It holds no clock and asks
 * nobody: the same L1 blocks give the same batches.
 */
import { position, putRaw, putU32, putU64, putU8, shrink, take, takeU32 } from "../../../kernel/assembly/entry/wire";
import { SINGULAR, putTransactions, readSingular } from "../batch/singular";
import { MALFORMED, READ, SPAN, enterBlock, hasBlock, readSpan, takeTransaction } from "../batch/span";
import { CHANNEL, CHANNEL_LENGTH, MAX_CHANNEL_BYTES, addFrame, resetAssembler } from "../channel/assembler";
import { addPayload, nextFrame, reclaimFrames, resetFrames } from "../channel/frames";
import { BATCH, BATCH_LENGTH, closeChannel, openChannel, readBatch } from "../channel/reader";
import { CONFIG } from "../config";
import { checkPlace, checkSingular, epochAt, isForbidden } from "./block-rules";
import {
  ORIGIN_COUNT,
  Origin,
  clearOrigins,
  dropOrigins,
  findOrigin,
  hashPtr,
  originAt,
  parentHashPtr,
  takeOrigin,
} from "./origins";
import { PARENT, PARENT_ORIGIN_HASH, forgetSafeBlock } from "./parent";
import { WANTED, beginSpan, checkSpan } from "./span-rules";
import { ACCEPT, DROP, WAIT } from "./verdict";

/**
 * What follows the parent: the next L1 block has to tell; a block; the host has to tell of a safe block; another L1.
 */
const NEEDS_L1: u32 = 0;
const BLOCK: u32 = 1;
const NEEDS_L2: u32 = 2;
const MISMATCH: u32 = 3;

export const SINGULAR_BATCH: u32 = 0;
export const SPAN_BATCH: u32 = 1;

/** The span of the channel that is being read: none, to be checked as a whole, or giving its blocks. */
const NO_SPAN: u32 = 0;
const UNCHECKED: u32 = 1;
const GIVING: u32 = 2;

let span: u32 = NO_SPAN;
/** Number of the L1 block being read. */
let inclusion: u64 = 0;
let isReading: bool = false;

export function resetPipeline(): void {
  resetFrames();
  resetAssembler();
  clearOrigins();
  forgetSafeBlock();
  isReading = false;
  dropChannel();
}

/** Leaves out the rest of the channel: what it held before turned out to be no valid block. */
export function dropChannel(): void {
  closeChannel();
  span = NO_SPAN;
}

/** Goes on to the next L1 block, from a message: the block, then calldata or blobs of the batcher's transactions. */
export function advance(): void {
  takeOrigin();
  inclusion = originAt(ORIGIN_COUNT - 1).number;
  isReading = true;
  reclaimFrames();
  for (let left = takeU32(); left > 0; left--) {
    const length = takeU32();
    addPayload(take(length), length, true);
  }
}

/** Appends to the answer what follows the parent. */
export function deriveNext(): void {
  if (!isReading) return putU8(NEEDS_L1);
  const epoch = findOrigin(PARENT.origin);
  if (epoch > 0) dropOrigins(epoch);
  if (inclusion <= PARENT.origin) {
    drain();
    return putU8(NEEDS_L1);
  }
  if (!isOnOrigin()) return putU8(MISMATCH);
  while (true) {
    if (span == NO_SPAN && !nextBatch()) return putEmpty();
    if (span == UNCHECKED) {
      const verdict = checkSpan(inclusion);
      if (verdict == WAIT) {
        putU8(NEEDS_L2);
        return putU64(WANTED);
      }
      if (verdict == DROP) dropChannel();
      else span = verdict == ACCEPT ? GIVING : NO_SPAN;
    } else if (span == GIVING ? putSpanBlock() : putSingular()) {
      return;
    }
  }
}

/** A channel completed at or before the origin of the safe head can hold nothing new. */
function drain(): void {
  for (let frame = nextFrame(); changetype<usize>(frame) != 0; frame = nextFrame()) {
    if (addFrame(frame, inclusion, CONFIG.channelTimeout)) resetAssembler();
  }
  dropChannel();
  dropOrigins(ORIGIN_COUNT - 1);
}

/** After an epoch was filled up with empty blocks, the list may begin one behind the safe head's. */
function isOnOrigin(): bool {
  const epoch = originAt(0);
  if (epoch.number == PARENT.origin) return memory.compare(hashPtr(epoch), PARENT_ORIGIN_HASH, 32) == 0;
  return epoch.number == PARENT.origin + 1 && memory.compare(parentHashPtr(epoch), PARENT_ORIGIN_HASH, 32) == 0;
}

/** Reads on to the next batch that is one: a span is to be checked then. False at the end of the data. */
function nextBatch(): bool {
  while (true) {
    if (readBatch()) {
      if (decodeBatch()) return true;
      continue;
    }
    const frame = nextFrame();
    if (changetype<usize>(frame) == 0) return false;
    if (!addFrame(frame, inclusion, CONFIG.channelTimeout)) continue;
    openChannel(CHANNEL, CHANNEL_LENGTH, MAX_CHANNEL_BYTES);
    resetAssembler();
  }
}

/** A batch that cannot be read ends its channel; a span with transactions that are none is only left out. */
function decodeBatch(): bool {
  const version = BATCH_LENGTH == 0 ? u32.MAX_VALUE : <u32>load<u8>(BATCH);
  if (version == SPAN_BATCH) {
    const outcome = readSpan(BATCH + 1, BATCH_LENGTH - 1);
    if (outcome == READ) {
      span = UNCHECKED;
      beginSpan();
      return true;
    }
    if (outcome != MALFORMED) return false;
  } else if (version == SINGULAR_BATCH && readSingular(BATCH + 1, BATCH_LENGTH - 1)) {
    return true;
  }
  dropChannel();
  return false;
}

/** Appends the block of a singular batch, or what is to be done without it. */
function putSingular(): bool {
  const verdict = checkSingular(inclusion);
  if (verdict == DROP) dropChannel();
  if (verdict != ACCEPT) return false;
  putBlockHead(epochAt(SINGULAR.epoch));
  putTransactions();
  return true;
}

/** Appends the span's next block. */
function putSpanBlock(): bool {
  if (!hasBlock()) {
    span = NO_SPAN;
    return false;
  }
  const count = enterBlock();
  if (checkPlace(SPAN.epoch, PARENT.time + CONFIG.blockTime, count, inclusion) != ACCEPT) {
    dropChannel();
    return false;
  }
  const from = position();
  putBlockHead(epochAt(SPAN.epoch));
  putU32(count);
  for (let i: u32 = 0; i < count; i++) {
    if (!isForbidden(takeTransaction())) continue;
    shrink(position() - from);
    dropChannel();
    return false;
  }
  return true;
}

function putBlockHead(epoch: Origin): void {
  putU8(BLOCK);
  putU64(PARENT.time + CONFIG.blockTime);
  putU64(epoch.number);
  putRaw(hashPtr(epoch), 32);
}

/** When the sequencing window has passed and L1 has nothing more, blocks without sequencer transactions follow. */
function putEmpty(): void {
  if (ORIGIN_COUNT < 2 || originAt(0).number + CONFIG.sequencingWindow > inclusion) return putU8(NEEDS_L1);
  const epoch = originAt(0);
  const isFirst = epoch.number == PARENT.origin + 1;
  if (PARENT.time + CONFIG.blockTime < originAt(1).time || isFirst) {
    putBlockHead(epoch);
    return putU32(0);
  }
  dropOrigins(1);
  putU8(NEEDS_L1);
}
