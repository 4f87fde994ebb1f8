/**
 * The region through which host and kernel exchange messages: the host writes a message where `ioInput` says, calls an
 * entry with its length, and reads the answer at `ioOutput`. Fields come in a fixed order without padding; integers are
 * little-endian, words 32 bytes in limb form, hashes and addresses raw; bytes and lists follow a u32 length. The
 * messages are those of `packages/kernel/src/wire.ts`.
 */
import { reserve } from "../memory/heap";

const INITIAL_CAPACITY: u32 = 1 << 16;

let input: usize = 0;
let inputCapacity: u32 = 0;
let output: usize = 0;
let outputCapacity: u32 = 0;
let written: u32 = 0;
/** Where the next field is read. */
let cursor: usize = 0;

/**
 * Room for a message of `length` bytes; regions double, so all the outgrown ones together are no larger than the last.
 */
export function ioInput(length: u32): usize {
  if (length > inputCapacity) {
    inputCapacity = grown(inputCapacity, length);
    input = reserve(inputCapacity);
  }
  cursor = input;
  written = 0;
  return input;
}

export function ioOutput(): usize {
  return output;
}

function grown(capacity: u32, needed: u32): u32 {
  let size = max<u32>(capacity, INITIAL_CAPACITY);
  while (size < needed) size <<= 1;
  return size;
}

/** Address of the next `length` bytes of the message. */
export function take(length: usize): usize {
  const at = cursor;
  cursor += length;
  return at;
}

export function takeU8(): u32 {
  return load<u8>(take(1));
}

export function takeBool(): bool {
  return load<u8>(take(1)) != 0;
}

export function takeU32(): u32 {
  return load<u32>(take(4));
}

export function takeU64(): u64 {
  return load<u64>(take(8));
}

/** Copies the next `length` bytes to `out`. */
export function takeTo(out: usize, length: usize): void {
  memory.copy(out, take(length), length);
}

/** Room for `length` more bytes of the answer, counted as written. Addresses from earlier calls may have moved. */
export function put(length: u32): usize {
  if (written + length > outputCapacity) {
    outputCapacity = grown(outputCapacity, written + length);
    const larger = reserve(outputCapacity);
    memory.copy(larger, output, written);
    output = larger;
  }
  const at = output + written;
  written += length;
  return at;
}

/** Takes back the last `length` bytes of the answer. */
export function shrink(length: u32): void {
  written -= length;
}

export function putU8(value: u32): void {
  store<u8>(put(1), <u8>value);
}

export function putBool(value: bool): void {
  store<u8>(put(1), u8(value));
}

export function putU32(value: u32): void {
  store<u32>(put(4), value);
}

export function putU64(value: u64): void {
  store<u64>(put(8), value);
}

/** A hash, an address or a word: exactly `length` bytes. */
export function putRaw(bytes: usize, length: u32): void {
  memory.copy(put(length), bytes, length);
}

/** Bytes after their length. */
export function putBytes(bytes: usize, length: u32): void {
  putU32(length);
  putRaw(bytes, length);
}

/** Where the answer continues, to return to it with `patchU32`. */
export function position(): u32 {
  return written;
}

/** Overwrites a u32 that was put at `position`. */
export function patchU32(at: u32, value: u32): void {
  store<u32>(output + at, value);
}

/** Length of the answer: what every entry returns. */
export function answer(): u32 {
  return written;
}
