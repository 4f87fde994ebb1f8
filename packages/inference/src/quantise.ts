/** A matrix as the blob holds it: elements are integers times 2^−exponent (docs/spec/model.md, "Sections"). */
export type QuantisedMatrix = EightBitMatrix | FourBitMatrix;

interface Quantised {
  readonly rows: number;
  readonly columns: number;
  readonly exponent: number;
}

/** element = weight · mantissa · 2^−exponent, a mantissa per 32 columns. */
export interface EightBitMatrix extends Quantised {
  readonly bits: 8;
  readonly mantissas: Uint16Array;
  readonly weights: Int8Array;
}

/** element = (weight · slope + offset) · 2^−exponent, with (slope, offset) per 32 columns; even columns in low nibbles. */
export interface FourBitMatrix extends Quantised {
  readonly bits: 4;
  readonly mantissas: Int16Array;
  readonly weights: Uint8Array;
}

/** Consecutive rows of a matrix, read as often as needed: large ones do not fit into memory as floats. */
export interface MatrixSource {
  readonly rows: number;
  readonly columns: number;
  /** f32 [count][columns]. */
  read(first: number, count: number): Float32Array;
}

const BLOCK = 32;
const MAX_EXPONENT = 46;
/** Elements that are held as floats at a time. */
const CHUNK = 1 << 20;

/** Quantises f32 [rows, columns]; each block's largest magnitude becomes ±127. Integer-exact on every machine. */
export function quantiseMatrix(values: Float32Array, rows: number, columns: number): EightBitMatrix {
  return quantiseToEight({ rows, columns, read: (first, count) => cut(values, first, count, columns) });
}

/** As `quantiseMatrix`, from a source. */
export function quantiseToEight(source: MatrixSource): EightBitMatrix {
  const { rows, columns } = source;
  const scales = new Float64Array((rows * columns) / BLOCK);
  for (const { values, first } of chunks(source)) {
    for (let block = 0; block * BLOCK < values.length; block++) {
      scales[first / BLOCK + block] = largest(values, block) / 127;
    }
  }
  const { exponent, mantissas } = packScales(scales);
  const weights = new Int8Array(rows * columns);
  for (const { values, first } of chunks(source)) {
    values.forEach((value, i) => {
      const scale = mantissas[Math.floor((first + i) / BLOCK)]! / 2 ** exponent;
      weights[first + i] = scale === 0 ? 0 : Math.max(-127, Math.min(127, Math.round(value / scale)));
    });
  }
  return { bits: 8, rows, columns, exponent, mantissas, weights };
}

/** Quantises to 16 steps between the smallest and largest element of each block. */
export function quantiseToFour(source: MatrixSource): FourBitMatrix {
  const { rows, columns } = source;
  const slopes = new Float64Array((rows * columns) / BLOCK);
  const offsets = new Float64Array(slopes.length);
  for (const { values, first } of chunks(source)) {
    for (let block = 0; block * BLOCK < values.length; block++) {
      const part = values.subarray(block * BLOCK, (block + 1) * BLOCK);
      const low = Math.min(...part);
      slopes[first / BLOCK + block] = (Math.max(...part) - low) / 15;
      offsets[first / BLOCK + block] = low;
    }
  }
  const { exponent, mantissas } = packAffine(slopes, offsets);
  const weights = new Uint8Array((rows * columns) / 2);
  for (const { values, first } of chunks(source)) {
    values.forEach((value, i) => {
      const block = Math.floor((first + i) / BLOCK);
      const slope = mantissas[2 * block]!;
      const steps = slope === 0 ? 0 : Math.round((value * 2 ** exponent - mantissas[2 * block + 1]!) / slope);
      weights[(first + i) >> 1]! |= Math.max(0, Math.min(15, steps)) << (4 * (i & 1));
    });
  }
  return { bits: 4, rows, columns, exponent, mantissas, weights };
}

/** Slopes and offsets as i16 with one exponent, interleaved. */
export function packAffine(
  slopes: Float64Array,
  offsets: Float64Array,
): { readonly exponent: number; readonly mantissas: Int16Array } {
  const exponent = exponentFor(Math.max(maximum(slopes), maximum(offsets)), 32768);
  const mantissas = new Int16Array(2 * slopes.length);
  const round = (x: number): number => Math.max(-32767, Math.min(32767, Math.round(x * 2 ** exponent)));
  for (let i = 0; i < slopes.length; i++) {
    mantissas[2 * i] = round(slopes[i]!);
    mantissas[2 * i + 1] = round(offsets[i]!);
  }
  return { exponent, mantissas };
}

/** Scales as u16 with one exponent. */
export function packScales(scales: Float64Array): { readonly exponent: number; readonly mantissas: Uint16Array } {
  const exponent = exponentFor(maximum(scales), 65536);
  return { exponent, mantissas: Uint16Array.from(scales, (s) => Math.min(65535, Math.round(s * 2 ** exponent))) };
}

/** f32 gains of a norm as i32 Q16. */
export function quantiseNorm(values: Float32Array): Int32Array {
  return Int32Array.from(values, (value) => Math.round(value * 65536));
}

/** Element (row, column) as a number. */
export function elementOf(matrix: QuantisedMatrix, row: number, column: number): number {
  const at = row * matrix.columns + column;
  const block = at >> 5;
  if (matrix.bits === 8) return (matrix.weights[at]! * matrix.mantissas[block]!) / 2 ** matrix.exponent;
  const weight = (matrix.weights[at >> 1]! >> (4 * (at & 1))) & 15;
  return (weight * matrix.mantissas[2 * block]! + matrix.mantissas[2 * block + 1]!) / 2 ** matrix.exponent;
}

function cut(values: Float32Array, first: number, count: number, columns: number): Float32Array {
  return values.subarray(first * columns, (first + count) * columns);
}

function* chunks(source: MatrixSource): Generator<{ readonly values: Float32Array; readonly first: number }> {
  const { rows, columns } = source;
  const step = Math.max(1, Math.floor(CHUNK / columns));
  for (let row = 0; row < rows; row += step) {
    yield { values: source.read(row, Math.min(step, rows - row)), first: row * columns };
  }
}

function maximum(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function largest(values: Float32Array, block: number): number {
  let most = 0;
  for (let i = block * BLOCK; i < (block + 1) * BLOCK; i++) most = Math.max(most, Math.abs(values[i]!));
  return most;
}

/** Largest exponent that keeps the largest magnitude below `limit`. */
function exponentFor(scale: number, limit: number): number {
  let exponent = 0;
  while (exponent < MAX_EXPONENT && scale * 2 ** (exponent + 1) < limit) exponent++;
  return exponent;
}
