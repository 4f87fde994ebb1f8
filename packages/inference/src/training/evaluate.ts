import { readFileSync, writeFileSync } from "node:fs";
import { createEngine, type Engine } from "../engine.ts";
import { createRandom, drawSample, type Sample, type SampleOptions } from "./corpus.ts";
import { RECIPE } from "./recipe.ts";
import { TOOLS, type Tool } from "./templates.ts";

/**
 * `npm run evaluate -w packages/inference [model]`: share of held-out samples whose answer the integer engine gives
 * exactly, byte for byte. Writes `models/default.eval.json` when it evaluates the shipped model.
 */
const COUNT = 2000;
const shipped = new URL("../../models/default.model", import.meta.url);

/** Test sets; seeds differ from training, and samples whose prompt was trained on are not excluded where templates repeat. */
const SETS: Record<string, SampleOptions & { readonly seed: number }> = {
  "training templates, known names": { heldOutTemplates: false, noise: false, unseenNames: 0, seed: 9001 },
  "training templates, unseen names": { heldOutTemplates: false, noise: false, unseenNames: 1, seed: 9002 },
  "held-out templates, known names": { heldOutTemplates: true, noise: false, unseenNames: 0, seed: 9003 },
  "held-out templates, unseen names": { heldOutTemplates: true, noise: false, unseenNames: 1, seed: 9004 },
};

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

function evaluate(engine: Engine, options: SampleOptions, seed: number): Score {
  const random = createRandom(seed);
  const perTool = Object.fromEntries(TOOLS.map((tool) => [tool, { exact: 0, of: 0 }])) as Score["perTool"];
  const score: Score = { exact: 0, tool: 0, perTool, failures: {} };
  for (let i = 0; i < COUNT; i++) {
    const sample: Sample = drawSample(random, options);
    const answer = engine.generate(sample.prompt)?.text ?? "";
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
  Object.entries(SETS).map(([name, { seed, ...options }]) => [name, evaluate(engine, options, seed)]),
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
