/**
 * Length of bytes after FastLZ compression, level 1: the Fjord upgrade's measure of what a transaction costs on L1. Only
 * the length is computed. It is consensus, so the compressor is this one and no better one: one candidate per hash of
 * three bytes, and matches that end before the last four bytes.
 */
import { reserve } from "../memory/heap";

const TABLE_LOG2: u32 = 13;
const WINDOW: u32 = 0x1fff;
/** No match begins in this many bytes at the end. */
const TAIL: u32 = 13;
/** Matches end this many bytes before the end. */
const LAST_LITERALS: u32 = 4;
const MIN_MATCH: u32 = 3;
const MAX_LITERALS: u32 = 32;
/** The longest match of one token; longer ones take several. */
const MAX_MATCH: u32 = 262;

/** Position of the latest occurrence by hash, 0 where none was seen. */
let latest: usize = 0;

/** Reserves the table. Once per instance. */
export function initFastlz(): void {
  latest = reserve(<usize>4 << TABLE_LOG2);
}

export function fastlzLength(bytes: usize, length: u32): u32 {
  memory.fill(latest, 0, <usize>4 << TABLE_LOG2);
  const limit: u32 = length < TAIL ? 0 : length - TAIL;
  let size: u32 = 0;
  let literals: u32 = 0;
  let at: u32 = 2;
  while (at < limit) {
    const three = load24(bytes + at);
    const entry = entryOf(three);
    const candidate = load<u32>(entry);
    store<u32>(entry, at);
    if (at - candidate > WINDOW || load24(bytes + candidate) != three) {
      at++;
      continue;
    }
    // The reference stops one position earlier when the match is the last that could begin.
    if (at + 1 >= limit) break;
    size += literalsSize(at - literals);
    const extent = matchExtent(bytes, candidate + MIN_MATCH, at + MIN_MATCH, length - LAST_LITERALS);
    size += matchSize(extent);
    at += extent;
    store<u32>(entryOf(load24(bytes + at)), at);
    store<u32>(entryOf(load24(bytes + at + 1)), at + 1);
    at += 2;
    literals = at;
  }
  return size + literalsSize(length - literals);
}

// @ts-ignore: decorator
@inline
function load24(at: usize): u32 {
  return <u32>load<u16>(at) | (<u32>load<u8>(at, 2) << 16);
}

// @ts-ignore: decorator
@inline
function entryOf(three: u32): usize {
  return latest + (<usize>((three * 2654435769) >> (32 - TABLE_LOG2)) << 2);
}

/** Bytes that `count` literals take: runs of at most 32, each after a token. */
function literalsSize(count: u32): u32 {
  const rest = count % MAX_LITERALS;
  return (count / MAX_LITERALS) * (MAX_LITERALS + 1) + (rest == 0 ? 0 : rest + 1);
}

/** Bytes that the tokens of a match take. */
function matchSize(extent: u32): u32 {
  const last = (extent - 1) % MAX_MATCH;
  return ((extent - 1) / MAX_MATCH) * 3 + (last < 6 ? 2 : 3);
}

/** Equal bytes at `earlier` and `later` before `end`, with the byte that differs. */
function matchExtent(bytes: usize, earlier: u32, later: u32, end: u32): u32 {
  let extent: u32 = 0;
  while (later + extent < end) {
    extent++;
    if (load<u8>(bytes + earlier + extent - 1) != load<u8>(bytes + later + extent - 1)) break;
  }
  return extent;
}
