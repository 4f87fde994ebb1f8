/** Reads the bytes of a batch from front to back. After a read beyond the end, or of a bad number, FAILED is set. */

/** The next byte, and the end. */
export let AT: usize = 0;
let end: usize = 0;
export let FAILED: bool = false;

const MAX_VARINT_BITS: u32 = 70;

export function openBytes(bytes: usize, length: u32): void {
  AT = bytes;
  end = bytes + length;
  FAILED = false;
}

export function bytesEnd(): usize {
  return end;
}

export function bytesLeft(): u32 {
  return <u32>(end - AT);
}

/** Goes on at a position of bytes that were read before, and found good. */
export function continueAt(position: usize): void {
  AT = position;
  end = usize.MAX_VALUE;
  FAILED = false;
}

/** Passes over everything before a position ahead. */
export function continueTo(position: usize): void {
  AT = position;
}

/** Gives the reading up. */
export function fail(): void {
  FAILED = true;
}

/** Address of the next `length` bytes. */
export function takeBytes(length: u32): usize {
  const at = AT;
  if (FAILED || length > bytesLeft()) {
    FAILED = true;
    return 0;
  }
  AT += length;
  return at;
}

/** Unsigned base-128 integer, least significant group first, below 2^64. */
export function takeUvarint(): u64 {
  let value: u64 = 0;
  for (let shift: u32 = 0; shift < MAX_VARINT_BITS; shift += 7) {
    if (FAILED || AT >= end) break;
    const byte = <u64>load<u8>(AT++);
    if (shift == 63 && byte > 1) break;
    value |= (byte & 0x7f) << (<u64>shift);
    if (byte < 0x80) return value;
  }
  FAILED = true;
  return 0;
}

/** A base-128 integer of at most `limit`. */
export function takeCount(limit: u32): u32 {
  const value = takeUvarint();
  if (value <= limit) return <u32>value;
  FAILED = true;
  return 0;
}

/** Address of a list of `count` bits: a big-endian integer, bit 0 first. No bit above may be set. */
export function takeBits(count: u32): usize {
  const length = (count + 7) >> 3;
  const bits = takeBytes(length);
  const spare = (length << 3) - count;
  if (!FAILED && spare != 0 && load<u8>(bits) >> (8 - spare) != 0) FAILED = true;
  return bits;
}

/** A bit of such a list. */
// @ts-ignore: decorator
@inline
export function bitAt(bits: usize, count: u32, index: u32): bool {
  const length = (count + 7) >> 3;
  return ((load<u8>(bits + (length - 1 - (index >> 3))) >> (index & 7)) & 1) != 0;
}
