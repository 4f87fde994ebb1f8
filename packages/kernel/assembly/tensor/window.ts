/** One window of a convolution. */
import { dot } from "./dot";

/**
 * Σ input · filter over the window of `kh` × `kw` pixels whose upper left corner is at (`top`, `left`) of the input [h][w][c];
 * what lies outside counts as zero. At least one column of the window lies inside.
 */
export function windowSum(
  input: usize, inputSize: u32, h: u32, w: u32, c: u32,
  filter: usize, filterSize: u32, kh: u32, kw: u32,
  top: i32, left: i32,
): i64 {
  const first = max(0, -left), last = min<i32>(kw, <i32>w - left);
  const run = <u32>(last - first) * c;
  let sum: i64 = 0;
  for (let dy: u32 = 0; dy < kh; dy++) {
    const row = top + <i32>dy;
    if (row < 0 || row >= <i32>h) continue;
    const pixel = input + <usize>((<u32>row * w + <u32>(left + first)) * c) * inputSize;
    const weight = filter + <usize>((dy * kw + <u32>first) * c) * filterSize;
    sum += dot(pixel, inputSize, weight, filterSize, run);
  }
  return sum;
}
