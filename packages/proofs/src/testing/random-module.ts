import { I32, I64, type ValueType } from "../wasm/opcodes.ts";
import { RandomFunction } from "./random-function.ts";
import { RandomSource } from "./random-source.ts";
import { name, signed, unsigned, vector, wasmModule } from "./wasm-writer.ts";

export interface Signature {
  readonly parameters: readonly ValueType[];
  readonly result: ValueType;
}

/** Globals of every random module, by type. */
export const GLOBALS: readonly ValueType[] = [I32, I64, I32];
const INITIAL = [-5n, 0x1234567890n, 9n] as const;

/**
 * A valid module of integers from a seed. `main(i32, i64): i64` ends, as loops have counters and calls go downwards. A quarter of
 * the modules divides, loads and stores without care, and may trap.
 */
export function randomModule(seed: number): Uint8Array {
  const random = new RandomSource(seed);
  const risky = random.below(4) === 0;
  const signatures: Signature[] = Array.from({ length: 2 + random.below(4) }, () => ({
    parameters: Array.from({ length: random.below(random.below(4) === 0 ? 12 : 5) }, () => random.pick([I32, I64])),
    result: random.pick([I32, I64]),
  }));
  signatures.push({ parameters: [I32, I64], result: I64 });
  const main = signatures.length - 1;
  const bodies = signatures.map((_, index) => new RandomFunction(random, signatures, index, risky).body());
  const data = Array.from({ length: 256 }, () => random.below(256));
  return wasmModule({
    1: vector(signatures.map(({ parameters, result }) => [0x60, ...vector(parameters.map((p) => [p])), 1, result])),
    3: vector(signatures.map((_, index) => unsigned(index))),
    // One slot more than functions: an empty one.
    4: [1, 0x70, 0, ...unsigned(signatures.length + 1)],
    5: [1, 1, 1, 4],
    6: vector(GLOBALS.map((type, i) => [type, 1, type === I32 ? 0x41 : 0x42, ...signed(INITIAL[i]!), 0x0b])),
    7: vector([
      [...name("main"), 0, ...unsigned(main)],
      [...name("memory"), 2, 0],
    ]),
    9: [1, 0, 0x41, 0, 0x0b, ...vector(signatures.map((_, index) => unsigned(index)))],
    10: vector(bodies.map((body) => [...unsigned(body.length), ...body])),
    11: [1, 0, 0x41, ...signed(16n), 0x0b, ...unsigned(data.length), ...data],
  });
}
