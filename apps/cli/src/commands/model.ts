import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import {
  type Accuracy,
  createEngine,
  type Engine,
  ggufReference,
  importGguf,
  isNetwork,
  measureAccuracy,
  openFile,
  readGguf,
} from "@hyperion/inference";
import { Command, InvalidArgumentError, Option } from "commander";
import { bytesToHex, type Hex } from "viem";
import { dim } from "../terminal/style.ts";
import { describeNetwork, importNetwork, networkReport } from "./import-network.ts";
import { registerModelCommand } from "./register-model.ts";

/** What an import did; `accuracy` when it was measured. */
interface ImportReport extends ModelReport {
  readonly model: string;
  readonly accuracy?: Accuracy;
}

interface ModelReport {
  readonly root: Hex;
  readonly bytes: number;
  readonly callable: boolean;
  readonly header: Engine["header"];
}

const SAMPLES: readonly string[] = [
  "The quick brown fox jumps over the lazy dog.",
  "In 1991, a student announced that he was writing a free operating system.",
  "def add(a, b):\n    return a + b\n",
];
/** Positions per sample: enough to see drift, few enough for a model of a billion parameters in f64. */
const SAMPLE_POSITIONS = 16;

/** `hyperion model`: makes, describes and tries model blobs. */
export const modelCommand = (): Command =>
  new Command("model")
    .description("Import, inspect, try and register models of the on-chain inference engine.")
    .addCommand(importCommand())
    .addCommand(inspectCommand())
    .addCommand(runCommand())
    .addCommand(registerModelCommand());

const importCommand = (): Command =>
  new Command("import")
    .description("Make a model blob of a GGUF file of the Llama family, or of an ONNX file of an image classifier.")
    .argument("<file>", "file to read: .gguf, or .onnx")
    .argument("<model>", "blob to write")
    .addOption(
      new Option("--context <positions>", "longest context (default: the file's, at most 2048)").argParser(count),
    )
    .addOption(
      new Option("--bits <bits>", "bits of weights that are not kept as they are").choices(["8", "4"]).default("8"),
    )
    .option("--text <text...>", "inputs on which accuracy is measured against 64-bit floats")
    .option(
      "--images <folder>",
      "ONNX: raw pixels (u8, row by row) of typical images, one per file; without, noise is used",
    )
    .option("--no-accuracy", "do not measure accuracy: it takes a while for large models")
    .option("--json", "print one JSON object instead of text", false)
    .action((path: string, model: string, options: ImportFlags) => {
      if (path.endsWith(".onnx")) {
        const network = importNetwork(path, model, options.images);
        process.stdout.write(options.json ? `${JSON.stringify(network)}\n` : describeNetwork(network));
        return;
      }
      const report = runImport(path, model, options);
      process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describeImport(report));
    });

interface ImportFlags {
  readonly context?: number;
  readonly bits: "4" | "8";
  readonly text?: readonly string[];
  readonly images?: string;
  readonly accuracy: boolean;
  readonly json: boolean;
}

const runImport = (path: string, model: string, flags: ImportFlags): ImportReport => {
  const source = openFile(path);
  try {
    const file = readGguf(source);
    const bits = flags.bits === "4" ? 4 : 8;
    const blob = importGguf(file, { bits, ...(flags.context !== undefined && { context: flags.context }) });
    const engine = createEngine(blob);
    mkdirSync(dirname(model), { recursive: true });
    writeFileSync(model, blob);
    const sequences = (flags.text ?? SAMPLES).map((text) => (engine.tokenize(text) ?? []).slice(0, SAMPLE_POSITIONS));
    const accuracy = flags.accuracy && { accuracy: measureAccuracy(engine, ggufReference(file), sequences) };
    return { model, ...describe(engine, blob), ...accuracy };
  } finally {
    source.close();
  }
};

const inspectCommand = (): Command =>
  new Command("inspect")
    .description("Check a model blob and print its root and shape.")
    .argument("<model>", "blob to read")
    .option("--json", "print one JSON object instead of text", false)
    .action((path: string, { json }: { json: boolean }) => {
      const blob = new Uint8Array(readFileSync(path));
      if (isNetwork(blob)) {
        const network = networkReport(path, blob);
        process.stdout.write(json ? `${JSON.stringify(network)}\n` : describeNetwork(network));
        return;
      }
      const report = describe(createEngine(blob), blob);
      process.stdout.write(json ? `${JSON.stringify(report)}\n` : table(rowsOf(report)));
    });

const runCommand = (): Command =>
  new Command("run")
    .description("Let a model continue a prompt, with the bits that a chain would compute.")
    .argument("<model>", "blob to read")
    .argument("<prompt>", "text to continue")
    .addOption(new Option("--tokens <number>", "most tokens to generate").argParser(count).default(64))
    .addOption(new Option("--threads <number>", "threads to use").argParser(count).default(1))
    .option("--json", "print one JSON object instead of text", false)
    .action(async (path: string, prompt: string, flags: { tokens: number; threads: number; json: boolean }) => {
      const engine = createEngine(new Uint8Array(readFileSync(path)));
      if (flags.threads > 1) await engine.useThreads(Math.min(flags.threads, availableParallelism()));
      const started = performance.now();
      const result = engine.generate(prompt, flags.tokens);
      const milliseconds = Math.round(performance.now() - started);
      engine.close();
      if (!result) throw new Error("The prompt is empty or longer than the model's context.");
      const summary = dim(`${result.tokens} tokens in ${milliseconds} ms`);
      process.stdout.write(
        flags.json ? `${JSON.stringify({ ...result, milliseconds })}\n` : `${result.text}\n${summary}\n`,
      );
    });

const describe = (engine: Engine, blob: Uint8Array): ModelReport => ({
  root: bytesToHex(engine.id),
  bytes: blob.length,
  callable: engine.callable,
  header: engine.header,
});

const rowsOf = ({ root, bytes, callable, header }: ModelReport): Record<string, string> => ({
  Root: root,
  Size: `${bytes} bytes`,
  Shape: `${header.layers} layers of ${header.dim}, inner ${header.ffn}, ${header.heads} heads of ${header.headDim} (${header.kvHeads} for keys)`,
  Vocabulary: `${header.vocab} tokens, ${header.tokenizer}`,
  Context: `${header.context} positions`,
  "From contracts": callable ? "yes" : "no: too large for a transaction",
});

const describeImport = (report: ImportReport): string => {
  const { accuracy } = report;
  const measured: Record<string, string> = accuracy
    ? {
        "Against f64": `cosine ${accuracy.meanCosine.toFixed(7)} (least ${accuracy.leastCosine.toFixed(7)}), same best token at ${(100 * accuracy.sameTop).toFixed(1)} % of ${accuracy.positions} positions`,
      }
    : {};
  return table({ Model: report.model, ...rowsOf(report), ...measured });
};

const table = (rows: Readonly<Record<string, string>>): string =>
  Object.entries(rows)
    .map(([label, value]) => `  ${label.padEnd(16)}${value}\n`)
    .join("");

const count = (text: string): number => {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError("A positive number is expected.");
  return Number(text);
};
