/** Operations on elements. A second operand that is shorter repeats, so that a bias may have one element per channel. */
import { OUT_OF_GAS } from "../evm/status";
import {
  INVALID,
  isAtEnd,
  loadInt,
  output,
  pay,
  restLength,
  saturate,
  storeInt,
  succeed,
  takeByte,
  takeLength,
  takeVector,
  takeWord,
} from "./call";
import { INT16, INT8, element } from "./dot";

/** ⌊x · 2^−shift + ½⌋ for shift 0 … 62 and |x| < 2⁶². */
// @ts-ignore: decorator
@inline
function round(x: i64, shift: u32): i64 {
  return shift == 0 ? x : (x + (<i64>1 << (shift - 1))) >> shift;
}

/** n, count, a int32 [n], b int32 [count] → sat(a + b). */
export function add(): u32 {
  const n = takeLength(), count = takeLength();
  if (n == 0 || count == 0 || n % count != 0) return INVALID;
  const a = takeVector(n, 4), b = takeVector(count, 4);
  if (a == 0 || b == 0 || !isAtEnd()) return INVALID;
  if (!pay(3 * <u64>n)) return OUT_OF_GAS;
  for (let i: u32 = 0, j: u32 = 0; i < n; i++, j = j + 1 == count ? 0 : j + 1) {
    storeInt(output(), i, saturate(<i64>loadInt(a, i) + <i64>loadInt(b, j)));
  }
  return succeed(n << 2);
}

/** shift, n, count, a int32 [n], b int32 [count] → sat(a · b · 2^−shift, rounded). */
export function multiply(): u32 {
  const shift = takeByte(), n = takeLength(), count = takeLength();
  if (shift > 62 || n == 0 || count == 0 || n % count != 0) return INVALID;
  const a = takeVector(n, 4), b = takeVector(count, 4);
  if (a == 0 || b == 0 || !isAtEnd()) return INVALID;
  if (!pay(3 * <u64>n)) return OUT_OF_GAS;
  for (let i: u32 = 0, j: u32 = 0; i < n; i++, j = j + 1 == count ? 0 : j + 1) {
    // Only both at their minimum give 2^62, and the half added to it still fits.
    storeInt(output(), i, saturate(round(<i64>loadInt(a, i) * <i64>loadInt(b, j), shift)));
  }
  return succeed(n << 2);
}

/** size, low, high, shift, n, count, x int32 [n], multipliers int32 [count] → int8 or int16 within low … high. */
export function requantise(): u32 {
  const size = takeByte();
  const low = <i32>takeWord(), high = <i32>takeWord();
  const shift = takeByte(), n = takeLength(), count = takeLength();
  const least = size == INT8 ? -128 : -32768, most = size == INT8 ? 127 : 32767;
  if ((size != INT8 && size != INT16) || low > high || low < least || high > most) return INVALID;
  if (shift > 62 || n == 0 || count == 0 || n % count != 0) return INVALID;
  const x = takeVector(n, 4), multipliers = takeVector(count, 4);
  if (x == 0 || multipliers == 0 || !isAtEnd()) return INVALID;
  if (!pay(3 * <u64>n)) return OUT_OF_GAS;
  for (let i: u32 = 0, j: u32 = 0; i < n; i++, j = j + 1 == count ? 0 : j + 1) {
    const scaled = round(<i64>loadInt(x, i) * <i64>loadInt(multipliers, j), shift);
    const value = <i32>max<i64>(low, min<i64>(high, scaled));
    if (size == INT8) store<i8>(output() + i, <i8>value);
    else store<u16>(output() + (<usize>i << 1), bswap<u16>(<u16>value));
  }
  return succeed(n * size);
}

/** size, n, x int8 [n], table [256] of `size` bytes → table[x + 128]. */
export function lookUp(): u32 {
  const size = takeByte(), n = takeLength();
  if ((size != INT8 && size != INT16) || n == 0) return INVALID;
  const x = takeVector(n, 1), table = takeVector(256, size);
  if (x == 0 || table == 0 || !isAtEnd()) return INVALID;
  if (!pay(2 * <u64>n)) return OUT_OF_GAS;
  for (let i: u32 = 0; i < n; i++) {
    const entry = <usize>(<i32>load<i8>(x + i) + 128);
    if (size == INT8) store<u8>(output() + i, load<u8>(table + entry));
    else store<u16>(output() + (<usize>i << 1), load<u16>(table + (entry << 1)));
  }
  return succeed(n * size);
}

/** low, high, x int32 [n] → int32 within low … high. */
export function clamp(): u32 {
  const low = <i32>takeWord(), high = <i32>takeWord(), n = restLength(4);
  if (n == 0 || low > high) return INVALID;
  const x = takeVector(n, 4);
  if (!pay(2 * <u64>n)) return OUT_OF_GAS;
  for (let i: u32 = 0; i < n; i++) storeInt(output(), i, max(low, min(high, loadInt(x, i))));
  return succeed(n << 2);
}

/** size, x int8 or int16 [n] → int32. */
export function widen(): u32 {
  const size = takeByte();
  const n = size == INT8 || size == INT16 ? restLength(size) : 0;
  if (n == 0) return INVALID;
  const x = takeVector(n, size);
  if (!pay(2 * <u64>n)) return OUT_OF_GAS;
  for (let i: u32 = 0; i < n; i++) storeInt(output(), i, element(x, size, i));
  return succeed(n << 2);
}
