/** RFC 7932, section 4: distances, many of which repeat one of the last four. */
import { reserve } from "../../../kernel/assembly/memory/heap";
import { READ_BEYOND, bits } from "./bits";

const RECENT_CODES: u32 = 16;
/** For the codes above 3: what is added to the last distance, then to the one before it. */
const RECENT_CHANGE: usize = memory.data<i8>([-1, 1, -2, 2, -3, 3, -1, 1, -2, 2, -3, 3]);
const CHANGES_PER_DISTANCE: u32 = 6;
const FIRST_CHANGE: u32 = 4;

/** The last four, newest first. */
let recent: usize = 0;
let postfixBits: u32 = 0;
let directCodes: u32 = 0;

/** At the begin of a stream. */
export function openDistances(): void {
  if (recent == 0) recent = reserve(16);
  store<u32>(recent, 4);
  store<u32>(recent, 11, 4);
  store<u32>(recent, 15, 8);
  store<u32>(recent, 16, 12);
}

/** At the begin of a meta-block. */
export function setDistanceForm(postfix: u32, direct: u32): void {
  postfixBits = postfix;
  directCodes = direct;
}

export function lastDistance(): u32 {
  return load<u32>(recent);
}

/** Neither the last distance used again nor references to the dictionary are remembered. */
export function rememberDistance(distance: u32): void {
  memory.copy(recent + 4, recent, 12);
  store<u32>(recent, distance);
}

/** The distance of a code, reading its extra bits; 0 for one that is none, and where READ_BEYOND is set. */
export function readDistance(code: u32): u32 {
  if (code < FIRST_CHANGE) return load<u32>(recent + (code << 2));
  if (code < RECENT_CODES) return changed(code - FIRST_CHANGE);
  if (code < RECENT_CODES + directCodes) return code - RECENT_CODES + 1;
  const rest = code - RECENT_CODES - directCodes;
  const high = rest >> postfixBits;
  const low = rest & ((1 << postfixBits) - 1);
  const width = 1 + (high >> 1);
  const offset = ((2 + (high & 1)) << width) - 4;
  const extra = bits(width);
  return READ_BEYOND ? 0 : ((offset + extra) << postfixBits) + low + directCodes + 1;
}

function changed(index: u32): u32 {
  const base = load<u32>(recent + ((index / CHANGES_PER_DISTANCE) << 2));
  const distance = <i32>base + load<i8>(RECENT_CHANGE + index);
  return distance > 0 ? <u32>distance : 0;
}
