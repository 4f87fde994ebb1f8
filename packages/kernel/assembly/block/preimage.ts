/** Preimages that are neither trie nodes nor code: headers and blocks in the stateless program. */
import { reserve } from "../memory/heap";
import { preimage } from "../trie/host";

const INITIAL_CAPACITY: u32 = 4096;

/** Length of what the last `loadPreimage` returned. */
export let PREIMAGE_LENGTH: u32 = 0;

let buffer: usize = 0;
let capacity: u32 = 0;

/** Bytes with the given keccak hash, valid until the next call. The host throws for a hash that it does not know. */
export function loadPreimage(hash: usize): usize {
  if (buffer == 0) grow(INITIAL_CAPACITY);
  PREIMAGE_LENGTH = <u32>preimage(hash, buffer, capacity);
  if (PREIMAGE_LENGTH > capacity) {
    grow(PREIMAGE_LENGTH);
    PREIMAGE_LENGTH = <u32>preimage(hash, buffer, capacity);
  }
  return buffer;
}

function grow(bytes: u32): void {
  capacity = bytes;
  buffer = reserve(bytes);
}
