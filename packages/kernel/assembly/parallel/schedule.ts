/**
 * Who runs what. Transactions begin in the order of their positions, some consecutive ones at a time, except that one which
 * is known to depend on another waits for it. The frontier follows: what every transaction below is final for is checked,
 * and run again at once if it read something that has changed since, now with nothing left that could change. What begins
 * is decided under one lock; the frontier belongs to whoever has claimed it.
 *
 * Nobody waits in a circle: a transaction that runs again is always running in some instance, and it waits only for
 * positions below its own.
 */
import { abandon, acquire, attend, pause, release } from "../memory/sharing";
import { batchAlloc } from "../state/versions";
import { STALE, STALE_IS_SLOT, STALE_WRITER, findStale, readFrom } from "../state/footprint";
import { VALID } from "../transaction/error";
import { DEPOSIT } from "../transaction/transaction";
import {
  Entry, EXECUTED, FINAL, MAX_SOURCES, batchCount, chunkSize, entryAt, footprintOf, sourcesOf, statusOf, successorAt,
} from "./batch";
import { unsettle } from "./stress";
import { CONTROL, DECIDING, FAILED, FRONTIER, SCHEDULE, SCHEDULE_LOCK } from "./control";
import { isHopeless, runEntry } from "./execute";
import { hostClock } from "./host";

/** Position that has not begun. */
const NEXT: usize = 0;
/** Transactions that were passed over and may run now: their number, and where their positions are. */
const READY_COUNT: usize = 4;
const READY: usize = 8;

const NOTHING: i32 = -1;
const FINISHED: i32 = -2;

/** Behind the last position of what this instance took. */
let chunkEnd: u32 = 0;

/** Before the batch is opened to others. */
export function resetSchedule(): void {
  const at = CONTROL + SCHEDULE;
  const count = batchCount();
  store<u32>(at, 0, NEXT);
  store<u32>(at, 0, READY_COUNT);
  store<u32>(at, <u32>batchAlloc(<usize>count << 2), READY);
  store<u32>(CONTROL + FRONTIER, 0);
  store<u32>(CONTROL + DECIDING, 0);
}

/** Takes part until every transaction is final. */
export function workOff(scratch: usize): void {
  while (true) {
    const first = take();
    if (first == FINISHED) return;
    if (first == NOTHING) {
      pause();
      advance(scratch);
    } else runChunk(first, scratch);
  }
}

function runChunk(first: u32, scratch: usize): void {
  let now = hostClock();
  for (let position = first, end = chunkEnd; position < end; position++) {
    const entry = entryAt(position);
    if (!isHopeless(entry)) now = runEntry(position, now);
    finish(entry);
    if (advance(scratch)) now = hostClock();
    attend();
  }
}

// @ts-ignore: decorator
@inline
function lock(): void {
  acquire(CONTROL + SCHEDULE_LOCK);
  if (atomic.load<u32>(CONTROL, FAILED) != 0) abandon();
}

// @ts-ignore: decorator
@inline
function unlock(): void {
  release(CONTROL + SCHEDULE_LOCK);
}

/** Takes the positions from the one returned up to `chunkEnd`. */
function take(): i32 {
  unsettle();
  lock();
  const position = choose();
  unlock();
  return position;
}

function choose(): i32 {
  const at = CONTROL + SCHEDULE;
  const count = batchCount();
  if (load<u32>(at, READY_COUNT) != 0) return takeReady();
  if (load<u32>(at, NEXT) == 1 && frontier() == 0 && setsPrices(entryAt(0))) return NOTHING;
  for (let next = load<u32>(at, NEXT); next < count; next++) {
    const entry = entryAt(next);
    if (entry.blockers == 0) {
      const limit: u32 = next == 0 && setsPrices(entry) ? 1 : chunkSize();
      chunkEnd = next + 1;
      while (chunkEnd < count && chunkEnd - next < limit && entryAt(chunkEnd).blockers == 0) chunkEnd++;
      store<u32>(at, chunkEnd, NEXT);
      return next;
    }
    entry.passed = true;
  }
  store<u32>(at, count, NEXT);
  return frontier() == count ? FINISHED : NOTHING;
}

/** The deposit that begins a rollup's block writes what all others read. */
function setsPrices(entry: Entry): bool {
  return entry.malformed == VALID && entry.transaction.type == DEPOSIT;
}

/** The lowest position that is ready. */
function takeReady(): i32 {
  const at = CONTROL + SCHEDULE;
  const ready = <usize>load<u32>(at, READY);
  const last = load<u32>(at, READY_COUNT) - 1;
  let lowest: u32 = 0;
  for (let i: u32 = 1; i <= last; i++) {
    if (load<u32>(ready + (<usize>i << 2)) < load<u32>(ready + (<usize>lowest << 2))) lowest = i;
  }
  const position = load<u32>(ready + (<usize>lowest << 2));
  store<u32>(ready + (<usize>lowest << 2), load<u32>(ready + (<usize>last << 2)));
  store<u32>(at, last, READY_COUNT);
  chunkEnd = position + 1;
  return position;
}

/** Lets those go on that waited for the entry. */
function finish(entry: Entry): void {
  unsettle();
  atomic.store<u32>(statusOf(entry), EXECUTED);
  if (entry.successorCount == 0) return;
  lock();
  const at = CONTROL + SCHEDULE;
  for (let i: u32 = 0; i < entry.successorCount; i++) {
    const position = load<u32>(successorAt(entry, i));
    const successor = entryAt(position);
    if (--successor.blockers != 0 || !successor.passed) continue;
    const count = load<u32>(at, READY_COUNT);
    store<u32>(<usize>load<u32>(at, READY) + (<usize>count << 2), position);
    store<u32>(at, count + 1, READY_COUNT);
  }
  unlock();
}

// @ts-ignore: decorator
@inline
function frontier(): u32 {
  return atomic.load<u32>(CONTROL, FRONTIER);
}

/** Moves the frontier over what is executed, unless another instance is at it. Returns whether that took a run. */
function advance(scratch: usize): bool {
  let ran = false;
  // Who finds the frontier claimed leaves its entry to the one who has it, so that one has to look again afterwards.
  while (mayAdvance()) {
    unsettle();
    if (atomic.cmpxchg<u32>(CONTROL, 0, 1, DECIDING) != 0) return ran;
    while (mayAdvance()) {
      const position = frontier();
      if (finalize(entryAt(position), position, scratch)) ran = true;
      atomic.store<u32>(CONTROL, position + 1, FRONTIER);
    }
    atomic.store<u32>(CONTROL, 0, DECIDING);
  }
  return ran;
}

function mayAdvance(): bool {
  const position = frontier();
  return position < batchCount() && atomic.load<u32>(statusOf(entryAt(position))) == EXECUTED;
}

/** With all below final: runs the entry again if it would not read what it has read. Returns whether it did. */
function finalize(entry: Entry, position: u32, scratch: usize): bool {
  let stale = false;
  if (!isHopeless(entry)) {
    const footprint = footprintOf(entry);
    stale = findStale(footprint, position, scratch);
    if (stale) {
      entry.conflict = STALE;
      entry.conflictIsSlot = STALE_IS_SLOT;
      entry.conflictWriter = STALE_WRITER;
      runEntry(position, hostClock());
    }
    entry.sourceCount = readFrom(footprint, position, sourcesOf(entry), MAX_SOURCES);
  }
  atomic.store<u32>(statusOf(entry), FINAL);
  return stale;
}
