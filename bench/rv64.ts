import { createEngine, decodeHeader, readDefaultModel } from "@hyperion/inference";
import { executeStateless } from "@hyperion/kernel";
import { type Image, replayBlock, translateProgram } from "@hyperion/proofs";
import {
  type BlockCall,
  countCall,
  createGuestEngine,
  inferenceCall,
  loopCall,
  translateEngine,
  witnessedBlock,
} from "@hyperion/proofs/testing";
import type { BenchOptions, BenchResult, BenchRow } from "./benchmark.ts";
import { median } from "./measure.ts";

export const name = "rv64";
export const description = "the stateless program and the inference engine as RV64IM images in the emulator";

const PROMPT = "lend 5 ETH to the pool";
const ANSWER_TOKENS = 64n;
const PLENTY = 1n << 40n;
/** What the gas of inference was fitted to (docs/spec/inference.md, "Gas"). */
const INSTRUCTIONS_PER_GAS = 64;

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  log("inference");
  const inference = measureInference(quick ? 1 : 5);
  const { image } = await translateProgram();
  const evm: (readonly [string, number])[] = [];
  for (const [label, few, many] of workloads()) {
    log(label);
    evm.push([label, await instructionsPerGas(image, few, many)]);
  }
  log("a block");
  const block = await measureBlock(image);
  return {
    method:
      "Instructions counted by the emulator, WebAssembly instructions by a profile of the same run; times are medians. " +
      "EVM: the difference between blocks with few and many of the same calls. V8 runs the same module.",
    rows: [...inference.rows, ...block],
    summary: [
      {
        label: `instructions that inference pays for at ${INSTRUCTIONS_PER_GAS} per gas`,
        ratio: inference.paid,
        target: 1,
      },
    ],
    tables: [
      {
        title: `One call of the default model (${inference.positions} positions, ${inference.macs} multiply-accumulates)`,
        columns: ["figure", "value"],
        rows: [
          ["RV64 instructions, millions", inference.steps / 1e6],
          ["per WebAssembly instruction", inference.perOperation],
          ["per multiply-accumulate", inference.steps / inference.macs],
          ["per gas", inference.perGas],
        ],
      },
      { title: "RV64 instructions per EVM gas", columns: ["workload", "instructions"], rows: evm },
    ],
  };
}

/** Few and many of the same call. */
function workloads(): (readonly [string, BlockCall[], BlockCall[]])[] {
  const plain: BlockCall = { to: new Uint8Array(20).fill(0xaa), data: new Uint8Array(0), gas: 21_000n };
  return [
    ["hash, product and jump", [loopCall(100)], [loopCall(20_100)]],
    ["transfers", [plain], new Array(41).fill(plain)],
    ["calls that change one slot", [countCall()], new Array(41).fill(countCall())],
  ];
}

async function instructionsPerGas(
  image: Image,
  few: readonly BlockCall[],
  many: readonly BlockCall[],
): Promise<number> {
  const [small, large] = [await witnessedBlock(few), await witnessedBlock(many)];
  const [a, b] = [
    await replayBlock(image, small.witness, small.input),
    await replayBlock(image, large.witness, large.input),
  ];
  return Number(b.steps - a.steps) / Number(large.gasUsed - small.gasUsed);
}

interface InferenceFigures {
  readonly rows: BenchRow[];
  readonly steps: number;
  readonly macs: number;
  readonly positions: number;
  readonly perGas: number;
  readonly perOperation: number;
  readonly paid: number;
}

function measureInference(rounds: number): InferenceFigures {
  const { bytes } = readDefaultModel();
  const native = createEngine(bytes, "scalar");
  const prompt = new TextEncoder().encode(PROMPT);
  const times: [number[], number[]] = [[], []];
  let gas = 0n;
  let steps = 0n;
  for (let round = 0; round < rounds; round++) {
    // A fresh engine each time: a question that was asked before is answered from memory.
    const guest = createGuestEngine(bytes);
    const before = guest.guest.emulator.steps;
    const started = performance.now();
    const { gasLeft } = guest.precompile(prompt, PLENTY);
    times[0].push(performance.now() - started);
    [gas, steps] = [PLENTY - gasLeft, guest.guest.emulator.steps - before];
    const fresh = createEngine(bytes, "scalar");
    const nativeStart = performance.now();
    fresh.precompile(prompt, PLENTY);
    times[1].push(performance.now() - nativeStart);
  }
  const [ours, peer] = [median(times[0]), median(times[1])];
  const count = Number(steps);
  const { macs, positions } = workOf(bytes, native.tokenize(PROMPT)!.length, native.generate(PROMPT)!.tokens);
  const row = { workload: "one call of the default model", unit: "ms" };
  const rows: BenchRow[] = [
    { ...row, ours, peer, peerName: "V8, scalar build", ratio: peer / ours },
    { workload: "speed of the emulator", ours: count / ours / 1000, unit: "M instructions/s" },
  ];
  const perGas = count / Number(gas);
  const perOperation = profile(bytes, prompt);
  return { rows, steps: count, macs, positions, perGas, perOperation, paid: INSTRUCTIONS_PER_GAS / perGas };
}

/** Instructions of the machine per WebAssembly instruction of one call. */
function profile(model: Uint8Array, prompt: Uint8Array): number {
  const { image, sourceCounts } = translateEngine();
  const guest = createGuestEngine(model, { profile: true });
  const { emulator } = guest.guest;
  const counts = (): bigint[] => Array.from(image.text, (_, index) => emulator.executions(index));
  const [before, steps] = [counts(), emulator.steps];
  guest.precompile(prompt, PLENTY);
  const source = counts().reduce((sum, count, i) => sum + Number(count - before[i]!) * sourceCounts[i]!, 0);
  return Number(emulator.steps - steps) / source;
}

/** Multiply-accumulates of matrices and attention, as the gas formula counts them. */
function workOf(model: Uint8Array, promptTokens: number, answerTokens: number): { macs: number; positions: number } {
  const { dim, layers, heads, kvHeads, headDim, ffn, vocab } = decodeHeader(model);
  const [queryDim, kvDim] = [heads * headDim, kvHeads * headDim];
  const positions = promptTokens + Math.min(answerTokens, Number(ANSWER_TOKENS)) - 1;
  const matrices = layers * dim * (2 * queryDim + 2 * kvDim + 3 * ffn);
  const attention = queryDim * layers * positions * (positions + 1);
  return { macs: positions * matrices + attention + answerTokens * vocab * dim, positions };
}

async function measureBlock(image: Image): Promise<BenchRow[]> {
  const { witness, input } = await witnessedBlock([countCall(), inferenceCall(PROMPT), loopCall(1000)]);
  await executeStateless(witness, input);
  const nativeStart = performance.now();
  await executeStateless(witness, input);
  const peer = performance.now() - nativeStart;
  const started = performance.now();
  const { steps } = await replayBlock(image, witness, input);
  const ours = performance.now() - started;
  return [
    {
      workload: "a block with an inference call, loading the image",
      ours,
      peer,
      peerName: "V8, stateless",
      unit: "ms",
      ratio: peer / ours,
    },
    { workload: "the same block", ours: Number(steps) / 1e6, unit: "M instructions" },
  ];
}
