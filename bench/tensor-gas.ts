import { createClassifier, createTensorUnit, type EngineBuild, readShapesModel } from "@hyperion/inference";
import type { BenchOptions, BenchResult, BenchRow } from "./benchmark.ts";
import { median, ownCpu } from "./measure.ts";

export const name = "tensor-gas";
export const description =
  "gas that tensor operations and networks over images pay per second of work: the worst of operations and builds";

const TARGETS: Readonly<Record<EngineBuild, number>> = { simd: 250, scalar: 60 };
const PLENTY = 1n << 40n;

const words = (...values: readonly number[]): number[] =>
  values.flatMap((value) => [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]);
const bytes = (length: number): number[] => Array.from({ length }, (_, i) => (i * 37 + 11) & 255);
const rising = (length: number): number[] => words(...Array.from({ length }, (_, i) => i));

/** Inputs that stress one price each (docs/spec/tensor.md): long and short rows, few and many elements. */
const INPUTS: Readonly<Record<string, readonly number[]>> = {
  "matmul of long rows": [1, 1, 1, ...words(64, 1000, 60), ...bytes(124_000)],
  "matmul of rows of three int16": [1, 2, 2, ...words(150, 3, 150), ...bytes(1800)],
  "matmul of rows of fifteen, mixed sizes": [1, 2, 1, ...words(200, 15, 200), ...bytes(9_000)],
  "matmul of rows of one": [1, 1, 1, ...words(400, 1, 400), ...bytes(800)],
  "convolution 3 x 3, one channel": [2, 1, 1, ...words(100, 100, 1, 16, 3, 3, 1, 1), ...bytes(10_144)],
  "convolution 1 x 1, one channel": [2, 1, 1, ...words(100, 100, 1, 16, 1, 1, 1, 0), ...bytes(10_016)],
  "convolution 8 x 1, int16": [2, 2, 2, ...words(200, 200, 1, 1, 8, 1, 1, 0), ...bytes(80_016)],
  "convolution 1 x 3, five channels, mixed sizes": [2, 1, 2, ...words(60, 60, 5, 16, 1, 3, 1, 0), ...bytes(18_480)],
  "convolution 3 x 7, mixed sizes": [2, 1, 2, ...words(60, 60, 1, 1, 3, 7, 1, 0), ...bytes(3_642)],
  "pooling 2 x 2": [3, 1, ...words(100, 100, 8, 2, 1), ...bytes(80_000)],
  addition: [4, ...words(15_000, 15_000), ...bytes(120_000)],
  requantisation: [6, 1, ...words(-128, 127), 20, ...words(25_000, 1), ...bytes(100_004)],
  table: [7, 1, ...words(100_000), ...bytes(100_256)],
  softmax: [10, ...bytes(100_000)],
  "top 64 of rising values": [12, 64, ...rising(25_000)],
  "dot product of int16": [13, 2, ...words(30_000), ...bytes(120_000)],
  "dot product of one": [13, 2, ...words(1), ...bytes(4)],
  "cosine of int16": [14, 2, ...words(30_000), ...bytes(120_000)],
  "cosine of fifteen": [14, 2, ...words(15), ...bytes(60)],
  "largest of two": [11, ...rising(2)],
  "softmax of two": [10, ...bytes(8)],
  "nothing valid": [0],
};

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const rounds = quick ? 3 : 12;
  const rows: BenchRow[] = [];
  const worst: Record<EngineBuild, number> = { simd: Number.POSITIVE_INFINITY, scalar: Number.POSITIVE_INFINITY };
  for (const build of ["simd", "scalar"] as const) {
    log(build);
    const add = (label: string, once: () => number): void => {
      const ours = measure(rounds, once);
      rows.push({ workload: `${label}, ${build}`, ours, unit: "Mgas/s" });
      worst[build] = Math.min(worst[build], ours);
    };
    const unit = createTensorUnit(build);
    for (const [label, input] of Object.entries(INPUTS)) {
      const question = Uint8Array.from(input);
      add(label, () => Number(PLENTY - unit(question, PLENTY).gasLeft));
    }
    const classifier = createClassifier(readShapesModel().bytes, build);
    const image = Uint8Array.from(bytes(classifier.shape.height * classifier.shape.width * classifier.shape.channels));
    add("image of 16 x 16", () => {
      classifier.classify(image);
      return Number(classifier.gas);
    });
  }
  rows.sort((a, b) => a.ours - b.ours);
  return {
    method: "CPU time of calls of the engine, with the copy of their input; medians. Slowest first.",
    rows,
    summary: (["simd", "scalar"] as const).map((build) => ({
      label: `worst with ${build}, against ${TARGETS[build]} Mgas/s`,
      ratio: worst[build] / TARGETS[build],
      target: 1,
    })),
  };
}

/** Mgas per second of CPU; `once` gives the gas of one call. */
function measure(rounds: number, once: () => number): number {
  const figures: number[] = [];
  for (let round = 0; round < rounds + 1; round++) {
    let gas = 0;
    const started = ownCpu();
    while (ownCpu() - started < 10) for (let i = 0; i < 8; i++) gas += once();
    if (round > 0) figures.push(gas / 1000 / (ownCpu() - started));
  }
  return median(figures);
}
