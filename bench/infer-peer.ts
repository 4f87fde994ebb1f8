import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  createEngine,
  type Engine,
  importGguf,
  openFile,
  readGguf,
  SYNTHETIC_SHAPES,
  writeSyntheticGguf,
} from "@hyperion/inference";
import type { BenchOptions, BenchResult, BenchRow } from "./benchmark.ts";
import { geometricMean, median, ownCpu } from "./measure.ts";

export const name = "infer-peer";
export const description = "Llama models in the kernel's integer engine against llama.cpp, the same Q8_0 file";

type Size = keyof typeof SYNTHETIC_SHAPES;

const PACKAGE = "node-llama-cpp";
const VERSION = "3.22.1";
const CONTEXT = 1024;
const PROMPT = 256;
/** Tokens per measurement of decoding. */
const BURST: Readonly<Record<Size, number>> = { "15M": 32, "135M": 8, "360M": 4 };
const TARGETS: Readonly<Record<Size, number>> = { "15M": 1, "135M": 0.95, "360M": 0.95 };
const PREFILL_TARGET = 0.6;

/** What is used of node-llama-cpp. */
interface Sequence {
  clearHistory(): Promise<void>;
  evaluateWithoutGeneratingNewTokens(tokens: readonly number[]): Promise<void>;
  evaluate(tokens: readonly number[], options: { readonly temperature: number }): AsyncGenerator<number>;
}

interface Figures {
  readonly prefill: number;
  readonly decode: number;
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), "hyperion-bench-"));
  const sizes: readonly Size[] = quick ? ["15M"] : ["15M", "135M", "360M"];
  const rows: BenchRow[] = [];
  const summary: BenchResult["summary"][number][] = [];
  try {
    for (const size of sizes) {
      log(`writing ${size}`);
      const path = join(folder, `${size}.gguf`);
      writeSyntheticGguf(path, SYNTHETIC_SHAPES[size], { seed: 1, type: "Q8_0" });
      for (const threads of quick ? [1] : [1, 2]) {
        log(`measuring ${size} with ${threads} threads`);
        const { ours, peer } = await measure(path, size, threads, quick ? 3 : 9);
        const label = `${size}, ${threads} ${threads === 1 ? "thread" : "threads"}`;
        const row = (what: keyof Figures): BenchRow => ({
          workload: `${what}, ${label}`,
          ...{ ours: ours[what], peer: peer[what], peerName: "llama.cpp", unit: "tokens/s" },
          ratio: ours[what] / peer[what],
        });
        rows.push(row("decode"), row("prefill"));
        if (threads === 1) summary.push({ label: `decode ${size}`, ratio: rows.at(-2)!.ratio!, target: TARGETS[size] });
      }
      rmSync(path);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const prefill = rows.filter(({ workload }) => workload.startsWith("prefill")).map(({ ratio }) => ratio!);
  return {
    method:
      `Random weights, ${PROMPT} tokens of prompt, then decoding. One thread: CPU time; two: wall clock. Medians of interleaved ` +
      `rounds. Asserted in the run: batched = one at a time = with threads, every logit of the last position.`,
    rows,
    summary: [...summary, { label: "prefill", ratio: geometricMean(prefill), target: PREFILL_TARGET }],
  };
}

async function measure(
  path: string,
  size: Size,
  threads: number,
  rounds: number,
): Promise<{ ours: Figures; peer: Figures }> {
  const engine = openEngine(path);
  await assertEqual(engine, path, threads);
  if (threads > 1) await engine.useThreads(threads);
  const { sequence, close } = await openPeer(path, threads);
  const clock = threads === 1 ? ownCpu : (): number => performance.now();
  const rate = async (tokens: number, work: () => Promise<unknown>): Promise<number> => {
    const started = clock();
    await work();
    return (1000 * tokens) / (clock() - started);
  };
  const [ours, peer] = [
    { prefill: [] as number[], decode: [] as number[] },
    { prefill: [] as number[], decode: [] as number[] },
  ];
  for (let round = 0; round < Math.max(3, rounds >> 1); round++) {
    const tokens = prompt(engine, round);
    ours.prefill.push(await rate(PROMPT, async () => engine.read(tokens)));
    await sequence.clearHistory();
    peer.prefill.push(await rate(PROMPT, () => sequence.evaluateWithoutGeneratingNewTokens(tokens)));
  }
  const burst = BURST[size];
  const state = { position: PROMPT, ours: 400, peer: 400 };
  for (let round = 0; round < rounds; round++) {
    ours.decode.push(
      await rate(burst, async () => {
        for (let i = 0; i < burst; i++) state.ours = engine.forward(state.ours, state.position++);
      }),
    );
    peer.decode.push(
      await rate(burst, async () => {
        let left = burst;
        for await (const token of sequence.evaluate([state.peer], { temperature: 0 })) {
          state.peer = token;
          if (--left === 0) break;
        }
      }),
    );
  }
  engine.close();
  await close();
  const middle = (figures: { prefill: number[]; decode: number[] }): Figures => ({
    prefill: median(figures.prefill),
    decode: median(figures.decode),
  });
  return { ours: middle(ours), peer: middle(peer) };
}

function openEngine(path: string): Engine {
  const source = openFile(path);
  const engine = createEngine(importGguf(readGguf(source), { context: CONTEXT }));
  source.close();
  return engine;
}

/** The shortest prompt that has whole batches and a rest, in each of the ways that it can be computed. */
async function assertEqual(engine: Engine, path: string, threads: number): Promise<void> {
  const tokens = prompt(engine, 99).slice(0, 23);
  engine.read(tokens);
  const batched = engine.logits();
  const other = openEngine(path);
  if (threads > 1) await other.useThreads(threads);
  tokens.forEach((token, position) => void other.forward(token, position));
  const differs = other.logits().findIndex((logit, i) => logit !== batched[i]);
  other.close();
  if (differs >= 0) throw new Error(`logit ${differs} differs between batched and single positions`);
}

function prompt(engine: Engine, round: number): number[] {
  const vocab = engine.header.vocab - 300;
  return Array.from({ length: PROMPT }, (_, i) => 300 + ((i * 7919 + round * 13) % vocab));
}

async function openPeer(path: string, threads: number): Promise<{ sequence: Sequence; close(): Promise<void> }> {
  const { getLlama, LlamaLogLevel } = await import(pathToFileURL(installed()).href);
  const options = {
    gpu: false,
    build: "never",
    skipDownload: true,
    logLevel: LlamaLogLevel.error,
    maxThreads: threads,
  };
  const llama = await getLlama(options);
  const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
  const count = { ideal: threads, min: threads };
  const context = await model.createContext({ contextSize: CONTEXT, batchSize: 512, threads: count });
  return { sequence: context.getSequence(), close: () => llama.dispose() };
}

/** The peer's entry point, installed on first use with its prebuilt binary and no scripts. */
function installed(): string {
  const folder = join(homedir(), ".cache", "hyperion", "peers", `${PACKAGE}-${VERSION}`);
  const entry = join(folder, "node_modules", PACKAGE, "dist", "index.js");
  if (existsSync(entry)) return entry;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"private":true}\n');
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--save-exact", "--loglevel=error"];
  execFileSync("npm", ["install", ...flags, `${PACKAGE}@${VERSION}`], { cwd: folder, stdio: ["ignore", 2, 2] });
  return entry;
}
