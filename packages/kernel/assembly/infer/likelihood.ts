/** How likely given tokens are as the continuation of a prompt. */
import { bitLength } from "./fixed";
import { forward, logits, project } from "./decoder";
import { Model } from "./model";
import { exp2Negative } from "./tables";

/** log2(e) in Q30 and ln(2) in Q30. */
const LOG2E: i64 = 1549082005;
const LN2: i64 = 744261118;

/** Natural logarithm, Q16, of the probability of `token` by the logits (i32 Q16 [vocab]). */
export function logLikelihood(model: Model, token: u32): i64 {
  const all = logits();
  let largest = i64.MIN_VALUE;
  for (let i: u32 = 0; i < model.vocab; i++) largest = max(largest, <i64>load<i32>(all + (<usize>i << 2)));
  let total: u64 = 0;
  for (let i: u32 = 0; i < model.vocab; i++) {
    total += <u64>exp2Negative(((largest - <i64>load<i32>(all + (<usize>i << 2))) * LOG2E) >> 30);
  }
  const sum = (log2(total) - (30 << 16)) * LN2;
  return <i64>load<i32>(all + (<usize>token << 2)) - largest - (sum >> 30);
}

/** Logarithm of the `count` tokens at `list` behind `position` positions, the last of which was just run. */
export function sequenceLikelihood(model: Model, list: usize, count: u32, position: u32): i64 {
  let total: i64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (i > 0) forward(model, list + ((<usize>(i - 1)) << 2), 1, position + i - 1);
    project(model);
    total += logLikelihood(model, load<u32>(list + ((<usize>i) << 2)));
  }
  return total;
}

/** ⌊2¹⁶ · log2(x)⌋ for x ≥ 1, a fraction bit per squaring. */
function log2(x: u64): i64 {
  const whole = bitLength(x) - 1;
  let mantissa: u64 = whole >= 31 ? x >> (whole - 31) : x << (31 - whole);
  let result: i64 = whole;
  for (let i = 0; i < 16; i++) {
    mantissa = (mantissa * mantissa) >> 31;
    result <<= 1;
    if (mantissa >= <u64>1 << 32) {
      result |= 1;
      mantissa >>= 1;
    }
  }
  return result;
}
