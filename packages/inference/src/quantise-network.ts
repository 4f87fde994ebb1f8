import { ModelError } from "./errors.ts";
import { type FloatConvolution, type FloatNetwork, floatActivations } from "./float-network.ts";
import type { NetworkLayer, NetworkParts } from "./network-blob.ts";

/** Scores are Q16. */
const SCORE_UNIT = 2 ** 16;
const MOST_SHIFT = 40;

/**
 * A network in integers: weights of 8 bits with a scale per output, activations of 8 bits with a scale per layer, which the
 * largest activations of `samples` (u8 [height][width][channels]) set.
 */
export function quantiseNetwork(network: FloatNetwork, samples: readonly Uint8Array[]): NetworkParts {
  const { height, width, channels, layers } = network;
  const peaks = peaksOf(network, samples);
  let inputs = channels;
  // What stands for 1.0 in front of a layer.
  let unit = 128;
  const quantised = layers.map((layer, i): NetworkLayer => {
    const { kind, kernelHeight, kernelWidth, stride } = layer;
    if (kind === "convolution") {
      const isLast = i === layers.length - 1;
      const target = isLast ? SCORE_UNIT : 127 / peaks[i]!;
      const done = quantiseConvolution(layer, unit, target, isLast);
      inputs = layer.outputs;
      unit = target;
      return done;
    }
    const pool = { kind, outputs: inputs, kernelHeight, kernelWidth, stride, padding: 0, low: -128 };
    if (kind === "max pool") return { ...pool, shift: 0 };
    return { ...pool, shift: 24, multipliers: Int32Array.of(Math.round(2 ** 24 / (kernelHeight * kernelWidth))) };
  });
  const last = layers.at(-1);
  if (last?.kind !== "convolution") throw new ModelError("UNSUPPORTED", "a network has to end with a dense layer");
  return { height, width, channels, classes: last.outputs, layers: quantised };
}

function quantiseConvolution(layer: FloatConvolution, unit: number, target: number, isLast: boolean): NetworkLayer {
  const { outputs, kernelHeight, kernelWidth, stride, padding, weights, bias, relu } = layer;
  const depth = weights.length / outputs;
  const integers = new Int8Array(weights.length);
  const biases = new Int32Array(outputs);
  const factors: number[] = [];
  for (let j = 0; j < outputs; j++) {
    const row = weights.subarray(j * depth, (j + 1) * depth);
    const scale =
      127 /
      Math.max(
        1e-9,
        row.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
      );
    for (let i = 0; i < depth; i++) integers[j * depth + i] = Math.round(row[i]! * scale);
    biases[j] = Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.round(bias[j]! * scale * unit)));
    factors.push(target / (scale * unit));
  }
  // As many bits as the largest multiplier leaves.
  const room = Math.floor(30 - Math.log2(Math.max(1e-12, ...factors)));
  const shift = Math.max(0, Math.min(MOST_SHIFT, room));
  const multipliers = Int32Array.from(factors, (factor) => Math.round(factor * 2 ** shift));
  return {
    ...{ kind: "convolution", outputs, kernelHeight, kernelWidth, stride, padding, shift },
    ...{ low: relu && !isLast ? 0 : -128, weights: integers, bias: biases, multipliers },
  };
}

/** Per layer the size that one activation in a thousand exceeds. */
function peaksOf(network: FloatNetwork, samples: readonly Uint8Array[]): number[] {
  const values: number[][] = network.layers.map(() => []);
  for (const sample of samples) {
    for (const [i, activations] of floatActivations(network, sample).entries()) {
      for (const value of activations) if (value !== 0) values[i]!.push(Math.abs(value));
    }
  }
  return values.map((list) => Float64Array.from(list).sort()[Math.floor(list.length * 0.999)] ?? 1);
}
