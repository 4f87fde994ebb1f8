import { reserve } from "../memory/heap";
import { multiply, square } from "./multiply";
import { bitLength, setPowerOfTwo } from "./shift";
import { copy32, fits64, set64, zero32 } from "./word";

/** Exponents are read four bits at a time. */
const WINDOW: u32 = 4;
const POWER: usize = 0;
const EXPONENT: usize = 32;
/** base^0 … base^15. */
const TABLE: usize = 64;
const SCRATCH_SIZE: usize = TABLE + (32 << WINDOW);

let scratchPointer: usize = 0;

/** base ^ exponent mod 2^256 (0^0 = 1). `result` may be an operand. */
export function exponentiate(result: usize, base: usize, exponent: usize): void {
  if (scratchPointer == 0) scratchPointer = reserve(SCRATCH_SIZE);
  const baseBits = bitLength(base);
  if (baseBits != 0 && isPowerOfTwo(base)) {
    powerOfPowerOfTwo(result, baseBits - 1, exponent);
    return;
  }
  copy32(scratchPointer + TABLE + 32, base);
  copy32(scratchPointer + EXPONENT, exponent);
  const bits = bitLength(exponent);
  if (bits <= 2 * WINDOW) powerByBits(bits);
  else powerByWindows(bits);
  copy32(result, scratchPointer + POWER);
}

// @ts-ignore: decorator
@inline
function exponentBits(at: u32, mask: u64): u64 {
  return (load<u64>(scratchPointer + EXPONENT + ((<usize>at >> 6) << 3)) >> (at & 63)) & mask;
}

function powerByBits(bits: u32): void {
  const power = scratchPointer + POWER;
  set64(power, 1);
  for (let at = <i32>bits - 1; at >= 0; at--) {
    square(power, power);
    if (exponentBits(at, 1) != 0) multiply(power, power, scratchPointer + TABLE + 32);
  }
}

function powerByWindows(bits: u32): void {
  const power = scratchPointer + POWER;
  const table = scratchPointer + TABLE;
  for (let i: usize = 2; i < 1 << WINDOW; i++) multiply(table + (i << 5), table + ((i - 1) << 5), table + 32);
  set64(power, 1);
  for (let at = <i32>((bits - 1) & ~(WINDOW - 1)); at >= 0; at -= WINDOW) {
    for (let i: u32 = 0; i < WINDOW; i++) square(power, power);
    const digit = <usize>exponentBits(at, (1 << WINDOW) - 1);
    if (digit != 0) multiply(power, power, table + (digit << 5));
  }
}

function isPowerOfTwo(word: usize): bool {
  return (
    popcnt<u64>(load<u64>(word)) +
      popcnt<u64>(load<u64>(word, 8)) +
      popcnt<u64>(load<u64>(word, 16)) +
      popcnt<u64>(load<u64>(word, 24)) ==
    1
  );
}

/** (2^log)^exponent. */
function powerOfPowerOfTwo(result: usize, log: u32, exponent: usize): void {
  const low = load<u64>(exponent);
  if (log == 0) set64(result, 1);
  else if (!fits64(exponent) || low > 255 || low * log > 255) zero32(result);
  else setPowerOfTwo(result, <u32>low * log);
}
