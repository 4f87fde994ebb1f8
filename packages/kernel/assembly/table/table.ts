/**
 * Open-addressing index from 64-bit keyed hashes to records. The records live elsewhere and never move; a slot holds the
 * upper 32 bits of the hash beside the record's address, so probing rarely touches a record that is not the one sought
 * and growing needs no record at all.
 */
import { MIN_CHUNK_LOG2, allocateChunk, freeChunk, reserve } from "../memory/heap";

const SLOT: u32 = 3;

@unmanaged
export class Table {
  slots: usize;
  mask: u32;
  count: u32;
  log2: u32;
  /** First index and its size: what clearing goes back to. */
  initialSlots: usize;
  initialLog2: u32;
}

/** A table with 2^log2 slots. The caller finds records with `first`/`next` and adds with `insert`. */
export function newTable(log2: u32): Table {
  const table = changetype<Table>(reserve(offsetof<Table>()));
  table.initialSlots = reserve(<usize>1 << (log2 + SLOT));
  table.initialLog2 = log2;
  setSlots(table, table.initialSlots, log2);
  return table;
}

function setSlots(table: Table, slots: usize, log2: u32): void {
  table.slots = slots;
  table.log2 = log2;
  table.mask = <u32>(((<u64>1 << log2) - 1) << SLOT);
}

/** Forgets every record and gives grown space back. */
export function clearTable(table: Table): void {
  if (table.count == 0) return;
  if (table.slots != table.initialSlots) {
    freeChunk(table.slots, table.log2 + SLOT);
    setSlots(table, table.initialSlots, table.initialLog2);
  }
  memory.fill(table.slots, 0, <usize>1 << (table.log2 + SLOT));
  table.count = 0;
}

/** Byte offset of the last probed slot. */
let cursor: u32 = 0;

/** Others may be adding records: what a slot refers to was written before the slot. */
// @ts-ignore: decorator
@inline
function loadSlot(at: usize): u64 {
  if (GUEST) return load<u64>(at);
  return atomic.load<u64>(at);
}

// @ts-ignore: decorator
@inline
function probe(table: Table, hash: u64): usize {
  const slots = table.slots;
  const mask = table.mask;
  let at = cursor;
  while (true) {
    const slot = loadSlot(slots + at);
    if (slot == 0 || (slot ^ hash) >> 32 == 0) {
      cursor = at;
      return <usize>slot;
    }
    at = (at + (1 << SLOT)) & mask;
  }
}

/** The slot where probing begins, to bring it into the caches ahead; its lower half is the record's address. */
// @ts-ignore: decorator
@inline
export function homeSlot(table: Table, hash: u64): u64 {
  return loadSlot(table.slots + ((<u32>(hash >> 32) << SLOT) & table.mask));
}

/** First record that may have this hash; 0 = none. The caller compares keys and goes on with `nextRecord`. */
// @ts-ignore: decorator
@inline
export function firstRecord(table: Table, hash: u64): usize {
  cursor = (<u32>(hash >> 32) << SLOT) & table.mask;
  return probe(table, hash);
}

// @ts-ignore: decorator
@inline
export function nextRecord(table: Table, hash: u64): usize {
  cursor = (cursor + (1 << SLOT)) & table.mask;
  return probe(table, hash);
}

/** Adds a record that is not in the table. */
export function insertRecord(table: Table, hash: u64, record: usize): void {
  if (table.count >= ((table.mask >> SLOT) + 1) >> 1) grow(table);
  place(table.slots, table.mask, (hash & 0xffffffff00000000) | <u64>record);
  table.count++;
}

// @ts-ignore: decorator
@inline
function place(slots: usize, mask: u32, slot: u64): void {
  let at = (<u32>(slot >> 32) << SLOT) & mask;
  while (load<u64>(slots + at) != 0) at = (at + (1 << SLOT)) & mask;
  store<u64>(slots + at, slot);
}

/** As insertRecord, without growing: others may be looking for records. */
export function insertInPlace(table: Table, hash: u64, record: usize): void {
  let at = (<u32>(hash >> 32) << SLOT) & table.mask;
  while (load<u64>(table.slots + at) != 0) at = (at + (1 << SLOT)) & table.mask;
  const slot = (hash & 0xffffffff00000000) | <u64>record;
  if (GUEST) store<u64>(table.slots + at, slot);
  else atomic.store<u64>(table.slots + at, slot);
  table.count++;
}

/** Makes room for `count` more records without growing. */
export function makeRoom(table: Table, count: u32): void {
  while (<u64>table.count + count > <u64>((table.mask >> SLOT) + 1) >> 1) grow(table);
}

/** Whether another record would leave probes too long in a table that must not grow. */
export function isCrowded(table: Table): bool {
  return table.count >= ((table.mask >> SLOT) + 1) / 8 * 7;
}

/** Slots of the index, to go over them with `recordAt`. */
export function slotCount(table: Table): u32 {
  return <u32>1 << table.log2;
}

/** Record in a slot, 0 = none. */
// @ts-ignore: decorator
@inline
export function recordAt(table: Table, index: u32): usize {
  return <usize>load<u32>(table.slots + (<usize>index << SLOT));
}

/** Empties a slot. Records behind it move up where their probes would now end too early, also into this slot. */
export function removeAt(table: Table, index: u32): void {
  const slots = table.slots;
  const mask = table.mask;
  let hole = index << SLOT;
  let at = hole;
  while (true) {
    at = (at + (1 << SLOT)) & mask;
    const slot = load<u64>(slots + at);
    if (slot == 0) break;
    const home = (<u32>(slot >> 32) << SLOT) & mask;
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    store<u64>(slots + hole, slot);
    hole = at;
  }
  store<u64>(slots + hole, 0);
  table.count--;
}

/** Bytes of the index. */
export function tableMemory(table: Table): usize {
  return <usize>1 << (table.log2 + SLOT);
}

/** At least doubles; a small index goes straight to a chunk. Half full is the limit, so probes stay short. */
function grow(table: Table): void {
  resize(table, max(table.log2 + 1, MIN_CHUNK_LOG2 - SLOT));
}

/** Gives space back after removals: an index less than a sixteenth full is halved until it is not. */
export function shrinkTable(table: Table): void {
  let log2 = table.log2;
  while (log2 > MIN_CHUNK_LOG2 - SLOT && (<u64>1 << log2) > <u64>table.count << 4) log2--;
  if (log2 != table.log2) resize(table, log2);
}

function resize(table: Table, log2: u32): void {
  const slots = allocateChunk(log2 + SLOT);
  memory.fill(slots, 0, <usize>1 << (log2 + SLOT));
  const old = table.slots;
  const oldLog2 = table.log2;
  const end = old + (<usize>1 << (oldLog2 + SLOT));
  setSlots(table, slots, log2);
  for (let at = old; at < end; at += 1 << SLOT) {
    const slot = load<u64>(at);
    if (slot != 0) place(slots, table.mask, slot);
  }
  if (old != table.initialSlots) freeChunk(old, oldLog2 + SLOT);
}
