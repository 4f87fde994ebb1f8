import type { Engine } from "./engine.ts";

/** How near the integer engine is to real numbers, over all positions of the inputs. */
export interface Accuracy {
  readonly positions: number;
  /** Cosine between both vectors of logits. */
  readonly meanCosine: number;
  readonly leastCosine: number;
  /** Share of positions where both have the same most likely token. */
  readonly sameTop: number;
}

/**
 * Compares logits position by position.
 *
 * @param reference makes a new reference that starts at position 0
 */
export function measureAccuracy(
  engine: Engine,
  reference: () => (token: number) => Float64Array,
  sequences: readonly (readonly number[])[],
): Accuracy {
  const cosines: number[] = [];
  let same = 0;
  for (const tokens of sequences) {
    const expect = reference();
    tokens.forEach((token, position) => {
      const top = engine.forward(token, position);
      const expected = expect(token);
      cosines.push(cosine(engine.logits(), expected));
      if (top === expected.indexOf(expected.reduce((a, b) => Math.max(a, b)))) same++;
    });
  }
  return {
    positions: cosines.length,
    meanCosine: cosines.reduce((a, b) => a + b, 0) / cosines.length,
    leastCosine: cosines.reduce((a, b) => Math.min(a, b), 1),
    sameTop: same / cosines.length,
  };
}

function cosine(a: Int32Array, b: Float64Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < b.length; i++) {
    ab += a[i]! * b[i]!;
    aa += a[i]! * a[i]!;
    bb += b[i]! * b[i]!;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}
