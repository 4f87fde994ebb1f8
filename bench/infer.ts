import { createEngine, type Engine, readDefaultModel } from "@hyperion/inference";
import type { BenchOptions, BenchResult, BenchRow, BenchTable } from "./benchmark.ts";
import { measureBytecodeModel } from "./bytecode-model.ts";
import { median, ownCpu } from "./measure.ts";

export const name = "infer";
export const description =
  "the default model in the kernel's integer engine: SIMD against scalar, bit for bit, and beside a model in EVM bytecode";

const PROMPTS: readonly string[] = [
  "lend 5 ETH to the pool",
  "please swap 120.5 USDC for WBTC",
  "send 0.25 ETH to alice, thanks",
  "withdraw all my DAI from the lending pool",
  "bridge 17 METIS to andromeda",
  "what is the price of LINK?",
  "i would like to stake 3000 of my QXTV with the validator",
  "tell me a joke",
];

/** CPU time of one build over all prompts, and what it did. */
interface Pass {
  readonly milliseconds: number;
  readonly positions: number;
  readonly generated: number;
  readonly gas: bigint;
  readonly answers: readonly string[];
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const model = readDefaultModel();
  const [simd, scalar] = [createEngine(model.bytes, "simd"), createEngine(model.bytes, "scalar")];
  log("comparing every logit of both builds");
  const compared = assertEqualLogits(simd, scalar);
  const rounds = quick ? 3 : 15;
  const passes: { simd: Pass; scalar: Pass }[] = [];
  for (let round = 0; round < rounds + 2; round++) passes.push({ simd: pass(simd), scalar: pass(scalar) });
  const warm = passes.slice(2);
  for (const { simd: a, scalar: b } of warm)
    if (a.answers.join("\n") !== b.answers.join("\n")) throw new Error("answers differ");
  const of = (build: "simd" | "scalar", figure: (pass: Pass) => number): number =>
    median(warm.map((pair) => figure(pair[build])));
  const row = (workload: string, unit: string, figure: (pass: Pass) => number): BenchRow => {
    const [ours, peer] = [of("simd", figure), of("scalar", figure)];
    return { workload, ours, peer, peerName: "scalar build", unit, ratio: ours / peer };
  };
  const rows = [
    row("tokens, prompt and answer", "tokens/s", speedOf),
    row("answers", "answers/s", ({ milliseconds }) => (1000 * PROMPTS.length) / milliseconds),
    row("gas", "Mgas/s", ({ gas, milliseconds }) => Number(gas) / 1000 / milliseconds),
  ];
  const { header } = simd;
  const beside = await besideBytecode(header, of, rounds, log);
  return {
    method:
      `Model 0x${Buffer.from(model.root).toString("hex").slice(0, 16)}…: ${header.layers} layers of ${header.dim}, vocabulary ` +
      `${header.vocab}, ${model.bytes.length} bytes. CPU time on one thread, medians of ${rounds} interleaved rounds over ` +
      `${PROMPTS.length} prompts. Asserted equal between the builds: ${compared} logits and every answer.`,
    rows,
    summary: [{ label: "SIMD against scalar, tokens/s", ratio: rows[0]!.ratio! }],
    tables: [
      ...beside,
      { title: "Answers", columns: ["prompt", "answer"], rows: PROMPTS.map((p, i) => [p, warm[0]!.simd.answers[i]!]) },
    ],
  };
}

/** A row for each way to run a model on chain. Gas is per weight and position, because the models differ in size. */
async function besideBytecode(
  { vocab, dim, layers, heads, kvHeads, headDim, ffn }: Engine["header"],
  of: (build: "simd" | "scalar", figure: (pass: Pass) => number) => number,
  rounds: number,
  log: (line: string) => void,
): Promise<BenchTable[]> {
  const other = await measureBytecodeModel(Math.min(rounds, 5), log);
  if (other === undefined) return [];
  const weights = vocab * dim + layers * dim * (2 * (heads + kvHeads) * headDim + 3 * ffn);
  const line = (name: string, weights: number, speed: number, gas: number): (string | number)[] => [
    ...[name, weights, speed.toFixed(1), ((speed * weights) / 1e6).toFixed(1)],
    ...[Math.round(gas), (gas / weights).toFixed(4)],
  ];
  const ours = of("simd", ({ gas, positions }) => Number(gas) / positions);
  const theirs = Number(other.gas) / other.positions;
  return [
    {
      title: "Ways to run a language model on chain",
      columns: ["model", "weights", "tokens/s", "M weights/s", "gas per token", "gas per weight and token"],
      rows: [
        line("default model, precompile, SIMD", weights, of("simd", speedOf), ours),
        line("default model, precompile, scalar", weights, of("scalar", speedOf), ours),
        line("onchain_lm_v2, bytecode, compiled", other.weights, other.speeds.compiled, theirs),
        line("onchain_lm_v2, bytecode, interpreted", other.weights, other.speeds.interpreted, theirs),
      ],
    },
  ];
}

function speedOf({ positions, milliseconds }: Pass): number {
  return (1000 * positions) / milliseconds;
}

/** Runs every prompt position by position in both builds; returns the number of logits compared. */
function assertEqualLogits(simd: Engine, scalar: Engine): number {
  let compared = 0;
  for (const prompt of PROMPTS) {
    simd.tokenize(prompt)!.forEach((token, position) => {
      const next = [simd.forward(token, position), scalar.forward(token, position)];
      const [ours, theirs] = [simd.logits(), scalar.logits()];
      const differs = ours.findIndex((logit, i) => logit !== theirs[i]);
      if (next[0] !== next[1] || differs >= 0)
        throw new Error(`"${prompt}", position ${position}: logit ${differs} differs`);
      compared += ours.length;
    });
  }
  return compared;
}

function pass(engine: Engine): Pass {
  const prompts = PROMPTS.map((prompt) => engine.tokenize(prompt)!.length);
  const started = ownCpu();
  const results = PROMPTS.map((prompt) => engine.generate(prompt)!);
  const milliseconds = ownCpu() - started;
  const generated = results.reduce((sum, { tokens }) => sum + tokens, 0);
  const positions = results.map(({ tokens }, i) => prompts[i]! + tokens - 1);
  const gas = results.map(
    ({ tokens }, i) => engine.decodingGas(positions[i]!, tokens) + engine.readingGas(PROMPTS[i]!.length),
  );
  return {
    ...{ milliseconds, generated, answers: results.map(({ text }) => text) },
    positions: positions.reduce((a, b) => a + b, 0),
    gas: gas.reduce((a, b) => a + b, 0n),
  };
}
