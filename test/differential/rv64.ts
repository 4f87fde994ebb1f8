import { inferenceDifference, moduleDifference, RandomSource, randomModule } from "@hyperion/proofs/testing";

const MODULES_PER_MODEL = 20;
const REPORT_EVERY = 1000;

/**
 * Compares `runs` random WebAssembly modules under V8 with their images in the emulator, and a twentieth as many random models
 * with SIMD and in the emulator.
 *
 * @returns the first difference if there is one, otherwise how the runs ended
 */
export function rv64Run(
  runs: number,
  seed: number,
  log: (line: string) => void,
): { readonly difference?: string; readonly counts: string } {
  const ended = { equal: 0, trapped: 0, skipped: 0 };
  let models = 0;
  const counts = (): string =>
    `${ended.equal} modules agree, ${ended.trapped} trap both times, ${ended.skipped} skipped (endless, or out of V8's stack); ` +
    `${models} models agree`;
  for (let run = 0; run < runs; run++) {
    const random = new RandomSource(seed + run);
    const verdict = moduleDifference(
      randomModule(seed + run),
      Number(BigInt.asIntN(32, random.integer())),
      random.integer(),
    );
    if (typeof verdict !== "string")
      return { difference: `module ${seed + run}: ${verdict.difference}`, counts: counts() };
    ended[verdict]++;
    if (run % MODULES_PER_MODEL === 0) {
      const difference = inferenceDifference(seed + run);
      if (difference !== undefined) return { difference: `model ${seed + run}: ${difference}`, counts: counts() };
      models++;
    }
    if (run % REPORT_EVERY === REPORT_EVERY - 1) log(counts());
  }
  return { counts: counts() };
}
