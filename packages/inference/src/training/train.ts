import { mkdirSync, writeFileSync } from "node:fs";
import { createTokenizer, type Tokenizer } from "../tokenizer.ts";
import { createRandom, drawSample, type Sample, type SampleOptions } from "./corpus.ts";
import { RECIPE } from "./recipe.ts";
import { createTrainer, initialWeights, type Sequence, type Trainer, type TrainingShape } from "./trainer.ts";
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

type Round = (typeof RECIPE.rounds)[number];

/** Linear warm-up, a smooth fall, at the end a linear one to 0; polynomials, because libm differs between machines. */
function learningRate(round: Round, step: number): number {
  const progress = step / RECIPE.horizon;
  const fall = 1 - progress * progress * (3 - 2 * progress);
  const peak = round.rate * Math.min(1, step / round.warmup);
  return peak * (0.02 + 0.98 * fall) * Math.min(1, (round.steps + 1 - step) / round.cooldown);
}

function report(trainer: Trainer, tokenizer: Tokenizer, step: string, loss: number, seconds: number): void {
  const share = (templates: SampleOptions["templates"], unseenNames: number): string =>
    (100 * exactShare(trainer, tokenizer, { templates, noise: false, unseenNames }, 250, 4242)).toFixed(1);
  console.log(
    `step ${step} loss ${loss.toFixed(4)} ${seconds.toFixed(0)} s, exact %: training ${share("training", 0)}, ` +
      `unseen names ${share("training", 1)}, development ${share("development", 0)}, both ${share("development", 1)}`,
  );
}

/** Trains from `weights` on, with optimiser state of its own and the samples of `seed`. */
function trainRound(
  round: Round,
  tokenizer: Tokenizer,
  shape: TrainingShape,
  weights: Float32Array,
  seed: number,
): Float32Array {
  const trainer = createTrainer(shape, RECIPE.batch * RECIPE.length, RECIPE.length);
  trainer.setWeights(weights);
  const options: SampleOptions = { templates: "training", noise: true, unseenNames: round.unseenNames };
  const random = createRandom(seed);
  const started = Date.now();
  let average = 0;
  for (let step = 1; step <= round.steps; step++) {
    const batch: Sequence[] = [];
    while (batch.length < RECIPE.batch) {
      const sequence = toSequence(drawSample(random, options), tokenizer);
      if (sequence.tokens.length <= RECIPE.length) batch.push(sequence);
    }
    const loss = trainer.train(batch, learningRate(round, step));
    average = step === 1 ? loss : average * 0.95 + loss * 0.05;
    if (step % 250 === 0 || step === round.steps) {
      report(trainer, tokenizer, `${step}/${round.steps}`, average, (Date.now() - started) / 1000);
    }
  }
  return trainer.weights().slice();
}

/** Averaged rounds generalise better than the last of them. */
function meanOf(rounds: readonly Float32Array[]): Float32Array {
  return rounds[0]!.map((_, i) => rounds.reduce((sum, weights) => sum + weights[i]!, 0) / rounds.length);
}

function main(): void {
  const pieces = defaultPieces();
  const options = { controls: CONTROLS, pieces, unknown: CONTROL.unknown, leadingSpace: true, wholeWords: true };
  const tokenizer = createTokenizer(options);
  const shape = { ...RECIPE.shape, vocab: defaultVocab() };
  const results = [initialWeights(shape, RECIPE.seed)];
  console.log(`${results[0]!.length} parameters, ${shape.vocab} tokens, ${RECIPE.rounds.length} rounds`);
  for (const [i, round] of RECIPE.rounds.entries()) {
    results.push(trainRound(round, tokenizer, shape, results[i]!, RECIPE.seed + 1 + i));
  }
  mkdirSync(cache, { recursive: true });
  writeFileSync(new URL("default.weights", cache), Buffer.from(meanOf(results.slice(1)).buffer));
}

main();
