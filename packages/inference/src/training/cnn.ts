/** Trains a small convolutional network in f32: convolution and pooling twice, then a dense layer; squared hinge, one class against all. */
import type { FloatConvolution, FloatNetwork } from "../float-network.ts";
import { generator, type LabelledImage } from "./images.ts";

/** Weights [outputs][kernel][kernel][channels] and biases of one layer. */
interface Layer {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outputs: number;
  /** 3 with a border of one; or the whole input, for a dense layer. */
  readonly kernel: number;
  readonly padding: number;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

interface Trained extends Layer {
  readonly weightSteps: Float32Array;
  readonly biasSteps: Float32Array;
  readonly out: Float32Array;
  readonly outSlopes: Float32Array;
}

export interface Recipe {
  readonly side: number;
  readonly channels: number;
  readonly filters: readonly [number, number];
  readonly classes: number;
  readonly epochs: number;
  readonly rate: number;
  readonly seed: number;
}

const MOMENTUM = 0.9;

function newLayer(next: () => number, shape: Omit<Layer, "weights" | "bias">, outHeight: number): Trained {
  const { channels, outputs, kernel } = shape;
  const depth = kernel * kernel * channels;
  const spread = 2 * Math.sqrt(3 / depth);
  const weights = Float32Array.from({ length: outputs * depth }, () => (next() - 0.5) * spread);
  const size = outHeight * outHeight * outputs;
  return {
    ...shape,
    weights,
    bias: new Float32Array(outputs),
    weightSteps: new Float32Array(weights.length),
    biasSteps: new Float32Array(outputs),
    out: new Float32Array(size),
    outSlopes: new Float32Array(size),
  };
}

function convolve(layer: Layer, outSide: number, input: Float32Array, out: Float32Array): void {
  const { width, channels, kernel, padding, outputs, weights, bias } = layer;
  let at = 0;
  for (let y = 0; y < outSide; y++) {
    for (let x = 0; x < outSide; x++) {
      const first = Math.max(0, padding - x);
      const last = Math.min(kernel, width + padding - x);
      const run = (last - first) * channels;
      for (let j = 0; j < outputs; j++) {
        let sum = bias[j]!;
        for (let dy = 0; dy < kernel; dy++) {
          const row = y + dy - padding;
          if (row < 0 || row >= width) continue;
          const pixel = (row * width + x + first - padding) * channels;
          const weight = ((j * kernel + dy) * kernel + first) * channels;
          for (let i = 0; i < run; i++) sum += input[pixel + i]! * weights[weight + i]!;
        }
        out[at++] = sum;
      }
    }
  }
}

/** Slopes of weights are applied at once, with momentum; slopes of the input are added up when they are wanted. */
function convolveBack(
  layer: Trained,
  outSide: number,
  input: Float32Array,
  inputSlopes: Float32Array | undefined,
  rate: number,
): void {
  const { width, channels, kernel, padding, outputs, weights, weightSteps, bias, biasSteps, outSlopes } = layer;
  inputSlopes?.fill(0);
  for (let i = 0; i < weightSteps.length; i++) weightSteps[i]! *= MOMENTUM;
  for (let i = 0; i < biasSteps.length; i++) biasSteps[i]! *= MOMENTUM;
  let at = 0;
  for (let y = 0; y < outSide; y++) {
    for (let x = 0; x < outSide; x++) {
      const first = Math.max(0, padding - x);
      const last = Math.min(kernel, width + padding - x);
      const run = (last - first) * channels;
      for (let j = 0; j < outputs; j++) {
        const slope = outSlopes[at++]!;
        if (slope === 0) continue;
        biasSteps[j]! += slope;
        for (let dy = 0; dy < kernel; dy++) {
          const row = y + dy - padding;
          if (row < 0 || row >= width) continue;
          const pixel = (row * width + x + first - padding) * channels;
          const weight = ((j * kernel + dy) * kernel + first) * channels;
          for (let i = 0; i < run; i++) weightSteps[weight + i]! += slope * input[pixel + i]!;
          if (inputSlopes) for (let i = 0; i < run; i++) inputSlopes[pixel + i]! += slope * weights[weight + i]!;
        }
      }
    }
  }
  for (let i = 0; i < weights.length; i++) weights[i]! -= rate * weightSteps[i]!;
  for (let i = 0; i < bias.length; i++) bias[i]! -= rate * biasSteps[i]!;
}

/** ReLU and the largest of 2 × 2; remembers where it was. */
function poolLargest(side: number, channels: number, x: Float32Array, out: Float32Array, from: Int32Array): void {
  let at = 0;
  for (let y = 0; y < side; y += 2) {
    for (let column = 0; column < side; column += 2) {
      for (let c = 0; c < channels; c++) {
        let best = -1;
        let value = 0;
        for (let k = 0; k < 4; k++) {
          const place = ((y + (k >> 1)) * side + column + (k & 1)) * channels + c;
          if (x[place]! > value) {
            value = x[place]!;
            best = place;
          }
        }
        out[at] = value;
        from[at++] = best;
      }
    }
  }
}

function poolBack(slopes: Float32Array, from: Int32Array, out: Float32Array): void {
  out.fill(0);
  for (let i = 0; i < from.length; i++) if (from[i]! >= 0) out[from[i]!] = slopes[i]!;
}

/** Trains on `images`; `onEpoch` hears the mean loss. */
export function trainNetwork(
  images: readonly LabelledImage[],
  recipe: Recipe,
  onEpoch: (epoch: number, loss: number) => void = () => {},
): FloatNetwork {
  const { side, channels, classes, epochs, rate, seed } = recipe;
  const [f1, f2] = recipe.filters;
  const next = generator(seed);
  const half = side / 2;
  const quarter = side / 4;
  const first = newLayer(next, { height: side, width: side, channels, outputs: f1, kernel: 3, padding: 1 }, side);
  const second = newLayer(next, { height: half, width: half, channels: f1, outputs: f2, kernel: 3, padding: 1 }, half);
  const dense = newLayer(
    next,
    { height: quarter, width: quarter, channels: f2, outputs: classes, kernel: quarter, padding: 0 },
    1,
  );
  const input = new Float32Array(side * side * channels);
  const pooled1 = new Float32Array(half * half * f1);
  const pooled2 = new Float32Array(quarter * quarter * f2);
  const slopes1 = new Float32Array(pooled1.length);
  const slopes2 = new Float32Array(pooled2.length);
  const from1 = new Int32Array(pooled1.length);
  const from2 = new Int32Array(pooled2.length);
  for (let epoch = 0; epoch < epochs; epoch++) {
    let loss = 0;
    const pace = rate * (1 - epoch / epochs);
    for (const { pixels, label } of images) {
      for (let i = 0; i < input.length; i++) input[i] = (pixels[i]! - 128) / 128;
      convolve(first, side, input, first.out);
      poolLargest(side, f1, first.out, pooled1, from1);
      convolve(second, half, pooled1, second.out);
      poolLargest(half, f2, second.out, pooled2, from2);
      convolve(dense, 1, pooled2, dense.out);
      let wrong = false;
      for (let j = 0; j < classes; j++) {
        const sign = j === label ? 1 : -1;
        const lack = Math.max(0, 1 - sign * dense.out[j]!);
        loss += lack * lack;
        wrong ||= lack > 0;
        dense.outSlopes[j] = -sign * lack * (j === label ? 3 : 1);
      }
      if (!wrong) continue;
      convolveBack(dense, 1, pooled2, slopes2, pace);
      poolBack(slopes2, from2, second.outSlopes);
      convolveBack(second, half, pooled1, slopes1, pace);
      poolBack(slopes1, from1, first.outSlopes);
      convolveBack(first, side, input, undefined, pace);
    }
    onEpoch(epoch, loss / images.length);
  }
  const pool = { kind: "max pool", kernelHeight: 2, kernelWidth: 2, stride: 2 } as const;
  const layers = [asConvolution(first, true), pool, asConvolution(second, true), pool, asConvolution(dense, false)];
  return { height: side, width: side, channels, layers };
}

const asConvolution = ({ outputs, kernel, padding, weights, bias }: Layer, relu: boolean): FloatConvolution => ({
  ...{ kind: "convolution", outputs, kernelHeight: kernel, kernelWidth: kernel, stride: 1, padding },
  ...{ weights, bias, relu },
});
