/** Parts of the pipeline by themselves: what other implementations are compared with. */
import {
  answer,
  putBool,
  putBytes,
  putRaw,
  putU32,
  putU64,
  putU8,
  take,
  takeBool,
  takeU32,
  takeU64,
} from "../../../kernel/assembly/entry/wire";
import { SINGULAR, putTransactions, readSingular } from "../batch/singular";
import { READ, SPAN, UNUSABLE, enterBlock, hasBlock, readSpan, takeTransaction } from "../batch/span";
import { CHANNEL, CHANNEL_LENGTH, addFrame, resetAssembler } from "../channel/assembler";
import { CHANNEL_ID_LENGTH, addPayload, nextFrame, resetFrames } from "../channel/frames";
import { BATCH, BATCH_LENGTH, openChannel, readBatch } from "../channel/reader";
import { CONFIG, takeConfig } from "../config";
import { SINGULAR_BATCH, SPAN_BATCH } from "../pipeline/pipeline";

const HASH: u32 = 32;
const CHECK: u32 = 20;
/** Kinds of batches that are none: the rest of the channel is void, or only this one. */
const MALFORMED_BATCH: u32 = 2;
const UNUSABLE_BATCH: u32 = 3;

/**
 * Message: whether those are left out that Holocene does not accept, payload. Answer: whether it is whole, and behind a
 * 1 each: id, number, data, whether it is the last.
 */
export function decodeFrames(length: u32): u32 {
  resetFrames();
  const ordered = takeBool();
  const size = takeU32();
  putBool(addPayload(take(size), size, ordered));
  for (let frame = nextFrame(); changetype<usize>(frame) != 0; frame = nextFrame()) {
    putBool(true);
    putRaw(frame.id, CHANNEL_ID_LENGTH);
    putU32(frame.number);
    putBytes(frame.data, frame.length);
    putBool(frame.last);
  }
  putBool(false);
  return answer();
}

/** Message: number of an L1 block, timeout, payload in it. Answer: behind a 1 each, the channels that it completes. */
export function addFrames(length: u32): u32 {
  resetFrames();
  const l1Number = takeU64();
  const timeout = takeU64();
  const size = takeU32();
  addPayload(take(size), size, true);
  for (let frame = nextFrame(); changetype<usize>(frame) != 0; frame = nextFrame()) {
    if (!addFrame(frame, l1Number, timeout)) continue;
    putBool(true);
    putBytes(CHANNEL, CHANNEL_LENGTH);
    resetAssembler();
  }
  putBool(false);
  return answer();
}

/** Message: most decompressed bytes, channel. Answer: whether it is one: nextChannelBatch reads it. */
export function openChannelBytes(length: u32): u32 {
  const limit = takeU32();
  const size = takeU32();
  putBool(openChannel(take(size), size, limit));
  return answer();
}

/** Answer: whether there is another batch in the channel opened last, and its bytes. The message is empty. */
export function nextChannelBatch(length: u32): u32 {
  const found = readBatch();
  putBool(found);
  if (found) putBytes(BATCH, BATCH_LENGTH);
  return answer();
}

/** Message: configuration, encoded batch. Answer: its kind, and what it says. */
export function decodeBatch(length: u32): u32 {
  takeConfig();
  const size = takeU32();
  const batch = take(size);
  const version = size == 0 ? u32.MAX_VALUE : <u32>load<u8>(batch);
  if (version == SPAN_BATCH) putSpan(readSpan(batch + 1, size - 1));
  else if (version == SINGULAR_BATCH && readSingular(batch + 1, size - 1)) putSingular();
  else putU8(MALFORMED_BATCH);
  return answer();
}

function putSingular(): void {
  putU8(SINGULAR_BATCH);
  putRaw(SINGULAR.parentHash, HASH);
  putU64(SINGULAR.epoch);
  putRaw(SINGULAR.epochHash, HASH);
  putU64(SINGULAR.timestamp);
  putTransactions();
}

function putSpan(outcome: u32): void {
  if (outcome != READ) return putU8(outcome == UNUSABLE ? UNUSABLE_BATCH : MALFORMED_BATCH);
  putU8(SPAN_BATCH);
  putRaw(SPAN.parentCheck, CHECK);
  putRaw(SPAN.originCheck, CHECK);
  putU32(SPAN.blocks);
  for (let time = SPAN.firstTime; hasBlock(); time += CONFIG.blockTime) {
    const count = enterBlock();
    putU64(time);
    putU64(SPAN.epoch);
    putU32(count);
    for (let i: u32 = 0; i < count; i++) takeTransaction();
  }
}
