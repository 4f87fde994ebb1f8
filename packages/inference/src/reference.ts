/** A matrix of numbers, read row by row. */
export interface FloatMatrix {
  readonly rows: number;
  readonly columns: number;
  row(index: number): ArrayLike<number>;
}

export interface FloatLayer {
  readonly norm1: ArrayLike<number>;
  readonly query: FloatMatrix;
  readonly key: FloatMatrix;
  readonly value: FloatMatrix;
  readonly output: FloatMatrix;
  readonly norm2: ArrayLike<number>;
  readonly gate: FloatMatrix;
  readonly up: FloatMatrix;
  readonly down: FloatMatrix;
}

/** The network that the integer engine approximates, in real numbers. */
export interface FloatDecoder {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly epsilon: number;
  /** What dot products of queries and keys are multiplied with. */
  readonly scoreScale: number;
  /** Angle by which pair `pair` of a head is rotated at `position`. */
  angle(position: number, pair: number): number;
  readonly embedding: FloatMatrix;
  readonly blocks: readonly FloatLayer[];
  readonly finalNorm: ArrayLike<number>;
  readonly head: FloatMatrix;
}

/**
 * The decoder in f64, independent of the engine: what accuracy is measured against.
 *
 * @returns a function that takes the token of the next position and returns its logits [vocab]
 */
export function createReference(decoder: FloatDecoder): (token: number) => Float64Array {
  const { heads, kvHeads, headDim, blocks } = decoder;
  const cache = blocks.map(() => ({ keys: [] as Float64Array[], values: [] as Float64Array[] }));
  let position = 0;

  const attend = (
    query: Float64Array,
    keys: readonly Float64Array[],
    values: readonly Float64Array[],
  ): Float64Array => {
    const out = new Float64Array(heads * headDim);
    for (let h = 0; h < heads; h++) {
      const [at, kv] = [h * headDim, Math.floor((h * kvHeads) / heads) * headDim];
      const scores = keys.map((key) => decoder.scoreScale * dotAt(query, at, key, kv, headDim));
      const best = scores.reduce((a, b) => Math.max(a, b));
      const weights = scores.map((score) => Math.exp(score - best));
      const total = weights.reduce((a, b) => a + b);
      values.forEach((value, t) => {
        for (let i = 0; i < headDim; i++) out[at + i]! += (weights[t]! / total) * value[kv + i]!;
      });
    }
    return out;
  };

  const rotate = (vector: Float64Array): Float64Array =>
    vector.map((x, i) => {
      const angle = decoder.angle(position, (i % headDim) >> 1);
      return i % 2 === 0
        ? x * Math.cos(angle) - vector[i + 1]! * Math.sin(angle)
        : vector[i - 1]! * Math.sin(angle) + x * Math.cos(angle);
    });

  return (token) => {
    let x: Float64Array = Float64Array.from(decoder.embedding.row(token));
    blocks.forEach((layer, l) => {
      const { keys, values } = cache[l]!;
      const h = normalise(x, layer.norm1, decoder.epsilon);
      const query = rotate(multiply(layer.query, h));
      keys.push(rotate(multiply(layer.key, h)));
      values.push(multiply(layer.value, h));
      x = add(x, multiply(layer.output, attend(query, keys, values)));
      const h2 = normalise(x, layer.norm2, decoder.epsilon);
      const up = multiply(layer.up, h2);
      const hidden = multiply(layer.gate, h2).map((g, i) => (g / (1 + Math.exp(-g))) * up[i]!);
      x = add(x, multiply(layer.down, hidden));
    });
    position++;
    return multiply(decoder.head, normalise(x, decoder.finalNorm, decoder.epsilon));
  };
}

function multiply(matrix: FloatMatrix, x: Float64Array): Float64Array {
  return Float64Array.from({ length: matrix.rows }, (_, r) => dotAt(matrix.row(r), 0, x, 0, matrix.columns));
}

function dotAt(a: ArrayLike<number>, aAt: number, b: ArrayLike<number>, bAt: number, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += a[aAt + i]! * b[bAt + i]!;
  return sum;
}

function add(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value + b[i]!);
}

function normalise(x: Float64Array, gain: ArrayLike<number>, epsilon: number): Float64Array {
  const scale = 1 / Math.sqrt(dotAt(x, 0, x, 0, x.length) / x.length + epsilon);
  return x.map((value, i) => value * scale * gain[i]!);
}
