import { readFileSync, writeFileSync } from "node:fs";
import { bytesToHex, decodeFunctionResult, encodeFunctionData, hexToBytes, parseAbi } from "viem";
import { createEngine, type Engine } from "../engine.ts";
import { createRandom, drawSample, type SampleOptions } from "./corpus.ts";
import { RECIPE } from "./recipe.ts";
import { FIELDS, TOOLS, type Tool } from "./templates.ts";

/**
 * `npm run evaluate -w packages/inference [model]`: share of samples whose answer the integer engine gives exactly, byte
 * for byte, freely (`generate`) and with a schema of the tool calls (`complete`, as a contract would ask). Writes
 * `models/default.eval.json` when it evaluates the shipped model.
 */
const COUNT = 1000;
const shipped = new URL("../../models/default.model", import.meta.url);

/** Test sets; seeds differ from training. Where templates repeat, so may prompts; development and held-out ones cannot. */
const SETS: Record<string, SampleOptions & { readonly seed: number }> = {
  "training templates, known names": { templates: "training", noise: false, unseenNames: 0, seed: 9001 },
  "training templates, unseen names": { templates: "training", noise: false, unseenNames: 1, seed: 9002 },
  "development templates, known names": { templates: "development", noise: false, unseenNames: 0, seed: 9003 },
  "development templates, unseen names": { templates: "development", noise: false, unseenNames: 1, seed: 9004 },
  "held-out templates, known names": { templates: "held-out", noise: false, unseenNames: 0, seed: 9005 },
  "held-out templates, unseen names": { templates: "held-out", noise: false, unseenNames: 1, seed: 9006 },
};

const ABI = parseAbi([
  "struct Options { uint256 maxTokens; uint256 temperature; uint256 topK; uint256 seed; string[] stops; string schema; }",
  "function complete(bytes32 model, string[] turns, Options options) view returns (string, uint256, uint8)",
]);
const ZERO = `0x${"00".repeat(32)}` as const;
const ENOUGH = 1n << 40n;

const COPY = '{"type":"string","x-copy":"prompt"}';

/** Values are words of the prompt, but for the two that have other names there. */
const VALUES = {
  asset: `{"anyOf":[{"const":"ETH"},${COPY}]}`,
  amount: `{"anyOf":[{"const":"all"},${COPY}]}`,
  to: COPY,
} as const;

/** Every tool call and nothing else; tools with the same fields share an object. */
const SCHEMA: string = toolSchema();

function toolSchema(): string {
  const kinds = new Map<string, Tool[]>();
  for (const tool of TOOLS) kinds.set(FIELDS[tool].join(), [...(kinds.get(FIELDS[tool].join()) ?? []), tool]);
  const objects = [...kinds.values()].map((tools) => {
    const values = FIELDS[tools[0]!].map((field) => `"${field}":${VALUES[field]}`);
    return `{"type":"object","properties":{${[`"tool":${JSON.stringify({ enum: tools })}`, ...values].join(",")}}}`;
  });
  return `{"anyOf":[${objects.join(",")}]}`;
}

function answerFreely(engine: Engine, prompt: string): string {
  return engine.generate(prompt)?.text ?? "";
}

function answerBySchema(engine: Engine, prompt: string): string {
  const options = { maxTokens: 0n, temperature: 0n, topK: 0n, seed: 0n, stops: [], schema: SCHEMA };
  const call = encodeFunctionData({ abi: ABI, functionName: "complete", args: [ZERO, [prompt], options] });
  const { status, output } = engine.precompile(hexToBytes(call), ENOUGH);
  if (status !== 0) return "";
  return decodeFunctionResult({ abi: ABI, functionName: "complete", data: bytesToHex(output) })[0];
}

interface Score {
  exact: number;
  tool: number;
  perTool: Record<Tool, { exact: number; of: number }>;
  /** The first wrong answers by prompt. */
  failures: Record<string, string>;
}

function isTool(text: string, tool: Tool): boolean {
  return text.startsWith(`{"tool":"${tool}"`);
}

function evaluate(answerOf: (prompt: string) => string, options: SampleOptions, seed: number): Score {
  const random = createRandom(seed);
  const perTool = Object.fromEntries(TOOLS.map((tool) => [tool, { exact: 0, of: 0 }])) as Score["perTool"];
  const score: Score = { exact: 0, tool: 0, perTool, failures: {} };
  for (let i = 0; i < COUNT; i++) {
    const sample = drawSample(random, options);
    const answer = answerOf(sample.prompt);
    perTool[sample.tool].of++;
    if (isTool(answer, sample.tool)) score.tool++;
    if (answer === sample.output) {
      score.exact++;
      perTool[sample.tool].exact++;
    } else if (Object.keys(score.failures).length < 20) score.failures[sample.prompt] = answer;
  }
  return score;
}

const path = process.argv[2] ?? shipped;
const engine = createEngine(readFileSync(path));
const sets = Object.fromEntries(
  Object.entries(SETS).flatMap(([name, { seed, ...options }]) => [
    [name, evaluate((prompt) => answerFreely(engine, prompt), options, seed)],
    [`${name}, by schema`, evaluate((prompt) => answerBySchema(engine, prompt), options, seed)],
  ]),
);
for (const [name, score] of Object.entries(sets)) {
  console.log(
    `${name}: ${((100 * score.exact) / COUNT).toFixed(2)} % exact, ${((100 * score.tool) / COUNT).toFixed(2)} % right tool`,
  );
}
if (path === shipped) {
  const report = { model: Buffer.from(engine.id).toString("hex"), recipe: RECIPE, samplesPerSet: COUNT, sets };
  writeFileSync(new URL("../../models/default.eval.json", import.meta.url), `${JSON.stringify(report, null, 2)}\n`);
} else console.log(JSON.stringify(sets, null, 2));
