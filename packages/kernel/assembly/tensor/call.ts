/** The call in progress: its input, read from the front, and its output (docs/spec/tensor.md). Integers are big-endian. */
import { OUT_OF_GAS, REVERT, SUCCESS } from "../evm/status";
import { reserve } from "../memory/heap";
import { setGasLeft, setOutput } from "../precompiles/result";

/** Bytes of the longest result. */
export const MAX_OUTPUT: u32 = 1 << 20;
/** Elements of the longest vector, and the largest dimension. */
export const MAX_LENGTH: u32 = 1 << 18;
/** Longest dot product of bytes: its sum stays within 31 bits. */
export const MAX_DEPTH: u32 = 1 << 16;
/** Most multiply-accumulates of one call. */
export const MAX_MACS: u64 = 150_000_000;

/** What an operation comes to when its input is not as specified. */
export const INVALID: u32 = REVERT;

const BASE_GAS: u64 = 200;
/** `InvalidTensor()` of contracts/ai/Tensor.sol, as read by `load<u32>`. Checked by a test. */
const INVALID_TENSOR: u32 = 0x3113c539;

let at: usize = 0;
let rest: u32 = 0;
let gasLeft: i64 = 0;
let buffer: usize = 0;

/** Begins a call with `length` bytes at `input`; false when its base price is not there. */
export function begin(input: usize, length: u32, gas: i64): bool {
  at = input;
  rest = length;
  gasLeft = gas;
  return pay(BASE_GAS);
}

/** Hands over gas and output. Out of gas takes all. */
export function finish(status: u32): u32 {
  if (status == INVALID) {
    store<u32>(output(), INVALID_TENSOR);
    setOutput(output(), 4);
  }
  setGasLeft(status == OUT_OF_GAS ? 0 : gasLeft);
  if (status == OUT_OF_GAS) setOutput(0, 0);
  return status;
}

/** Takes gas; false, and nothing taken, when it is not there. */
export function pay(gas: u64): bool {
  if (gas > <u64>gasLeft) return false;
  gasLeft -= <i64>gas;
  return true;
}

/** Where results are put together, MAX_OUTPUT bytes. */
export function output(): usize {
  if (buffer == 0) buffer = reserve(MAX_OUTPUT);
  return buffer;
}

/** Ends a call with the first `length` bytes of the output. */
export function succeed(length: u32): u32 {
  setOutput(output(), length);
  return SUCCESS;
}

/** The next byte; u32.MAX_VALUE behind the end. */
export function takeByte(): u32 {
  if (rest < 1) return u32.MAX_VALUE;
  const value = load<u8>(at);
  at += 1;
  rest -= 1;
  return value;
}

/** The next four bytes; u32.MAX_VALUE behind the end. */
export function takeWord(): u32 {
  if (rest < 4) {
    rest = 0;
    return u32.MAX_VALUE;
  }
  const value = bswap<u32>(load<u32>(at));
  at += 4;
  rest -= 4;
  return value;
}

/** A dimension or length: 1 … MAX_LENGTH, or 0 for anything else. */
export function takeLength(): u32 {
  const value = takeWord();
  return value <= MAX_LENGTH ? value : 0;
}

/** The next `count` elements of `size` bytes; 0 when they are not there. */
export function takeVector(count: u32, size: u32): usize {
  const bytes = <u64>count * size;
  if (bytes > rest) return 0;
  const vector = at;
  at += <usize>bytes;
  rest -= <u32>bytes;
  return vector;
}

/** All that is left of the input as elements of `size` bytes; their number, 0 when they are none, too many, or cut. */
export function restLength(size: u32): u32 {
  const count = rest / size;
  return rest % size == 0 && count <= MAX_LENGTH ? count : 0;
}

/** Whether the whole input was taken. */
export function isAtEnd(): bool {
  return rest == 0;
}

// @ts-ignore: decorator
@inline
export function loadInt(vector: usize, index: u32): i32 {
  return <i32>bswap<u32>(load<u32>(vector + (<usize>index << 2)));
}

// @ts-ignore: decorator
@inline
export function storeInt(vector: usize, index: u32, value: i32): void {
  store<u32>(vector + (<usize>index << 2), bswap<u32>(<u32>value));
}

// @ts-ignore: decorator
@inline
export function saturate(value: i64): i32 {
  return <i32>max<i64>(i32.MIN_VALUE, min<i64>(i32.MAX_VALUE, value));
}
