/**
 * Trains the weights of contracts/ai/RiskScore.sol and writes them to contracts/ai/risk-score.json, with the share of unseen
 * samples that the integers get right. Only IEEE 754 basic operations in a fixed order: the same file everywhere.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const INPUTS = 16;
export const HIDDEN = 32;
export const CLASSES = 2;
const SHIFT = 16;

export interface RiskSample {
  /** int8 [16]. */
  readonly features: Int8Array;
  readonly risky: boolean;
}

/** Samples of a made-up rule: debt against income, history, and pairs of features that only matter together. */
export function riskSamples(seed: number, count: number): RiskSample[] {
  const next = generator(seed);
  return Array.from({ length: count }, () => {
    const features = Int8Array.from({ length: INPUTS }, () => Math.floor(next() * 201) - 100);
    const f = (i: number): number => features[i]!;
    const together = (f(4) * f(5)) / 100 + (f(6) > 0 ? f(7) : -f(8)) / 2;
    const value = 2 * f(0) - f(1) + f(2) / 2 - Math.abs(f(3)) + 40 + together;
    return { features, risky: value > 0 };
  });
}

/** Mulberry32: 0 … 1. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Perceptron {
  readonly w1: Float64Array;
  readonly b1: Float64Array;
  readonly w2: Float64Array;
  readonly b2: Float64Array;
}

/** Stochastic gradient descent on the squared hinge. */
export function trainPerceptron(samples: readonly RiskSample[], epochs: number): Perceptron {
  const next = generator(7);
  const random = (n: number, scale: number): Float64Array =>
    Float64Array.from({ length: n }, () => (next() - 0.5) * scale);
  const net = {
    w1: random(INPUTS * HIDDEN, 0.8),
    b1: new Float64Array(HIDDEN),
    w2: random(HIDDEN, 0.8),
    b2: random(1, 0),
  };
  const hidden = new Float64Array(HIDDEN);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const rate = 0.02 * (1 - epoch / epochs);
    for (const { features, risky } of samples) step(net, hidden, features, risky ? 1 : -1, rate);
  }
  // One output of two signs becomes two outputs.
  const both = (values: Float64Array): Float64Array => Float64Array.from([...values.map((value) => -value), ...values]);
  return { ...net, w2: both(net.w2), b2: both(net.b2) };
}

function step(net: Perceptron, hidden: Float64Array, features: Int8Array, label: number, rate: number): void {
  let output = net.b2[0]!;
  for (let i = 0; i < HIDDEN; i++) {
    let sum = net.b1[i]!;
    for (let k = 0; k < INPUTS; k++) sum += (net.w1[i * INPUTS + k]! * features[k]!) / 100;
    hidden[i] = sum > 0 ? sum : 0;
    output += hidden[i]! * net.w2[i]!;
  }
  const lack = 1 - label * output;
  if (lack <= 0) return;
  const slope = rate * lack * label;
  net.b2[0]! += slope;
  for (let i = 0; i < HIDDEN; i++) {
    if (hidden[i]! <= 0) continue;
    const back = slope * net.w2[i]!;
    net.w2[i]! += slope * hidden[i]!;
    net.b1[i]! += back;
    for (let k = 0; k < INPUTS; k++) net.w1[i * INPUTS + k]! += (back * features[k]!) / 100;
  }
}

/** The weights as RiskScore.sol reads them; `samples` show how large the hidden units get. */
export function packPerceptron(net: Perceptron, samples: readonly RiskSample[]): Uint8Array {
  const scale1 = 127 / largest(net.w1);
  const scale2 = 127 / largest(net.w2);
  const w1 = net.w1.map((value) => Math.round(value * scale1));
  // Features are 100 times what training saw.
  const b1 = net.b1.map((value) => Math.round(value * scale1 * 100));
  const peak = hiddenPeak(w1, b1, samples);
  const multiplier = Math.floor((127 / peak) * 2 ** SHIFT);
  const unit = (scale1 * 100 * multiplier) / 2 ** SHIFT;
  const b2 = net.b2.map((value) => Math.round(value * scale2 * unit));
  const words = (values: ArrayLike<number>): Buffer => {
    const bytes = Buffer.alloc(4 * values.length);
    for (let i = 0; i < values.length; i++) bytes.writeInt32BE(values[i]!, 4 * i);
    return bytes;
  };
  const parts = [
    Int8Array.from(w1),
    words(b1),
    words([multiplier]),
    Int8Array.from(net.w2, (v) => Math.round(v * scale2)),
    words(b2),
  ];
  return Buffer.concat(parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)));
}

const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** A size that few sums exceed. */
function hiddenPeak(w1: Float64Array, b1: Float64Array, samples: readonly RiskSample[]): number {
  const sums: number[] = [];
  for (const { features } of samples.slice(0, 500)) {
    for (let i = 0; i < HIDDEN; i++) {
      let sum = b1[i]!;
      for (let k = 0; k < INPUTS; k++) sum += w1[i * INPUTS + k]! * features[k]!;
      if (sum > 0) sums.push(sum);
    }
  }
  sums.sort((a, b) => a - b);
  return sums[Math.floor(sums.length * 0.999)] ?? 1;
}

/** What RiskScore.sol computes. */
export function scoreRisk(
  weights: Uint8Array,
  features: Int8Array,
): { readonly risky: boolean; readonly margin: number } {
  const view = new DataView(weights.buffer, weights.byteOffset, weights.byteLength);
  const out = [view.getInt32(708), view.getInt32(712)];
  for (let i = 0; i < HIDDEN; i++) {
    let sum = view.getInt32(512 + 4 * i);
    for (let k = 0; k < INPUTS; k++) sum += view.getInt8(i * INPUTS + k) * features[k]!;
    const value = Math.min(127, Math.max(0, Math.floor((sum * view.getInt32(640)) / 2 ** SHIFT + 0.5)));
    for (let j = 0; j < CLASSES; j++) out[j]! += value * view.getInt8(644 + j * HIDDEN + i);
  }
  const margin = out[1]! - out[0]!;
  return { risky: margin > 0, margin };
}

const OUTPUT = new URL("../../../../contracts/ai/risk-score.json", import.meta.url);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const samples = riskSamples(1, 20_000);
  const weights = packPerceptron(trainPerceptron(samples, 30), samples);
  const unseen = riskSamples(2, 5_000);
  const right = unseen.filter(({ features, risky }) => scoreRisk(weights, features).risky === risky).length;
  const accuracy = right / unseen.length;
  writeFileSync(
    OUTPUT,
    `${JSON.stringify({ accuracy, weights: `0x${Buffer.from(weights).toString("hex")}` }, null, 2)}\n`,
  );
  console.log(`${(100 * accuracy).toFixed(2)} % of ${unseen.length} unseen samples`);
}
