import { createEngine, type Engine } from "@hyperion/inference";
import { randomModel } from "@hyperion/inference/testing";

/** Fewer than a batch, more than one, and more than attention sums up without widening; see infer/attention.ts. */
const POSITIONS = [7, 18, 45] as const;
const CONTEXT = 48;
const VOCAB = 40;
/** A case is to be cheap: there should be many. */
const WIDEST = 256;

/**
 * Runs one random model, half of them with every number at the end of its range, in each way the engine can compute.
 *
 * @returns what differs from the scalar build, position by position; `undefined` when nothing does
 */
export async function inferenceDifference(seed: number, withThreads: boolean): Promise<string | undefined> {
  const blob = randomModel(shapeOf(seed));
  const positions = POSITIONS[Math.abs(seed >> 1) % POSITIONS.length]!;
  const tokens = Array.from({ length: positions }, (_, i) => Math.abs(seed * 31 + i * 17) % VOCAB);
  const scalar = createEngine(blob, "scalar");
  const simd = createEngine(blob);
  for (const [position, token] of tokens.entries()) {
    const next = scalar.forward(token, position);
    if (simd.forward(token, position) !== next || !sameLogits(simd, scalar)) return `SIMD at position ${position}`;
  }
  // Another prompt takes the place of the first one's keys and values, so that it is computed anew, many positions at a time.
  simd.read(tokens.toReversed());
  simd.read(tokens);
  if (!sameLogits(simd, scalar)) return "many positions at a time";
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
  const group = pick([1, 2, 4], 3);
  const heads = kvHeads * (group * kvHeads * headDim > WIDEST ? 1 : group);
  return {
    ...{ seed, headDim, kvHeads, context: CONTEXT, layers: pick([1, 2, 3], 4), dim: pick([32, 64, 96], 5) },
    heads: (heads * headDim) % 32 === 0 ? heads : heads * 2,
    ffn: pick([32, 96, 160], 6),
    tied: seed % 3 === 0,
    wild: seed % 2 === 0,
    fourBits: pick([0, 0.5, 1], 7),
  };
}
