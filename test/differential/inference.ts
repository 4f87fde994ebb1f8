import { createEngine, type Engine } from "@hyperion/inference";
import { randomModel } from "@hyperion/inference/testing";

const POSITIONS = 20;
const VOCAB = 40;

/**
 * Runs one random model, half of them with every number at the end of its range, in each way the engine can compute.
 *
 * @returns what differs from the scalar build, position by position; `undefined` when nothing does
 */
export async function inferenceDifference(seed: number, withThreads: boolean): Promise<string | undefined> {
  const blob = randomModel(shapeOf(seed));
  const tokens = Array.from({ length: POSITIONS }, (_, i) => Math.abs(seed * 31 + i * 17) % VOCAB);
  const scalar = createEngine(blob, "scalar");
  const simd = createEngine(blob);
  for (const [position, token] of tokens.entries()) {
    const next = scalar.forward(token, position);
    if (simd.forward(token, position) !== next || !sameLogits(simd, scalar)) return `SIMD at position ${position}`;
  }
  const batched = createEngine(blob);
  batched.read(tokens);
  if (!sameLogits(batched, scalar)) return "many positions at a time";
  batched.read(tokens.toReversed());
  batched.read(tokens);
  if (!sameLogits(batched, scalar)) return "a prompt after another";
  if (!withThreads) return undefined;
  const team = createEngine(blob);
  await team.useThreads(2);
  team.read(tokens);
  team.close();
  return sameLogits(team, scalar) ? undefined : "two threads";
}

function sameLogits(a: Engine, b: Engine): boolean {
  const expected = b.logits();
  return a.logits().every((logit, i) => logit === expected[i]);
}

function shapeOf(seed: number): Parameters<typeof randomModel>[0] {
  const pick = <T>(values: readonly T[], salt: number): T =>
    values[Math.abs(seed * 7 + salt * 13 + (seed >> 3)) % values.length]!;
  const headDim = pick([16, 32, 48, 64, 128], 1);
  const kvHeads = pick([1, 2], 2);
  const heads = kvHeads * pick([1, 2, 4], 3);
  return {
    ...{ seed, headDim, kvHeads, context: 32, layers: pick([1, 2, 3], 4), dim: pick([32, 64, 96], 5) },
    heads: (heads * headDim) % 32 === 0 ? heads : heads * 2,
    ffn: pick([32, 96, 160], 6),
    tied: seed % 3 === 0,
    wild: seed % 2 === 0,
    fourBits: pick([0, 0.5, 1], 7),
  };
}
