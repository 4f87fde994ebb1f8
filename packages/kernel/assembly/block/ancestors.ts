/** Hashes of the blocks before the open one, for BLOCKHASH. */
import { hostBlockHash } from "../host";
import { reserve } from "../memory/heap";
import { copy32 } from "../u256/word";
import { HEADER_SIZE, Header, decodeHeader, parentHashPtr } from "./header";
import { PREIMAGE_LENGTH, loadPreimage } from "./preimage";

const WINDOW: u64 = 256;
const UNKNOWN: u8 = 0;
const FOUND: u8 = 1;
const MISSING: u8 = 2;

/** Hash i belongs to the block i + 1 below the open one. */
let hashes: usize = 0;
let states: usize = 0;
let openNumber: u64 = 0;
/** How many hashes the walk back through headers has found; the stateless program has no other source. */
let walked: u32 = 0;
let header: Header = changetype<Header>(0);

/** Reserves the table. Once per instance. */
export function initAncestors(): void {
  hashes = reserve(<usize>WINDOW * 32);
  states = reserve(<usize>WINDOW);
  if (GUEST) header = changetype<Header>(reserve(HEADER_SIZE));
}

/** Begins a block: `number` is its own number, `parentHash` the hash of the block before. */
export function resetAncestors(number: u64, parentHash: usize): void {
  openNumber = number;
  memory.fill(states, UNKNOWN, <usize>WINDOW);
  copy32(hashes, parentHash);
  store<u8>(states, FOUND);
  walked = 1;
}

/** Writes the hash of an ancestor of the open block; false outside the window of 256 and for unknown blocks. */
export function ancestorHash(number: u64, out: usize): bool {
  if (number >= openNumber || openNumber - number > WINDOW) return false;
  const index = <u32>(openNumber - number - 1);
  if (load<u8>(states + index) == UNKNOWN) {
    if (GUEST) walkTo(index);
    else store<u8>(states + index, hostBlockHash(number, hashes + ((<usize>index) << 5)) ? FOUND : MISSING);
  }
  if (load<u8>(states + index) != FOUND) return false;
  copy32(out, hashes + ((<usize>index) << 5));
  return true;
}

function walkTo(index: u32): void {
  for (; walked <= index; walked++) {
    const bytes = loadPreimage(hashes + ((<usize>(walked - 1)) << 5));
    if (decodeHeader(bytes, bytes + PREIMAGE_LENGTH, header) == 0) return;
    copy32(hashes + ((<usize>walked) << 5), parentHashPtr(header));
    store<u8>(states + walked, FOUND);
  }
}
