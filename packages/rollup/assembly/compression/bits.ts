/**
 * Bits of compressed data, lowest of each byte first, as both DEFLATE and Brotli have them. One stream at a time; bits
 * beyond its end read as zeros, and READ_BEYOND tells.
 */

/** The next byte to take into the buffer. */
let at: usize = 0;
let start: usize = 0;
let end: usize = 0;
let buffer: u64 = 0;
/** Valid bits of the buffer. */
let count: u32 = 0;
/** Whether bits were wanted that the data does not have. */
export let READ_BEYOND: bool = false;

export function openBits(data: usize, length: u32): void {
  start = data;
  at = data;
  end = data + length;
  buffer = 0;
  count = 0;
  READ_BEYOND = false;
}

/** Takes in whole bytes: at least 56 bits are valid then, or all that are left. */
// @ts-ignore: decorator
@inline
function refill(): void {
  if (at + 8 <= end) {
    // Bits above `count` are those of the same bytes: setting them again changes nothing.
    buffer |= load<u64>(at) << (<u64>count);
    const bytes = (63 - count) >> 3;
    at += bytes;
    count += bytes << 3;
  } else {
    refillLast();
  }
}

function refillLast(): void {
  while (count < 56 && at < end) {
    buffer |= <u64>load<u8>(at++) << (<u64>count);
    count += 8;
  }
}

/** At least the next 32 bits, with zeros in place of those beyond the end. */
// @ts-ignore: decorator
@inline
export function peek(): u32 {
  if (count < 32) refill();
  return <u32>buffer;
}

/** Consumes bits that were peeked at. False when there are not so many: nothing may follow then. */
// @ts-ignore: decorator
@inline
export function drop(bits: u32): bool {
  if (bits > count) {
    READ_BEYOND = true;
    return false;
  }
  buffer >>= <u64>bits;
  count -= bits;
  return true;
}

/** The next up to 25 bits as a number; zero where READ_BEYOND is set. */
// @ts-ignore: decorator
@inline
export function bits(wanted: u32): u32 {
  const value = peek() & ((1 << wanted) - 1);
  return drop(wanted) ? value : 0;
}

/** Goes on to the next whole byte. False when one of the bits passed over is set. */
export function alignBits(): bool {
  const rest = count & 7;
  return bits(rest) == 0;
}

/** Address of the next whole byte, when bits are aligned. */
export function alignedAt(): usize {
  return at - (count >> 3);
}

/** Whole bytes left, when bits are aligned. */
export function bytesLeft(): u32 {
  return <u32>(end - alignedAt());
}

/** Passes over bytes of aligned data. */
export function skipBytes(bytes: u32): void {
  at = alignedAt() + bytes;
  buffer = 0;
  count = 0;
}

/** Bits consumed so far. */
export function consumedBits(): u64 {
  return (<u64>(at - start) << 3) - count;
}
