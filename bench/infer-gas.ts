import { readFileSync } from "node:fs";
import {
  bytesSource,
  createEngine,
  type Engine,
  type EngineBuild,
  importGguf,
  readDefaultModel,
  readGguf,
  type SyntheticShape,
  syntheticGguf,
} from "@hyperion/inference";
import { type Abi, encodeFunctionData, hexToBytes } from "viem";
import type { BenchOptions, BenchResult, BenchRow } from "./benchmark.ts";
import { median, ownCpu } from "./measure.ts";

export const name = "infer-gas";
export const description =
  "gas that inference pays per second of work: the worst of models, forms of calls, inputs and builds";

const TARGETS: Readonly<Record<EngineBuild, number>> = { simd: 250, scalar: 60 };
const PLENTY = 1n << 40n;
const MODEL = `0x${"00".repeat(32)}`;
const OPTIONS = { maxTokens: 16n, temperature: 0n, topK: 0n, seed: 0n, stops: [] as string[], schema: "" };
const STRINGS = `{"anyOf":[${Array.from({ length: 55 }, () => '{"type":"string"}').join(",")}]}`;
const ARRAYS = `{"anyOf":[${Array.from({ length: 45 }, () => '{"type":"array","items":{"type":"string"}}').join(",")}]}`;

type Call = readonly [functionName: string, args: readonly unknown[]];

/** Calls that stress one price each; `i` makes every one of them new, so that nothing is remembered. */
const CALLS: Readonly<Record<string, (i: number) => Call>> = {
  "one token": (i) => ["complete", [MODEL, [`ab${i}`], { ...OPTIONS, maxTokens: 1n }]],
  "long prompt": (i) => ["complete", [MODEL, [`${i} `.repeat(12)], OPTIONS]],
  "schema of many arrays": (i) => ["complete", [MODEL, [`ab ${i}`], { ...OPTIONS, schema: ARRAYS, maxTokens: 8n }]],
  "schema of many strings, drawn": (i) => [
    "complete",
    [MODEL, [`ab ${i}`], { ...OPTIONS, schema: STRINGS, maxTokens: 8n, temperature: 9000n, seed: BigInt(i) }],
  ],
  "drawn among 64": (i) => [
    "complete",
    [MODEL, [`ab ${i}`], { ...OPTIONS, temperature: 100_000n, topK: 64n, seed: BigInt(i) }],
  ],
  "many stops": (i) => [
    "complete",
    [MODEL, [`ab ${i}`], { ...OPTIONS, maxTokens: 64n, stops: Array(4).fill("q".repeat(32)) }],
  ],
  "text that does not fit": (i) => ["complete", [MODEL, [`${i}${"ab".repeat(30_000)}`], OPTIONS]],
  "schema that is too large": (i) => [
    "complete",
    [MODEL, ["a"], { ...OPTIONS, schema: `{"enum":[${Array(4000).fill(`"${i}"`).join(",")}` }],
  ],
  "many labels": (i) => ["classify", [MODEL, `a ${i}`, Array.from({ length: 16 }, (_, j) => `a${j}`)]],
  embedding: (i) => ["embed", [MODEL, `a b ${i}`]],
};

const SHAPES: Readonly<Record<string, SyntheticShape>> = {
  "large vocabulary": { dim: 64, layers: 2, heads: 2, kvHeads: 1, ffn: 64, vocab: 8000, context: 256, tied: true },
  deep: { dim: 32, layers: 60, heads: 1, kvHeads: 1, ffn: 32, vocab: 320, context: 256, tied: true },
  wide: { dim: 352, layers: 1, heads: 4, kvHeads: 4, ffn: 512, vocab: 2400, context: 256, tied: true },
};

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const artifact = new URL("../../contracts/dist/ai/IInference.json", import.meta.url);
  const abi = JSON.parse(readFileSync(artifact, "utf8")).abi as Abi;
  const synthetic = Object.entries(SHAPES).map(([label, shape]): [string, Uint8Array] => [
    label,
    importGguf(readGguf(bytesSource(syntheticGguf(shape, { seed: 1, type: "Q8_0" })))),
  ]);
  const models: [string, Uint8Array][] = [["default", readDefaultModel().bytes], ...synthetic];
  const rows: BenchRow[] = [];
  const worst: Record<EngineBuild, number> = { simd: Number.POSITIVE_INFINITY, scalar: Number.POSITIVE_INFINITY };
  for (const [model, blob] of models) {
    for (const build of ["simd", "scalar"] as const) {
      log(`${model}, ${build}`);
      const engine = createEngine(blob, build);
      if (!engine.callable) throw new Error(`the model ${model} cannot be called`);
      for (const [label, make] of Object.entries(CALLS)) {
        const figure = measure(engine, quick ? 3 : 12, (i) => hexToBytes(encode(abi, make(i))));
        rows.push({ workload: `${label}, ${model} model, ${build}`, ours: figure, unit: "Mgas/s" });
        worst[build] = Math.min(worst[build], figure);
      }
    }
  }
  rows.sort((a, b) => a.ours - b.ours);
  return {
    method: "CPU time of the precompile on calldata that was not asked before; medians of single calls. Slowest first.",
    rows,
    summary: (["simd", "scalar"] as const).map((build) => ({
      label: `worst with ${build}, against ${TARGETS[build]} Mgas/s`,
      ratio: worst[build] / TARGETS[build],
      target: 1,
    })),
  };
}

function encode(abi: Abi, [functionName, args]: Call): `0x${string}` {
  return encodeFunctionData({ abi, functionName, args });
}

/** Mgas per second of CPU; the clock is read once for calls that together take long enough for it. */
function measure(engine: Engine, rounds: number, make: (i: number) => Uint8Array): number {
  const figures: number[] = [];
  for (let round = 0, next = 1000; round < rounds + 1; round++) {
    const batch = Array.from({ length: 20 }, () => make(next++));
    let [gas, calls] = [0n, 0];
    const started = ownCpu();
    while (calls < batch.length && (calls === 0 || ownCpu() - started < 10)) {
      gas += PLENTY - engine.precompile(batch[calls++]!, PLENTY).gasLeft;
    }
    if (round > 0) figures.push(Number(gas) / 1000 / (ownCpu() - started));
  }
  return median(figures);
}
