/**
 * Frames of the batcher's transactions in one L1 block: version 0, then id ‖ number u16 ‖ length u32 ‖ data ‖ is_last,
 * repeated. One bad frame makes all of its transaction void.
 */
import { Arena, arenaAlloc, arenaReset, newArena } from "../../../kernel/assembly/memory/arena";

const FRAMES_VERSION: u32 = 0;
export const CHANNEL_ID_LENGTH: u32 = 16;
/** Most bytes of one frame's data. */
const MAX_FRAME_DATA: u32 = 1_000_000;
/** Bytes of a frame in front of its data, and with the flag behind it. */
const HEADER: u32 = 22;
const OVERHEAD: u32 = 23;

@unmanaged
export class Frame {
  id: usize;
  data: usize;
  length: u32;
  number: u32;
  last: bool;
  /** The one accepted before it in the same transaction. */
  before: Frame;
  /** The one behind it in the queue. */
  next: Frame;
}

const NO_FRAME = changetype<Frame>(0);

let arena: Arena = changetype<Arena>(0);
let head: Frame = NO_FRAME;
let tail: Frame = NO_FRAME;

/** Once per instance. */
export function initFrames(): void {
  arena = newArena();
}

/** Empties the queue. */
export function resetFrames(): void {
  arenaReset(arena);
  head = NO_FRAME;
  tail = NO_FRAME;
}

/** Gives the memory of frames back that were taken off the queue, when it is empty. */
export function reclaimFrames(): void {
  if (head == NO_FRAME) arenaReset(arena);
}

/**
 * Takes a batcher transaction's payload, and queues its frames; when `ordered`, those that Holocene accepts. False when
 * it is void.
 */
export function addPayload(payload: usize, length: u32, ordered: bool): bool {
  if (length <= 1 || load<u8>(payload) != FRAMES_VERSION || !isWhole(payload + 1, payload + length)) return false;
  const copy = arenaAlloc(arena, length);
  memory.copy(copy, payload, length);
  let kept = NO_FRAME;
  const end = copy + length;
  for (let at = copy + 1; at < end; ) {
    const frame = readFrame(at);
    at += OVERHEAD + frame.length;
    kept = ordered ? accepted(kept, frame) : appended(kept, frame);
  }
  enqueue(kept);
  return true;
}

function isWhole(at: usize, end: usize): bool {
  while (at < end) {
    if (end - at < OVERHEAD) return false;
    const length = lengthAt(at);
    if (length > MAX_FRAME_DATA || length + OVERHEAD > <u32>(end - at)) return false;
    if (load<u8>(at + HEADER + length) > 1) return false;
    at += length + OVERHEAD;
  }
  return true;
}

function lengthAt(at: usize): u32 {
  return bswap<u32>(load<u32>(at, 18));
}

function readFrame(at: usize): Frame {
  const frame = changetype<Frame>(arenaAlloc(arena, offsetof<Frame>()));
  frame.id = at;
  frame.number = bswap<u16>(load<u16>(at, 16));
  frame.length = lengthAt(at);
  frame.data = at + HEADER;
  frame.last = load<u8>(frame.data + frame.length) != 0;
  frame.before = NO_FRAME;
  frame.next = NO_FRAME;
  return frame;
}

export function isSameChannel(left: usize, right: usize): bool {
  return load<u64>(left) == load<u64>(right) && load<u64>(left, 8) == load<u64>(right, 8);
}

/**
 * The last accepted frame after looking at one more. Each follows its predecessor in the same channel, or opens a new
 * one, which makes the frames of an unfinished channel before it void. The first may continue a channel of an earlier
 * transaction: that is for the channel to say.
 */
function accepted(kept: Frame, frame: Frame): Frame {
  if (frame.number == 0) {
    while (kept != NO_FRAME && !kept.last && !isSameChannel(kept.id, frame.id)) kept = kept.before;
  }
  if (kept != NO_FRAME) {
    const same = isSameChannel(kept.id, frame.id);
    if (same ? kept.last || frame.number != kept.number + 1 : frame.number != 0) return kept;
  }
  return appended(kept, frame);
}

function appended(kept: Frame, frame: Frame): Frame {
  frame.before = kept;
  return frame;
}

function enqueue(last: Frame): void {
  if (last == NO_FRAME) return;
  let first = last;
  while (first.before != NO_FRAME) {
    first.before.next = first;
    first = first.before;
  }
  if (tail == NO_FRAME) head = first;
  else tail.next = first;
  tail = last;
}

/** Takes the next frame off the queue; the address 0 when there is none. */
export function nextFrame(): Frame {
  const frame = head;
  if (frame == NO_FRAME) return frame;
  head = frame.next;
  if (head == NO_FRAME) tail = NO_FRAME;
  return frame;
}
