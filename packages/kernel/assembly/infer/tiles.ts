/**
 * The order of weights that the SIMD kernels read: tiles of 8 rows, in place of the blob's row-major order. Rows beyond
 * the last whole tile stay as they are.
 *
 * 8 bits: i8 [columns / 2][8 rows][2 columns], u16 mantissas [columns / 32][8 rows].
 * 4 bits: for every 4 columns a vector of i16 whose lane j holds, in nibble n, row 4 · (n & 1) + (j >> 1), column
 * 2 · (n >> 1) + (j & 1); mantissas i16 [columns / 32][slopes of 8 rows, offsets of 8 rows].
 */
import { reserve } from "../memory/heap";
import { MAX_DIM, Tensor } from "./model";

export const TILE_ROWS: u32 = 8;

let scratch: usize = 0;

/** Reorders a matrix in place. */
export function tile(t: Tensor): void {
  if (scratch == 0) scratch = reserve(<usize>MAX_DIM * TILE_ROWS);
  for (let first: u32 = 0; first + TILE_ROWS <= t.rows; first += TILE_ROWS) {
    const weights = tileWeights(t, first);
    const bytes = (<usize>t.columns * t.bits) & ~7;
    memory.copy(scratch, weights, bytes);
    if (t.bits == 8) scatterBytes(weights, t.columns);
    else scatterNibbles(weights, t.columns);
    tileMantissas(t, first);
  }
}

/** Address of the tile whose first row is `first`. */
// @ts-ignore: decorator
@inline
export function tileWeights(t: Tensor, first: u32): usize {
  return t.weights + ((<usize>first * t.columns * t.bits) >> 3);
}
// @ts-ignore: decorator
@inline
export function tileMantissaBytes(t: Tensor): usize {
  return t.bits == 8 ? t.columns >> 1 : t.columns;
}

/** Element (row, column) as it stands in a tiled matrix: i8, or u4. */
export function tiledWeight(t: Tensor, row: u32, column: u32): i32 {
  const whole = row < (t.rows & ~(TILE_ROWS - 1));
  if (t.bits == 8) {
    if (!whole) return load<i8>(t.weights + <usize>row * t.columns + column);
    const at = ((<usize>column >> 1) << 4) + ((row & 7) << 1) + (column & 1);
    return load<i8>(tileWeights(t, row & ~7) + at);
  }
  if (!whole) return plainNibble(t.weights + ((<usize>row * t.columns) >> 1), column);
  const lane = ((row & 3) << 1) | (column & 1);
  const nibble = (((column >> 1) & 1) << 1) | ((row >> 2) & 1);
  const lanes = tileWeights(t, row & ~7) + ((<usize>column >> 2) << 4);
  return <i32>((load<u16>(lanes + (lane << 1)) >> (nibble << 2)) & 15);
}

/** u4 at `column` of a row of the blob: even columns in the low half of a byte. */
// @ts-ignore: decorator
@inline
export function plainNibble(row: usize, column: u32): i32 {
  return <i32>((load<u8>(row + (column >> 1)) >> ((column & 1) << 2)) & 15);
}

/** Address of mantissa `which` (4 bits: 0 slope, 1 offset) of a row's block, in either order. */
export function mantissaAt(t: Tensor, row: u32, block: u32, which: u32): usize {
  const blocks = t.columns >> 5;
  const each: u32 = t.bits == 8 ? 1 : 2;
  if (!SIMD || row >= (t.rows & ~(TILE_ROWS - 1))) {
    return t.mantissas + (<usize>((row * blocks + block) * each + which) << 1);
  }
  const first = (<usize>(row & ~7) * blocks * each) << 1;
  return t.mantissas + first + (<usize>((block * each + which) * TILE_ROWS + (row & 7)) << 1);
}

function scatterBytes(weights: usize, columns: u32): void {
  for (let r: usize = 0; r < TILE_ROWS; r++) {
    const row = scratch + r * columns;
    for (let c: usize = 0; c < <usize>columns; c += 2) store<u16>(weights + (c << 3) + (r << 1), load<u16>(row + c));
  }
}

function scatterNibbles(weights: usize, columns: u32): void {
  const rowBytes = <usize>columns >> 1;
  for (let c: u32 = 0; c < columns; c += 4) {
    for (let lane: u32 = 0; lane < 8; lane++) {
      let packed: u32 = 0;
      for (let n: u32 = 0; n < 4; n++) {
        const row: usize = 4 * (n & 1) + (lane >> 1);
        packed |= <u32>plainNibble(scratch + row * rowBytes, c + 2 * (n >> 1) + (lane & 1)) << (n << 2);
      }
      store<u16>(weights + (<usize>c << 2) + (lane << 1), <u16>packed);
    }
  }
}

/** u16 [8 rows][columns / 32][each] to [columns / 32][each][8 rows]. */
function tileMantissas(t: Tensor, first: u32): void {
  const each: usize = t.bits == 8 ? 1 : 2;
  const perRow = <usize>(t.columns >> 5) * each;
  const base = t.mantissas + ((<usize>first * perRow) << 1);
  memory.copy(scratch, base, (perRow * TILE_ROWS) << 1);
  for (let r: usize = 0; r < TILE_ROWS; r++) {
    for (let i: usize = 0; i < perRow; i++) {
      store<u16>(base + ((i * TILE_ROWS + r) << 1), load<u16>(scratch + ((r * perRow + i) << 1)));
    }
  }
}
