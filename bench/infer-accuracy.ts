import {
  bytesSource,
  createEngine,
  ggufReference,
  importGguf,
  measureAccuracy,
  readGguf,
  SYNTHETIC_SHAPES,
  type SyntheticOptions,
  syntheticGguf,
} from "@hyperion/inference";
import type { BenchOptions, BenchResult, BenchRow } from "./benchmark.ts";

export const name = "infer-accuracy";
export const description =
  "what integers cost: logits of imported models against the file's own weights in 64-bit floats";

const TARGET = { cosine: 0.9999, top: 0.98 };
const CASES: readonly (readonly [
  size: keyof typeof SYNTHETIC_SHAPES,
  type: SyntheticOptions["type"],
  positions: number,
])[] = [
  ["15M", "Q8_0", 192],
  ["15M", "Q4_0", 64],
  ["15M", "F16", 64],
  ["135M", "Q8_0", 32],
];

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const rows: BenchRow[] = [];
  let [worst, top] = [1, 1];
  for (const [size, type, positions] of quick ? CASES.slice(0, 1) : CASES) {
    log(`${size} in ${type}`);
    const file = readGguf(bytesSource(syntheticGguf(SYNTHETIC_SHAPES[size], { seed: 7, type })));
    const engine = createEngine(importGguf(file, { context: 256 }));
    const { vocab } = engine.header;
    const count = Math.ceil((quick ? positions / 4 : positions) / 32);
    const sequences = Array.from({ length: count }, (_, s) =>
      Array.from({ length: 32 }, (_, i) => 300 + (((i + 31 * s) * 7919) % (vocab - 300))),
    );
    const accuracy = measureAccuracy(engine, ggufReference(file), sequences);
    const label = `${size} ${type}, ${accuracy.positions} positions`;
    rows.push({ workload: `mean cosine, ${label}`, ours: accuracy.meanCosine, unit: "" });
    rows.push({ workload: `least cosine, ${label}`, ours: accuracy.leastCosine, unit: "" });
    rows.push({ workload: `same best token, ${label}`, ours: accuracy.sameTop, unit: "" });
    if (type === "Q8_0") [worst, top] = [Math.min(worst, accuracy.meanCosine), Math.min(top, accuracy.sameTop)];
  }
  return {
    method: "Random weights, teacher-forced random tokens; the reference reads the file and computes in f64.",
    rows,
    summary: [
      { label: `cosine on Q8_0 against ${TARGET.cosine}`, ratio: worst / TARGET.cosine, target: 1 },
      { label: `same best token on Q8_0 against ${TARGET.top}`, ratio: top / TARGET.top, target: 1 },
    ],
    tables: [
      { title: "In full", columns: ["figure", "value"], rows: rows.map((row) => [row.workload, row.ours.toFixed(7)]) },
    ],
  };
}
