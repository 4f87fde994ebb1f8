/**
 * Puts the frames of one channel after another together: there is one at a time, and its frames are in order
 * (Holocene).
 */
import { allocateChunk, chunkLog2, freeChunk, reserve } from "../../../kernel/assembly/memory/heap";
import { CHANNEL_ID_LENGTH, Frame, isSameChannel } from "./frames";

/** Fjord: a channel has at most so many bytes, also decompressed. */
export const MAX_CHANNEL_BYTES: u32 = 100_000_000;
/** What a frame counts beside its data towards the size of its channel. */
const FRAME_COST: u32 = 200;

let isOpen: bool = false;
let id: usize = 0;
/** L1 block of the first frame. */
let openedAt: u64 = 0;
let frames: u32 = 0;
let size: u32 = 0;
let capacityLog2: u32 = 0;
/** Bytes of the channel. */
export let CHANNEL: usize = 0;
export let CHANNEL_LENGTH: u32 = 0;

/** Once per instance. */
export function initAssembler(): void {
  id = reserve(CHANNEL_ID_LENGTH);
}

export function resetAssembler(): void {
  isOpen = false;
  if (CHANNEL != 0) freeChunk(CHANNEL, capacityLog2);
  CHANNEL = 0;
  CHANNEL_LENGTH = 0;
}

/**
 * Takes the next frame, read from the given L1 block.
 *
 * @param timeout L1 blocks after which an unfinished channel is dropped
 * @returns whether it was its channel's last: CHANNEL is whole then, until resetAssembler
 */
export function addFrame(frame: Frame, l1Number: u64, timeout: u64): bool {
  if (isOpen && openedAt + timeout < l1Number) resetAssembler();
  if (frame.number == 0) open(frame, l1Number);
  if (!isOpen || !isSameChannel(frame.id, id) || frame.number != frames) return false;
  frames++;
  size += frame.length + FRAME_COST;
  if (size > MAX_CHANNEL_BYTES) {
    resetAssembler();
    return false;
  }
  append(frame.data, frame.length);
  if (!frame.last) return false;
  isOpen = false;
  return true;
}

function open(frame: Frame, l1Number: u64): void {
  resetAssembler();
  isOpen = true;
  memory.copy(id, frame.id, CHANNEL_ID_LENGTH);
  openedAt = l1Number;
  frames = 0;
  size = 0;
}

function append(data: usize, length: u32): void {
  const needed = CHANNEL_LENGTH + length;
  if (CHANNEL == 0 || needed > <u32>1 << capacityLog2) {
    const log2 = CHANNEL == 0 ? chunkLog2(needed) : max(chunkLog2(needed), capacityLog2 + 1);
    const larger = allocateChunk(log2);
    memory.copy(larger, CHANNEL, CHANNEL_LENGTH);
    if (CHANNEL != 0) freeChunk(CHANNEL, capacityLog2);
    CHANNEL = larger;
    capacityLog2 = log2;
  }
  memory.copy(CHANNEL + CHANNEL_LENGTH, data, length);
  CHANNEL_LENGTH = needed;
}
