/** Operations from vectors to few numbers, and softmax. */
import { OUT_OF_GAS } from "../evm/status";
import { shiftRight, squareRoot } from "../infer/fixed";
import { exp2Negative, fillTables } from "../infer/tables";
import {
  INVALID,
  MAX_DEPTH,
  isAtEnd,
  loadInt,
  output,
  pay,
  restLength,
  storeInt,
  succeed,
  takeByte,
  takeLength,
  takeVector,
} from "./call";
import { INT16, INT8, dot } from "./dot";

/** log2(e) in Q30. */
const LOG2E: i64 = 1549082005;
const MAX_TOP: u32 = 64;

/** x int32 Q16 [n] → probabilities, int32 Q16 [n], by the exponential of docs/spec/inference.md. */
export function softmax(): u32 {
  const n = restLength(4);
  if (n == 0) return INVALID;
  const x = takeVector(n, 4);
  if (!pay(5 * <u64>n)) return OUT_OF_GAS;
  fillTables();
  const largest = <i64>loadInt(x, largestOf(x, n));
  let total: i64 = 0;
  for (let i: u32 = 0; i < n; i++) total += weight(largest, loadInt(x, i));
  for (let i: u32 = 0; i < n; i++) storeInt(output(), i, <i32>((weight(largest, loadInt(x, i)) << 16) / total));
  return succeed(n << 2);
}

function weight(largest: i64, x: i32): i64 {
  return exp2Negative(shiftRight((largest - <i64>x) * LOG2E, 30));
}

function largestOf(x: usize, n: u32): u32 {
  let best: u32 = 0;
  let value = loadInt(x, 0);
  for (let i: u32 = 1; i < n; i++) {
    const next = loadInt(x, i);
    if (next <= value) continue;
    best = i;
    value = next;
  }
  return best;
}

/** x int32 [n] → index of the largest, the first among equals. */
export function argMax(): u32 {
  const n = restLength(4);
  if (n == 0) return INVALID;
  const x = takeVector(n, 4);
  if (!pay(n)) return OUT_OF_GAS;
  storeInt(output(), 0, largestOf(x, n));
  return succeed(4);
}

/** k ≤ 64, x int32 [n] → pairs of index and value, the largest first, lower indices first among equals. */
export function topK(): u32 {
  const k = takeByte(), n = restLength(4);
  if (k == 0 || k > MAX_TOP || n < k) return INVALID;
  const x = takeVector(n, 4);
  if (!pay(<u64>n * (4 + 2 * k))) return OUT_OF_GAS;
  let count: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const value = loadInt(x, i);
    if (count == k && value <= loadInt(output(), 2 * k - 1)) continue;
    let place = count < k ? count++ : k - 1;
    for (; place > 0 && loadInt(output(), 2 * place - 1) < value; place--) {
      store<u64>(output() + (<usize>place << 3), load<u64>(output() + (<usize>(place - 1) << 3)));
    }
    storeInt(output(), 2 * place, i);
    storeInt(output(), 2 * place + 1, value);
  }
  return succeed(k << 3);
}

let left: usize = 0;
let right: usize = 0;
let size: u32 = 0;

/** size, n, a [n], b [n]: two vectors; their length, 0 when they are not there. */
function takePair(): u32 {
  size = takeByte();
  const n = takeLength();
  if ((size != INT8 && size != INT16) || n == 0 || n > MAX_DEPTH) return 0;
  left = takeVector(n, size);
  right = takeVector(n, size);
  return left != 0 && right != 0 && isAtEnd() ? n : 0;
}

/** → int64. */
export function dotProduct(): u32 {
  const n = takePair();
  if (n == 0) return INVALID;
  if (!pay(n / 4 + 50)) return OUT_OF_GAS;
  store<u64>(output(), bswap<u64>(<u64>dot(left, size, right, size, n)));
  return succeed(8);
}

/** → cosine, int32 Q16; 0 when a vector is zero. */
export function cosine(): u32 {
  const n = takePair();
  if (n == 0) return INVALID;
  if (!pay(3 * <u64>n / 4 + 100)) return OUT_OF_GAS;
  const product = dot(left, size, right, size, n);
  const a = <u64>dot(left, size, left, size, n), b = <u64>dot(right, size, right, size, n);
  storeInt(output(), 0, a == 0 || b == 0 ? 0 : quotient(product, a, b));
  return succeed(4);
}

/** product / √(a · b) in Q16: both squares are shifted to 61 or 62 bits, so that their roots have 31. */
function quotient(product: i64, a: u64, b: u64): i32 {
  const shiftA = <u32>((clz(a) - 2) & ~1), shiftB = <u32>((clz(b) - 2) & ~1);
  const roots = squareRoot(a << shiftA) * squareRoot(b << shiftB);
  return <i32>((product << <i64>((shiftA + shiftB) >> 1)) / <i64>(roots >> 16));
}
