/**
 * Who runs what. Transactions begin in the order of their positions, except that one which is known to depend on another
 * waits for it. The frontier follows: what every transaction below is final for is checked, and run again at once if it
 * read something that has changed since, now with nothing left that could change. All decisions are made under one lock.
 *
 * Nobody waits in a circle: a transaction that runs again is always running in some instance, and it waits only for
 * positions below its own.
 */
import { abandon, acquire, pause, release } from "../memory/sharing";
import { batchAlloc } from "../state/versions";
import { STALE, STALE_IS_SLOT, STALE_WRITER, findStale, readFrom } from "../state/footprint";
import { VALID } from "../transaction/error";
import { DEPOSIT } from "../transaction/transaction";
import {
  Entry, EXECUTED, FINAL, MAX_SOURCES, batchCount, entryAt, footprintOf, sourcesOf, successorAt,
} from "./batch";
import { unsettle } from "./stress";
import { CONTROL, FAILED, SCHEDULE, SCHEDULE_LOCK } from "./control";
import { isHopeless, runEntry } from "./execute";

/** Position that has not begun. */
const NEXT: usize = 0;
/** All below are final. */
const FRONTIER: usize = 4;
/** An instance is busy with the frontier. */
const DECIDING: usize = 8;
/** Transactions that were passed over and may run now: their number, and where their positions are. */
const READY_COUNT: usize = 12;
const READY: usize = 16;

const NOTHING: i32 = -1;
const FINISHED: i32 = -2;

/** Before the batch is opened to others. */
export function resetSchedule(): void {
  const at = CONTROL + SCHEDULE;
  memory.fill(at, 0, READY);
  store<u32>(at, <u32>batchAlloc(<usize>batchCount() << 2), READY);
}

/** Takes part until every transaction is final. */
export function workOff(scratch: usize): void {
  while (true) {
    const position = take();
    if (position == FINISHED) return;
    if (position >= 0) {
      const entry = entryAt(position);
      if (!isHopeless(entry)) runEntry(position);
      finish(entry);
    } else pause();
    advance(scratch);
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
  if (load<u32>(at, NEXT) == 1 && load<u32>(at, FRONTIER) == 0 && setsPrices(entryAt(0))) return NOTHING;
  for (let next = load<u32>(at, NEXT); next < count; next++) {
    const entry = entryAt(next);
    if (entry.blockers == 0) {
      store<u32>(at, next + 1, NEXT);
      return next;
    }
    entry.passed = true;
  }
  store<u32>(at, count, NEXT);
  return load<u32>(at, FRONTIER) == count ? FINISHED : NOTHING;
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
  return position;
}

/** Lets those go on that waited for the entry. */
function finish(entry: Entry): void {
  unsettle();
  lock();
  const at = CONTROL + SCHEDULE;
  entry.status = EXECUTED;
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

/** Moves the frontier over what is executed, unless another instance is at it. */
function advance(scratch: usize): void {
  while (true) {
    const position = claimFrontier();
    if (position < 0) return;
    const entry = entryAt(position);
    if (!isHopeless(entry)) {
      const footprint = footprintOf(entry);
      if (findStale(footprint, position, scratch)) {
        entry.conflict = STALE;
        entry.conflictIsSlot = STALE_IS_SLOT;
        entry.conflictWriter = STALE_WRITER;
        runEntry(position);
      }
      entry.sourceCount = readFrom(footprint, position, sourcesOf(entry), MAX_SOURCES);
    }
    lock();
    entry.status = FINAL;
    store<u32>(CONTROL + SCHEDULE, position + 1, FRONTIER);
    store<u32>(CONTROL + SCHEDULE, 0, DECIDING);
    unlock();
  }
}

function claimFrontier(): i32 {
  const at = CONTROL + SCHEDULE;
  unsettle();
  lock();
  const frontier = load<u32>(at, FRONTIER);
  const free = load<u32>(at, DECIDING) == 0 && frontier < batchCount() && entryAt(frontier).status == EXECUTED;
  if (free) store<u32>(at, 1, DECIDING);
  unlock();
  return free ? frontier : NOTHING;
}
