import { mkdirSync, writeFileSync } from "node:fs";
import { createTokenizer, type Tokenizer } from "../tokenizer.ts";
import { createRandom, drawSample, type Sample, type SampleOptions } from "./corpus.ts";
import { RECIPE } from "./recipe.ts";
import { createTrainer, initialWeights, type Sequence, type Trainer } from "./trainer.ts";
import { CONTROL, CONTROLS, defaultPieces, defaultVocab } from "./vocabulary.ts";

/**
 * `npm run train`: trains the default model from `RECIPE` and writes its f32 weights to the cache, where `npm run package`
 * quantises them. The same build gives the same bits; an interrupted run starts over.
 */
const cache = new URL("../../.cache/", import.meta.url);

function toSequence(sample: Sample, tokenizer: Tokenizer): Sequence {
  const prompt = [CONTROL.begin, ...tokenizer.encode(sample.prompt), CONTROL.answer];
  const answer = [...encodeAnswer(sample.output, tokenizer), CONTROL.end];
  const tokens = [...prompt, ...answer];
  const targets = tokens.slice(1).map((token, i) => (i + 1 >= prompt.length ? token : -1));
  return { tokens: tokens.slice(0, -1), targets };
}

/** The answer's pieces, without the leading space that prompts get. */
function encodeAnswer(output: string, tokenizer: Tokenizer): number[] {
  return tokenizer.encode(output).slice(1);
}

function exactShare(
  trainer: Trainer,
  tokenizer: Tokenizer,
  options: SampleOptions,
  count: number,
  seed: number,
): number {
  const random = createRandom(seed);
  let exact = 0;
  for (let i = 0; i < count; i++) if (trainer.isExact(toSequence(drawSample(random, options), tokenizer))) exact++;
  return exact / count;
}

/** Linear warm-up, a smooth fall, at the end a linear one to 0; polynomials, because libm differs between machines. */
function learningRate(step: number): number {
  const progress = step / RECIPE.horizon;
  const fall = 1 - progress * progress * (3 - 2 * progress);
  const peak = RECIPE.rate * Math.min(1, step / RECIPE.warmup);
  return peak * (0.02 + 0.98 * fall) * Math.min(1, (RECIPE.steps + 1 - step) / RECIPE.cooldown);
}

function report(trainer: Trainer, tokenizer: Tokenizer, step: number, loss: number, seconds: number): void {
  const share = (templates: SampleOptions["templates"], unseenNames: number): string =>
    (100 * exactShare(trainer, tokenizer, { templates, noise: false, unseenNames }, 250, 4242)).toFixed(1);
  console.log(
    `step ${step}/${RECIPE.steps} loss ${loss.toFixed(4)} ${seconds.toFixed(0)} s, exact %: training ${share("training", 0)}, ` +
      `unseen names ${share("training", 1)}, development ${share("development", 0)}, both ${share("development", 1)}`,
  );
}

function main(): void {
  const pieces = defaultPieces();
  const tokenizer = createTokenizer({
    controls: CONTROLS,
    pieces,
    unknown: CONTROL.unknown,
    leadingSpace: true,
    wholeWords: true,
  });
  const shape = { ...RECIPE.shape, vocab: defaultVocab() };
  const trainer = createTrainer(shape, RECIPE.batch * RECIPE.length, RECIPE.length);
  trainer.setWeights(initialWeights(shape, RECIPE.seed));
  console.log(`${trainer.parameters} parameters, ${shape.vocab} tokens, ${RECIPE.steps} steps`);
  const random = createRandom(RECIPE.seed + 1);
  const started = Date.now();
  let average = 0;
  for (let step = 1; step <= RECIPE.steps; step++) {
    const batch: Sequence[] = [];
    while (batch.length < RECIPE.batch) {
      const sequence = toSequence(drawSample(random, RECIPE.sampling), tokenizer);
      if (sequence.tokens.length <= RECIPE.length) batch.push(sequence);
    }
    const loss = trainer.train(batch, learningRate(step));
    average = step === 1 ? loss : average * 0.95 + loss * 0.05;
    if (step % 250 === 0 || step === RECIPE.steps) {
      report(trainer, tokenizer, step, average, (Date.now() - started) / 1000);
      mkdirSync(cache, { recursive: true });
      writeFileSync(new URL("default.weights", cache), Buffer.from(trainer.weights().slice().buffer));
    }
  }
}

main();
