import { Bls12381, type Blst } from "./curves/bls12381.ts";
import { Bn254 } from "./curves/bn254.ts";
import { KzgPointEvaluation } from "./curves/kzg.ts";
import { P256 } from "./curves/p256.ts";
import { recoverPublicKey } from "./curves/secp256k1.ts";

/**
 * Runs the curve precompile `id` (the kernel's `ID_*`) on an input whose length the kernel has checked; `undefined` when the
 * precompile fails. Of ECRECOVER this is the public key: the kernel hashes it to the address. The answer does not depend on which libraries are installed.
 */
export type Curves = (id: number, input: Uint8Array) => Uint8Array | undefined;

export interface CurveOptions {
  /** Whether to use native libraries where they are installed; default true. */
  readonly native?: boolean;
}

/** Loads the curve libraries; takes about a fifth of a second. */
export async function createCurves(options: CurveOptions = {}): Promise<Curves> {
  const native = options.native ?? true;
  const blst = native ? await loadBlst() : undefined;
  const [bn254, bls, p256] = await Promise.all([Bn254.create(), Bls12381.create(blst), P256.create(native)]);
  const kzg = new KzgPointEvaluation(bls, native);
  const operations: Readonly<Record<number, (input: Uint8Array) => Uint8Array | undefined>> = {
    1: recoverPublicKey,
    6: (input) => bn254.add(input),
    7: (input) => bn254.multiply(input),
    8: (input) => bn254.pairing(input),
    10: (input) => kzg.evaluate(input),
    11: (input) => bls.addG1(input),
    12: (input) => bls.sumG1(input),
    13: (input) => bls.addG2(input),
    14: (input) => bls.sumG2(input),
    15: (input) => bls.pairing(input),
    16: (input) => bls.mapToG1(input),
    17: (input) => bls.mapToG2(input),
    18: (input) => p256.verify(input),
  };
  return (id, input) => operations[id]?.(input);
}

let loading: Promise<void> | undefined;
let curves: Curves | undefined;

/** Loads this process's curve libraries; further calls wait for the same load. */
export function initCurves(): Promise<void> {
  loading ??= createCurves().then((created) => {
    curves = created;
  });
  return loading;
}

/** The process's curves; `initCurves` must have resolved. */
export const curve: Curves = (id, input) => {
  if (curves === undefined) throw new Error("initCurves has not resolved");
  return curves(id, input);
};

async function loadBlst(): Promise<Blst | undefined> {
  try {
    return await import("@chainsafe/blst");
  } catch {
    return undefined;
  }
}
