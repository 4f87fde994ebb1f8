/** Choosing a token from logits: the most likely one, or drawn with a seed (docs/spec/inference.md, "Sampling"). */
import { keccak256 } from "../crypto/keccak";
import { reserve } from "../memory/heap";
import { shiftRight } from "./fixed";
import { FORBIDDEN } from "./grammar";
import { exp2Negative } from "./tables";

export const MAX_TOP: u32 = 64;
export const MAX_TEMPERATURE: u32 = 100_000;
/** No token is allowed. */
export const NO_TOKEN: u32 = 0xffffffff;
/** log2(e) in Q30. */
const LOG2E: i64 = 1549082005;

let heap: usize = 0;
let heapCount: u32 = 0;
let draw: usize = 0;

/** The largest of i32 [vocab], the lowest id among equals; NO_TOKEN when all are forbidden. */
export function mostLikely(logits: usize, vocab: u32): u32 {
  let best = NO_TOKEN;
  let bestLogit = FORBIDDEN;
  for (let i: u32 = 0; i < vocab; i++) {
    const logit = load<i32>(logits + (<usize>i << 2));
    if (logit > bestLogit) {
      best = i;
      bestLogit = logit;
    }
  }
  return best;
}

/**
 * Draws token `index` of an answer with probabilities 2^(log2(e) · (logit − largest) / temperature) among the `top` most
 * likely (0: all); `temperature` in thousandths, `seed` 32 bytes.
 */
export function sample(logits: usize, vocab: u32, temperature: u32, top: u32, seed: usize, index: u32): u32 {
  const best = mostLikely(logits, vocab);
  if (best == NO_TOKEN) return NO_TOKEN;
  const largest = <i64>load<i32>(logits + (<usize>best << 2));
  const least = top == 0 ? 0 : leastKey(logits, vocab, top);
  let total: u64 = 0;
  for (let i: u32 = 0; i < vocab; i++) total += weight(logits, i, largest, least, temperature);
  let rest = multiplyHigh(random(seed, index), total);
  for (let i: u32 = 0; i < vocab; i++) {
    const w = weight(logits, i, largest, least, temperature);
    if (rest < w) return i;
    rest -= w;
  }
  return best;
}

/** Orders tokens by logit, then by lower id. */
// @ts-ignore: decorator
@inline
function keyOf(logits: usize, i: u32): u64 {
  return ((<u64>(<u32>load<i32>(logits + (<usize>i << 2)) ^ 0x80000000)) << 32) | ~i;
}

/** Q30; 0 for tokens that are forbidden or below the key. */
function weight(logits: usize, i: u32, largest: i64, least: u64, temperature: u32): u64 {
  const logit = load<i32>(logits + (<usize>i << 2));
  if (logit == FORBIDDEN || keyOf(logits, i) < least) return 0;
  const distance = shiftRight((largest - <i64>logit) * LOG2E, 30);
  return <u64>exp2Negative((distance * 1000) / <i64>temperature);
}

/** The `top`-th largest key, with a heap of the largest ones so far, the smallest on top. */
function leastKey(logits: usize, vocab: u32, top: u32): u64 {
  if (heap == 0) heap = reserve(<usize>MAX_TOP << 3);
  if (top >= vocab) return 0;
  heapCount = top;
  memory.fill(heap, 0, <usize>top << 3);
  for (let i: u32 = 0; i < vocab; i++) {
    const key = keyOf(logits, i);
    if (key > load<u64>(heap)) replaceTop(key);
  }
  return load<u64>(heap);
}

function replaceTop(key: u64): void {
  let at: u32 = 0;
  while (true) {
    let child: u32 = 2 * at + 1;
    if (child >= heapCount) break;
    const left = load<u64>(heap + (<usize>child << 3));
    if (child + 1 < heapCount && load<u64>(heap + (<usize>(child + 1) << 3)) < left) child++;
    const below = load<u64>(heap + (<usize>child << 3));
    if (below >= key) break;
    store<u64>(heap + (<usize>at << 3), below);
    at = child;
  }
  store<u64>(heap + (<usize>at << 3), key);
}

/** First 8 bytes, big-endian, of keccak256(seed ‖ index as 32 bytes). */
function random(seed: usize, index: u32): u64 {
  if (draw == 0) draw = reserve(96);
  memory.copy(draw, seed, 32);
  memory.fill(draw + 32, 0, 32);
  store<u32>(draw, bswap<u32>(index), 60);
  keccak256(draw, 64, draw + 64);
  return bswap<u64>(load<u64>(draw, 64));
}

/** Upper 64 bits of the product. */
function multiplyHigh(a: u64, b: u64): u64 {
  const al = a & 0xffffffff, ah = a >> 32, bl = b & 0xffffffff, bh = b >> 32;
  const middle = ah * bl + ((al * bl) >> 32);
  return ah * bh + (middle >> 32) + ((al * bh + (middle & 0xffffffff)) >> 32);
}
