/**
 * Function tables, filled by integer arithmetic so that no libm takes part: exp2 holds round(2³⁰·2^(−i/256)) for
 * i = 0…256, sigmoid holds round(2³⁰ / (1 + e^(16 − i/128))) for i = 0…4096.
 */
import { reserve } from "../memory/heap";

const EXP2_ENTRIES: usize = 257;
const SIGMOID_ENTRIES: usize = 4097;
/** floor(2⁶⁴ · 2^(−1/256)) and floor(2⁶⁴ · e^(−1/128)). */
const EXP2_STEP: u64 = 0xff4ecb59511ec8a5;
const EXP_STEP: u64 = 0xfe01feab551127cb;

let exp2Table: usize = 0;
let sigmoidTable: usize = 0;

/** Once per instance, before the first inference. */
export function fillTables(): void {
  if (exp2Table != 0) return;
  exp2Table = reserve(EXP2_ENTRIES << 2);
  sigmoidTable = reserve(SIGMOID_ENTRIES << 2);
  store<i32>(exp2Table, 1 << 30);
  let power = u64.MAX_VALUE;
  for (let i: usize = 1; i < EXP2_ENTRIES; i++) {
    power = multiplyHigh(power, EXP2_STEP);
    store<i32>(exp2Table + (i << 2), roundToQ30(power));
  }
  const middle = SIGMOID_ENTRIES >> 1;
  store<i32>(sigmoidTable + (middle << 2), 1 << 29);
  power = u64.MAX_VALUE;
  for (let i: usize = 1; i <= middle; i++) {
    power = multiplyHigh(power, EXP_STEP);
    const s = inverseOfOnePlus(power);
    store<i32>(sigmoidTable + ((middle + i) << 2), s);
    store<i32>(sigmoidTable + ((middle - i) << 2), (1 << 30) - s);
  }
}

/** 2^(−d / 2¹⁶) in Q30 for d ≥ 0: table at the upper 8 fraction bits, linear in the lower 8. */
// @ts-ignore: decorator
@inline
export function exp2Negative(d: i64): i64 {
  if (d >= 31 << 16) return 0;
  const entry = exp2Table + ((<usize>(d & 0xffff) >> 8) << 2);
  const a = <i64>load<i32>(entry);
  const b = <i64>load<i32>(entry, 4);
  return (a - (((a - b) * (d & 255)) >> 8)) >> (d >> 16);
}

/** Sigmoid of the Q16 value x in Q30; 0 and 1 beyond ±16. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: i32): i64 {
  if (x >= 16 << 16) return 1 << 30;
  if (x <= -(16 << 16)) return 0;
  const z = <u32>(x + (16 << 16));
  const entry = sigmoidTable + (<usize>(z >> 9) << 2);
  const a = <i64>load<i32>(entry);
  const b = <i64>load<i32>(entry, 4);
  return a + (((b - a) * <i64>(z & 511)) >> 9);
}

/** Upper 64 bits of the product, rounded down. */
function multiplyHigh(a: u64, b: u64): u64 {
  const al = a & 0xffffffff, ah = a >> 32, bl = b & 0xffffffff, bh = b >> 32;
  const middle = ah * bl + ((al * bl) >> 32);
  return ah * bh + (middle >> 32) + ((al * bh + (middle & 0xffffffff)) >> 32);
}

/** Q64 fraction to Q30, half up. */
function roundToQ30(x: u64): i32 {
  return <i32>(((x >> 33) + 1) >> 1);
}

/** 1 / (1 + x) for the Q64 fraction x, as Q30 half up, by long division on 62 fraction bits. */
function inverseOfOnePlus(x: u64): i32 {
  const divisor = ((<u64>1) << 62) + (x >> 2);
  let rest: u64 = (<u64>1) << 62;
  let quotient: u64 = 0;
  for (let i = 0; i < 31; i++) {
    rest <<= 1;
    quotient <<= 1;
    if (rest >= divisor) {
      rest -= divisor;
      quotient |= 1;
    }
  }
  return <i32>((quotient + 1) >> 1);
}
