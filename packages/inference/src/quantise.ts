/** Weights as the blob holds them: i8 with a u16 mantissa per 32 columns; element = weight · mantissa · 2^−exponent. */
export interface QuantisedMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly exponent: number;
  readonly mantissas: Uint16Array;
  readonly weights: Int8Array;
}

const BLOCK = 32;
const MAX_EXPONENT = 46;

/** Quantises f32 [rows, columns]; each block's largest magnitude becomes ±127. Integer-exact on every machine. */
export function quantiseMatrix(values: Float32Array, rows: number, columns: number): QuantisedMatrix {
  const scales = Array.from({ length: values.length / BLOCK }, (_, block) => largest(values, block) / 127);
  const exponent = exponentFor(Math.max(...scales));
  const mantissas = Uint16Array.from(scales, (scale) => Math.min(65535, Math.round(scale * 2 ** exponent)));
  const weights = Int8Array.from(values, (value, i) => {
    const scale = mantissas[Math.floor(i / BLOCK)]! / 2 ** exponent;
    return scale === 0 ? 0 : Math.max(-127, Math.min(127, Math.round(value / scale)));
  });
  return { rows, columns, exponent, mantissas, weights };
}

/** f32 gains of a norm as i32 Q16. */
export function quantiseNorm(values: Float32Array): Int32Array {
  return Int32Array.from(values, (value) => Math.round(value * 65536));
}

function largest(values: Float32Array, block: number): number {
  let most = 0;
  for (let i = block * BLOCK; i < (block + 1) * BLOCK; i++) most = Math.max(most, Math.abs(values[i]!));
  return most;
}

/** Largest exponent that keeps the largest mantissa within 16 bits. */
function exponentFor(scale: number): number {
  let exponent = 0;
  while (exponent < MAX_EXPONENT && scale * 2 ** (exponent + 1) < 65536) exponent++;
  return exponent;
}
