/** What a pass through a model works on, in the model's workspace: read and written by every thread of a team. */
import { Cache } from "./attention";
import { Vectors } from "./matmul";
import { Model, Tensor } from "./model";

/** Most positions in one pass: enough to read a weight from memory once for many uses, few enough to stay in cache. */
export const BATCH: u32 = 16;

/** Buffers with one row per position. */
@unmanaged
export class Pass {
  model: Model;
  /** The layer, the position of the first row, and the gain of the norm, for the work on rows that is next. */
  layer: u32;
  position: u32;
  gain: Tensor;
  /** i32 Q16 [dim]: the residual stream. */
  residual: usize;
  /** Input of the next matrices. */
  activation: Vectors;
  /** i64 Q24, `wideStride` bytes per row: values on their way to `activation`. */
  wide: usize;
  wideStride: usize;
  /** i32 Q16 [queryDim], [kvDim], [kvDim], [ffn], [ffn]. */
  query: usize;
  key: usize;
  value: usize;
  gate: usize;
  up: usize;
  cache: Cache;
}

/** Row `index` of a buffer of i32 [width]. */
// @ts-ignore: decorator
@inline
export function row(base: usize, width: u32, index: u32): usize {
  return base + (<usize>(width * index) << 2);
}

/** Row `index` of `wide`. */
// @ts-ignore: decorator
@inline
export function wideRow(pass: Pass, index: u32): usize {
  return pass.wide + <usize>index * pass.wideStride;
}
