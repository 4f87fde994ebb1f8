/** Matrix multiplication, convolution and pooling. */
import { OUT_OF_GAS } from "../evm/status";
import {
  INVALID,
  MAX_DEPTH,
  MAX_MACS,
  MAX_OUTPUT,
  isAtEnd,
  output,
  pay,
  saturate,
  storeInt,
  succeed,
  takeByte,
  takeLength,
  takeVector,
  takeWord,
} from "./call";
import { INT16, INT8, dot, element } from "./dot";
import { windowSum } from "./window";

/** Multiply-accumulates for one gas; a run of neighbours costs as much as some besides. */
export const MACS_PER_GAS: u64 = 8;
export const RUN_MACS: u64 = 32;
/** Gas for one result of a convolution, which finds its window. */
export const WINDOW_GAS: u64 = 8;

// @ts-ignore: decorator
@inline
function isSize(size: u32): bool {
  return size == INT8 || size == INT16;
}

/** 0 when `runs` dot products of `depth`, and `gas` besides, are paid for, else what the call comes to. */
function admit(runs: u64, depth: u64, gas: u64): u32 {
  const macs = runs * (depth + RUN_MACS);
  if (macs > MAX_MACS) return INVALID;
  return pay((macs + MACS_PER_GAS - 1) / MACS_PER_GAS + gas) ? 0 : OUT_OF_GAS;
}

/** sizes, m, k, n, A [m][k], B [n][k] → int32 [m][n]: rows of A times rows of B. */
export function multiplyMatrices(): u32 {
  const sizeA = takeByte(), sizeB = takeByte();
  const m = takeLength(), k = takeLength(), n = takeLength();
  if (!isSize(sizeA) || !isSize(sizeB) || m == 0 || k == 0 || n == 0 || k > MAX_DEPTH) return INVALID;
  if (<u64>m * n * 4 > MAX_OUTPUT || <u64>m * k > u32.MAX_VALUE || <u64>n * k > u32.MAX_VALUE) return INVALID;
  const a = takeVector(m * k, sizeA), b = takeVector(n * k, sizeB);
  if (a == 0 || b == 0 || !isAtEnd()) return INVALID;
  const status = admit(<u64>m * n, k, <u64>m * n);
  if (status != 0) return status;
  for (let i: u32 = 0; i < m; i++) {
    const row = a + <usize>i * k * sizeA;
    for (let j: u32 = 0; j < n; j++) {
      storeInt(output(), i * n + j, saturate(dot(row, sizeA, b + <usize>j * k * sizeB, sizeB, k)));
    }
  }
  return succeed((m * n) << 2);
}

/**
 * sizes, h, w, c, filters, kh, kw, stride, padding, input [h][w][c], filters [f][kh][kw][c] → int32 [oh][ow][f]; zeros
 * stand around the input.
 */
export function convolve(): u32 {
  const sizeA = takeByte(), sizeB = takeByte();
  const h = takeLength(), w = takeLength(), c = takeLength(), f = takeLength(), kh = takeLength(), kw = takeLength();
  const stride = takeLength(), padding = takeWord();
  if (!isSize(sizeA) || !isSize(sizeB) || h == 0 || w == 0 || c == 0 || f == 0 || kh == 0 || kw == 0) return INVALID;
  if (stride == 0 || padding >= min(kh, kw) || kh > h + 2 * padding || kw > w + 2 * padding) return INVALID;
  const depth = <u64>kh * kw * c, inputs = <u64>h * w * c;
  if (depth > MAX_DEPTH || inputs > MAX_OUTPUT || <u64>f * depth > MAX_OUTPUT) return INVALID;
  const oh = (h + 2 * padding - kh) / stride + 1, ow = (w + 2 * padding - kw) / stride + 1;
  const outputs = <u64>oh * ow * f;
  if (outputs * 4 > MAX_OUTPUT) return INVALID;
  const input = takeVector(<u32>inputs, sizeA), filters = takeVector(<u32>(f * depth), sizeB);
  if (input == 0 || filters == 0 || !isAtEnd()) return INVALID;
  const status = admit(outputs * kh, <u64>kw * c, outputs * WINDOW_GAS);
  if (status != 0) return status;
  for (let y: u32 = 0; y < oh; y++) {
    for (let x: u32 = 0; x < ow; x++) {
      const top = <i32>(y * stride) - <i32>padding, left = <i32>(x * stride) - <i32>padding;
      for (let j: u32 = 0; j < f; j++) {
        const filter = filters + <usize>j * <usize>depth * sizeB;
        const sum = windowSum(input, sizeA, h, w, c, filter, sizeB, kh, kw, top, left);
        storeInt(output(), (y * ow + x) * f + j, saturate(sum));
      }
    }
  }
  return succeed(<u32>outputs << 2);
}

/** size, h, w, c, window, stride, input [h][w][c] → the largest element per window and channel, of the same size. */
export function poolLargest(): u32 {
  const size = takeByte();
  const h = takeLength(), w = takeLength(), c = takeLength(), window = takeLength(), stride = takeLength();
  if (!isSize(size) || h == 0 || w == 0 || c == 0 || window == 0 || stride == 0) return INVALID;
  if (window > h || window > w || <u64>h * w * c > MAX_OUTPUT) return INVALID;
  const input = takeVector(h * w * c, size);
  if (input == 0 || !isAtEnd()) return INVALID;
  const oh = (h - window) / stride + 1, ow = (w - window) / stride + 1;
  const work = <u64>oh * ow * c * window * window;
  if (<u64>oh * ow * c * size > MAX_OUTPUT || work > MAX_MACS) return INVALID;
  if (!pay(work + <u64>oh * ow * c)) return OUT_OF_GAS;
  for (let y: u32 = 0; y < oh; y++) {
    for (let x: u32 = 0; x < ow; x++) {
      for (let j: u32 = 0; j < c; j++) {
        let largest: i32 = i32.MIN_VALUE;
        for (let dy: u32 = 0; dy < window; dy++) {
          const row = (y * stride + dy) * w + x * stride;
          for (let dx: u32 = 0; dx < window; dx++) largest = max(largest, element(input, size, (row + dx) * c + j));
        }
        const place = (y * ow + x) * c + j;
        if (size == INT8) store<i8>(output() + place, <i8>largest);
        else store<u16>(output() + (<usize>place << 1), bswap<u16>(<u16>largest));
      }
    }
  }
  return succeed(oh * ow * c * size);
}
