import { createEngine } from "@hyperion/inference";
import { randomModel } from "@hyperion/inference/testing";
import { createGuestEngine } from "./guest-engine.ts";
import { RandomSource } from "./random-source.ts";

const VOCAB = 40;
const CONTEXT = 32;
/** Of the prompts for which the whole precompile is compared. */
const LONGEST_PROMPT = 40;

/**
 * Runs one random model, half of them with every number at the end of its range, with SIMD and in the emulator: tokens and logits
 * of positions, then a call of the precompile with output, gas and the evidence of every layer.
 *
 * @returns what differs; `undefined` when nothing does
 */
export function inferenceDifference(seed: number): string | undefined {
  const random = new RandomSource(seed);
  const blob = randomModel(shapeOf(random, seed));
  const [simd, guest] = [createEngine(blob), createGuestEngine(blob)];
  if (!Buffer.from(simd.id).equals(guest.id)) return "the model's root";
  const tokens = Array.from({ length: 1 + random.below(20) }, () => random.below(VOCAB));
  if (simd.read(tokens) !== guest.read(tokens)) return "the next token";
  if (!sameNumbers(simd.logits(), guest.logits())) return "logits";
  const prompt = Uint8Array.from({ length: 1 + random.below(LONGEST_PROMPT) }, () => 0x61 + random.below(26));
  const gas = BigInt(random.below(4) === 0 ? random.below(1 << 22) : 1 << 30);
  return evidenceDifference(simd.examine(prompt, gas), guest.examine(prompt, gas));
}

interface Examined {
  readonly status: number;
  readonly output: Uint8Array;
  readonly gasLeft: bigint;
  readonly layers: readonly Uint8Array[];
}

/** What two runs of one call do not have in common. */
export function evidenceDifference(expected: Examined, actual: Examined): string | undefined {
  if (expected.status !== actual.status) return `status ${actual.status} in place of ${expected.status}`;
  if (!Buffer.from(expected.output).equals(actual.output)) return "output";
  if (expected.gasLeft !== actual.gasLeft) return `gas left ${actual.gasLeft} in place of ${expected.gasLeft}`;
  if (expected.layers.length !== actual.layers.length) return "layers that ran";
  const layer = expected.layers.findIndex((chain, i) => !Buffer.from(chain).equals(actual.layers[i]!));
  return layer < 0 ? undefined : `layer ${layer}`;
}

function sameNumbers(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function shapeOf(random: RandomSource, seed: number): Parameters<typeof randomModel>[0] {
  const headDim = random.pick([16, 32, 48, 64]);
  const kvHeads = random.pick([1, 2]);
  const heads = kvHeads * random.pick([1, 2]);
  return {
    ...{ seed, headDim, kvHeads, context: CONTEXT, layers: 1 + random.below(3), dim: random.pick([32, 64, 96]) },
    heads: (heads * headDim) % 32 === 0 ? heads : heads * 2,
    ffn: random.pick([32, 96]),
    tied: random.below(2) === 0,
    wild: seed % 2 === 0,
    fourBits: random.pick([0, 0.5, 1]),
  };
}
