import { readFileSync } from "node:fs";
import { ropeTable } from "../rope-table.ts";
import { createRandom, type Random } from "./corpus.ts";

/** Shape of the model in training. Query, key and value heads are equal in number; the embedding is tied. */
export interface TrainingShape {
  readonly dim: number;
  readonly layers: number;
  readonly heads: number;
  readonly ffn: number;
  readonly vocab: number;
  /** Positions the model is built for. */
  readonly context: number;
  readonly theta: number;
}

/** One sequence: `targets[i]` is the token wanted after `tokens[0..i]`, or −1 where no loss is taken. */
export interface Sequence {
  readonly tokens: readonly number[];
  readonly targets: readonly number[];
}

export interface Trainer {
  readonly parameters: number;
  /** Flat weights in blob tensor order. A view: valid until the next call. */
  weights(): Float32Array;
  setWeights(weights: Float32Array): void;
  /** One optimiser step over the batch; returns the mean loss in nats per target. */
  train(batch: readonly Sequence[], rate: number): number;
  /** Mean loss of the batch in nats per target, without learning. */
  loss(batch: readonly Sequence[]): number;
  /** Gradient of that loss, in the order of the weights. */
  gradient(batch: readonly Sequence[]): Float32Array;
  /** Whether the most likely token is the target at every target position (equals greedy decoding being exact). */
  isExact(sequence: Sequence): boolean;
}

interface TrainerExports {
  readonly memory: WebAssembly.Memory;
  allocate(floats: number): number;
  initialise(d: number, l: number, h: number, f: number, v: number, positions: number, length: number): number;
  parameters(): number;
  gradients(): number;
  rope(): number;
  logits(): number;
  clearGradients(): void;
  transposeParameters(): void;
  step(tokens: number, targets: number, bounds: number, n: number, N: number, factor: number, train: number): number;
  adam(rate: number, decay: number, clip: number, correction1: number, correction2: number): number;
}

const WEIGHT_DECAY = 0.01;
const GRADIENT_CLIP = 1;

/** `positions`: most packed positions in one batch; `length`: longest sequence. */
export function createTrainer(shape: TrainingShape, positions: number, length: number): Trainer {
  const wasm = new WebAssembly.Module(readFileSync(new URL("../../dist/trainer.wasm", import.meta.url)));
  const imports = { env: { abort: () => undefined, seed: () => 1 } };
  const core = new WebAssembly.Instance(wasm, imports).exports as unknown as TrainerExports;
  const { dim, layers, heads, ffn, vocab } = shape;
  const parameters = core.initialise(dim, layers, heads, ffn, vocab, positions, length);
  const [tokensAt, targetsAt, boundsAt] = [
    core.allocate(positions),
    core.allocate(positions),
    core.allocate(positions + 1),
  ];
  const floats = (at: number, n: number): Float32Array => new Float32Array(core.memory.buffer, at, n);
  const ints = (at: number, n: number): Int32Array => new Int32Array(core.memory.buffer, at, n);
  floats(core.rope(), length * (dim / heads)).set(
    Float32Array.from(ropeTable(length, dim / heads, shape.theta), (x) => x / 2 ** 30),
  );
  // Powers of Adam's decay rates as products: Math.pow may differ between versions of the engine.
  const powers = { first: 1, second: 1 };

  const pack = (batch: readonly Sequence[]): { N: number; targets: number } => {
    const tokens = batch.flatMap((sequence) => sequence.tokens);
    const targets = batch.flatMap((sequence) => sequence.targets);
    if (tokens.length > positions) throw new RangeError(`batch of ${tokens.length} positions, room for ${positions}`);
    ints(tokensAt, tokens.length).set(tokens);
    ints(targetsAt, targets.length).set(targets);
    let end = 0;
    ints(boundsAt, batch.length + 1).set([0, ...batch.map((sequence) => (end += sequence.tokens.length))]);
    return { N: tokens.length, targets: targets.filter((target) => target >= 0).length };
  };

  const backward = (batch: readonly Sequence[]): number => {
    const { N, targets } = pack(batch);
    core.clearGradients();
    return core.step(tokensAt, targetsAt, boundsAt, batch.length, N, 1 / targets, 1) / targets;
  };

  return {
    parameters,
    weights: () => floats(core.parameters(), parameters),
    setWeights(weights) {
      floats(core.parameters(), parameters).set(weights);
      core.transposeParameters();
    },
    train(batch, rate) {
      const loss = backward(batch);
      powers.first *= 0.9;
      powers.second *= 0.98;
      core.adam(rate, WEIGHT_DECAY, GRADIENT_CLIP, 1 / (1 - powers.first), 1 / (1 - powers.second));
      core.transposeParameters();
      return loss;
    },
    loss(batch) {
      const { N, targets } = pack(batch);
      return core.step(tokensAt, targetsAt, boundsAt, batch.length, N, 1, 0) / targets;
    },
    gradient(batch) {
      backward(batch);
      return floats(core.gradients(), parameters).slice();
    },
    isExact(sequence) {
      const { N } = pack([sequence]);
      core.step(tokensAt, targetsAt, boundsAt, 1, N, 1, 0);
      const wanted = sequence.targets.filter((target) => target >= 0);
      const rows = floats(core.logits(), wanted.length * vocab);
      return wanted.every((target, row) => argMax(rows.subarray(row * vocab, (row + 1) * vocab)) === target);
    },
  };
}

/** Scaled normal-like initial weights in blob tensor order (sums of six uniforms), norms 1. */
export function initialWeights(shape: TrainingShape, seed: number): Float32Array {
  const random = createRandom(seed);
  const { dim, layers, ffn, vocab } = shape;
  const residual = 1 / Math.sqrt(2 * layers);
  const layer = (): number[][] => [
    ones(dim),
    normal(random, 3 * dim * dim, 1 / Math.sqrt(dim)),
    normal(random, dim * dim, residual / Math.sqrt(dim)),
    ones(dim),
    normal(random, 2 * ffn * dim, 1 / Math.sqrt(dim)),
    normal(random, ffn * dim, residual / Math.sqrt(ffn)),
  ];
  const blocks = Array.from({ length: layers }, layer).flat();
  return Float32Array.from([normal(random, vocab * dim, 0.05), ...blocks, ones(dim)].flat());
}

function ones(n: number): number[] {
  return new Array<number>(n).fill(1);
}

function normal(random: Random, n: number, deviation: number): number[] {
  const uniform = (): number => random.below(1 << 30) / (1 << 30);
  const sum = (): number => uniform() + uniform() + uniform() + uniform() + uniform() + uniform() - 3;
  return Array.from({ length: n }, () => sum() * Math.SQRT2 * deviation);
}

function argMax(row: Float32Array): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) if (row[i]! > row[best]!) best = i;
  return best;
}
