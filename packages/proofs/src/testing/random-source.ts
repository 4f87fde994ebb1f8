/** Numbers that programs treat in a way of their own. */
const EDGES: readonly bigint[] = [
  ...[0n, 1n, -1n, 2n, 31n, 32n, 33n, 63n, 64n, 2047n, 2048n, -2048n, -2049n, 0xffffn, 0x8000n, -0x8000n],
  ...[0x7fffffffn, 0x7ffff800n, -0x80000000n, 0xffffffffn, 0x100000000n, 0x7fffffffffffffffn, -0x8000000000000000n],
];

/** Numbers from a seed (mulberry32). */
export class RandomSource {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let x = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return (x ^ (x >>> 14)) >>> 0;
  }

  below(limit: number): number {
    return this.#next() % limit;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  /** A signed number of up to 64 bits, often one at an edge. */
  integer(): bigint {
    if (this.below(2) === 0) return this.pick(EDGES);
    return BigInt.asIntN(64, (BigInt(this.#next()) << 32n) | BigInt(this.#next())) >> BigInt(this.below(60));
  }
}
