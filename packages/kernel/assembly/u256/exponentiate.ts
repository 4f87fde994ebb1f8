import { reserve } from "../memory/heap";
import { multiply } from "./multiply";
import { bitLength, setPowerOfTwo } from "./shift";
import { copy32, fits64, set64, zero32 } from "./word";

const BASE: usize = 0;
const POWER: usize = 32;
const EXPONENT: usize = 64;
const SCRATCH_SIZE: usize = 96;

let scratchPointer: usize = 0;

/** base ^ exponent mod 2^256 (0^0 = 1), by squaring. `result` may be an operand. */
export function exponentiate(result: usize, base: usize, exponent: usize): void {
  if (scratchPointer == 0) scratchPointer = reserve(SCRATCH_SIZE);
  const power = scratchPointer + POWER;
  const baseBits = bitLength(base);
  if (baseBits != 0 && isPowerOfTwo(base)) {
    powerOfPowerOfTwo(result, baseBits - 1, exponent);
    return;
  }
  copy32(scratchPointer + BASE, base);
  copy32(scratchPointer + EXPONENT, exponent);
  set64(power, 1);
  const bits = bitLength(exponent);
  for (let i: i32 = <i32>bits - 1; i >= 0; i--) {
    multiply(power, power, power);
    const limb = load<u64>(scratchPointer + EXPONENT + ((<usize>i >> 6) << 3));
    if ((limb >> (<u64>i & 63)) & 1) multiply(power, power, scratchPointer + BASE);
  }
  copy32(result, power);
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
