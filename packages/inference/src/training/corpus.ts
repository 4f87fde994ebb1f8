import { HELD_OUT } from "./held-out.ts";
import { QUALITIES, THINGS } from "./phrases/everyday-words.ts";
import { PHRASES } from "./phrases.ts";
import { DEVELOPMENT, FIELDS, TOOLS, type Tool, TRAINING } from "./templates.ts";

/** An intent and the tool call that it means, both exact: the output is compact JSON with fields in `FIELDS` order. */
export interface Sample {
  readonly tool: Tool;
  /** The pattern that was filled, after alternatives and noise. */
  readonly frame: string;
  readonly prompt: string;
  readonly output: string;
}

/** Which part of the language a sample is drawn from. */
export interface SampleOptions {
  /** Training patterns and phrases, or patterns whose frames are never drawn in training. */
  readonly templates: "training" | "development" | "held-out";
  /** Sometimes adds a filler word or drops a small one, so that unusual phrasings are not surprising. */
  readonly noise: boolean;
  /** Probability in [0, 1] that a ticker, person or chain is random letters instead of a listed name. */
  readonly unseenNames: number;
}

/** Deterministic source of integers; xorshift32, so that the corpus is the same on every machine. */
export interface Random {
  /** Uniform in [0, n). */
  below(n: number): number;
  /** True with probability `percent` / 100. */
  chance(percent: number): boolean;
  pick<T>(items: readonly T[]): T;
}

export function createRandom(seed: number): Random {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x2545f491) >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  const below = (n: number): number => Math.floor((next() / 4294967296) * n);
  return { below, chance: (percent) => below(100) < percent, pick: (items) => items[below(items.length)]! };
}

export const ASSETS: readonly string[] =
  "ETH USDC DAI WBTC USDT LINK UNI AAVE WETH STETH CRV MKR LDO ARB OP POL SNX FRAX COMP GMX METIS ENA PEPE SOL BNB AVAX RETH CBETH GHO SUSHI".split(
    " ",
  );
export const PEOPLE: readonly string[] =
  "alice bob carol dave erin frank grace heidi ivan judy mallory oscar peggy trent victor wendy anna tom maria chen yuki omar priya lars".split(
    " ",
  );
export const CHAINS: readonly string[] =
  "ethereum arbitrum optimism base andromeda hyperion polygon avalanche gnosis linea scroll zksync mantle blast".split(
    " ",
  );

const OPENINGS: readonly string[] = [
  "",
  "",
  "",
  "",
  "please ",
  "can you ",
  "could you ",
  "could you please ",
  "can you please ",
  "i want to ",
  "i would like to ",
  "i'd like to ",
  "i need to ",
  "let me ",
  "let's ",
  "help me ",
  "hey, ",
  "hi, ",
  "ok, ",
  "now ",
  "just ",
  "go ahead and ",
  "would you ",
  "i wanna ",
];
const STATEMENT_OPENINGS: readonly string[] = ["", "", "", "please ", "hey, ", "hi, ", "ok, ", "now ", "hey bot, "];
const CLOSINGS: readonly string[] = [
  "",
  "",
  "",
  "",
  "",
  " please",
  " now",
  " for me",
  " today",
  " thanks",
  ", thanks",
  ", please",
  " asap",
  " right now",
  " right away",
  " if you can",
  " thank you",
];
const FILLERS: readonly string[] = "just really also simply quickly kindly then actually maybe here some again".split(
  " ",
);
const SMALL_WORDS: ReadonlySet<string> = new Set("the a my of some one that i to".split(" "));
const STOPS: readonly string[] = ["", "", "", "", ".", "!"];
/** First words after which an opening such as "please" would not be English. */
const IMPERATIVES: ReadonlySet<string> = new Set(
  "lend supply deposit add provide post put park place loan earn make get increase raise top move use let have start begin fund withdraw redeem take pull remove claim cash unlock release free reduce lower decrease stop borrow draw open request lend repay pay return give settle clear cover cut close swap exchange trade convert change sell spend buy turn purchase acquire rotate send transfer wire tip reward forward remit gift donate contribute stake delegate bond lock secure back support unstake undelegate unbond end quit exit bridge port bring show check see display tell quote count list report give grow extend commit hand pass ship share apply bring carry cancel undo see look find ask quote shrink empty drain go".split(
    " ",
  ),
);
const QUESTIONS: ReadonlySet<Tool> = new Set<Tool>(["balance", "price", "none"]);
const ASKING = /^(can|could|would|will|shall|may|should|how|why|is|are|do)\b/;

/** Draws one sample; the same `random` state gives the same sample on every machine. */
export function drawSample(random: Random, options: SampleOptions): Sample {
  const tool = random.pick(TOOLS);
  const text = drawFrame(tool, options, random);
  const asset = drawAsset(random, options);
  let second = drawAsset(random, options);
  while (second === asset) second = drawAsset(random, options);
  const person = drawPerson(random, options);
  const chain = drawChain(random, options);
  const amount = drawAmount(random);
  const to = tool === "swap" ? second : tool === "bridge" ? chain : person;
  const lower = random.chance(30);
  const spoken = (ticker: string): string =>
    ticker === "ETH" && random.chance(12) ? "ether" : lower ? ticker.toLowerCase() : ticker;
  const filled = text
    .replace("{n} {a}", () => `${speakAmount(amount, text.includes("my {n}"), random)} {a}`)
    .replace("{n}", () => amount)
    .replaceAll("{a}", () => spoken(asset))
    .replaceAll("{b}", () => spoken(second))
    .replaceAll("{w}", () => person)
    .replaceAll("{c}", () => chain);
  const values = { asset, amount, to };
  const output = JSON.stringify({ tool, ...Object.fromEntries(FIELDS[tool].map((field) => [field, values[field]])) });
  return { tool, frame: text, prompt: dress(filled, tool, options.noise, random), output };
}

/** Words of at least two training patterns or phrases, sorted: the vocabulary's word pieces. */
export function trainingWords(): string[] {
  const patterns = [...Object.values(TRAINING).flat(), ...Object.values(PHRASES).flat()];
  const uses = new Map<string, number>();
  for (const text of [...patterns, ...OPENINGS, ...STATEMENT_OPENINGS, ...CLOSINGS, ...FILLERS]) {
    const plain = text.replace(/\{.\}|<[a-z.-]+>/g, " ");
    for (const word of new Set(plain.match(/[a-z]+/g))) uses.set(word, (uses.get(word) ?? 0) + 1);
  }
  const frequent = [...uses].filter(([, count]) => count > 1).map(([word]) => word);
  return [...new Set([...frequent, "all", "entire", "whole", "ether"])].sort();
}

const WORDS: readonly string[] = trainingWords();

/** Every sentence frame that a pattern stands for. */
export function expandPattern(pattern: string): string[] {
  const choice = /\[([^\]]*)\]/.exec(pattern);
  if (!choice) return [tidy(pattern)];
  return choice[1]!.split("|").flatMap((option) => expandPattern(pattern.replace(choice[0], () => option)));
}

const RESERVED_FRAMES: ReadonlySet<string> = new Set(
  [DEVELOPMENT, HELD_OUT].flatMap((patterns) => Object.values(patterns).flat()).flatMap(expandPattern),
);

/** In training one sentence in three is of a pattern, the others of the phrases; none is a reserved frame. */
function drawFrame(tool: Tool, options: SampleOptions, random: Random): string {
  if (options.templates === "development") return chooseAlternatives(random.pick(DEVELOPMENT[tool]), random);
  if (options.templates === "held-out") return chooseAlternatives(random.pick(HELD_OUT[tool]), random);
  for (;;) {
    const plain = random.chance(33)
      ? chooseAlternatives(random.pick(TRAINING[tool]), random)
      : tidy(expandRules(`<${tool}>`, random));
    const text = options.noise && tool !== "none" ? disturb(plain, random) : plain;
    if (!RESERVED_FRAMES.has(plain) && !RESERVED_FRAMES.has(text)) return text;
  }
}

/** Replaces rules by phrases until only slots are left. */
function expandRules(text: string, random: Random): string {
  return text
    .replace(/\[([^\]]*)\]/g, (_, choices: string) => random.pick(choices.split("|")))
    .replace(/<([a-z.-]+)>/g, (_, rule: string) => drawRule(rule, random));
}

function drawRule(rule: string, random: Random): string {
  if (rule === "thing") return random.chance(70) ? random.pick(THINGS) : randomName(random, 3 + random.below(6));
  if (rule === "quality") return random.chance(85) ? random.pick(QUALITIES) : randomName(random, 4 + random.below(5));
  return expandRules(random.pick(PHRASES[rule as Tool]), random);
}

/** Inserts a filler word (12 %), not between amount and asset, or drops one small word (10 %). */
function disturb(text: string, random: Random): string {
  const words = text.split(" ");
  const kind = random.below(100);
  if (kind < 12) {
    const place = random.below(words.length);
    if (words[place - 1] !== "{n}") words.splice(place, 0, random.pick(FILLERS));
  } else if (kind < 22) {
    const place = random.below(words.length);
    if (SMALL_WORDS.has(words[place]!)) words.splice(place, 1);
  }
  return words.join(" ");
}

function chooseAlternatives(pattern: string, random: Random): string {
  return tidy(pattern.replace(/\[([^\]]*)\]/g, (_, choices: string) => random.pick(choices.split("|"))));
}

/** An empty alternative leaves two spaces behind. */
function tidy(text: string): string {
  return text.replace(/ +/g, " ").trim();
}

function dress(text: string, tool: Tool, noise: boolean, random: Random): string {
  const imperative = IMPERATIVES.has(text.split(" ", 1)[0]!) && tool !== "none";
  const opening = random.pick(imperative ? OPENINGS : STATEMENT_OPENINGS);
  const question = (QUESTIONS.has(tool) || (noise && ASKING.test(text))) && random.chance(50);
  const dressed = opening + text + random.pick(CLOSINGS) + (question ? "?" : random.pick(STOPS));
  return random.chance(15) ? dressed[0]!.toUpperCase() + dressed.slice(1) : dressed;
}

function speakAmount(amount: string, afterMy: boolean, random: Random): string {
  if (amount !== "all") return amount;
  return afterMy
    ? random.pick(["entire", "whole"])
    : random.pick(["all", "all my", "all of my", "my entire", "all the"]);
}

function drawAmount(random: Random): string {
  const digits = (n: number): string =>
    String(1 + random.below(9)) + Array.from({ length: n - 1 }, () => String(random.below(10))).join("");
  const kind = random.below(10);
  if (kind < 5) return digits(1 + random.below(5));
  if (kind < 7)
    return `${digits(1 + random.below(3))}.${random.below(10)}${random.chance(50) ? 1 + random.below(9) : ""}`;
  if (kind < 9) return `0.${"0".repeat(random.below(4))}${digits(1 + random.below(2))}`;
  return "all";
}

function letters(random: Random, length: number, alphabet: string): string {
  return Array.from({ length }, () => alphabet[random.below(alphabet.length)]).join("");
}

/** Half plain random letters, half alternating consonants and vowels, which look like words. */
function randomName(random: Random, length: number): string {
  if (random.chance(50)) return letters(random, length, "abcdefghijklmnopqrstuvwxyz");
  const shift = random.below(2);
  return Array.from({ length }, (_, i) => letters(random, 1, (i + shift) % 2 ? "aeiou" : "bcdfghjklmnprstvwxyz")).join(
    "",
  );
}

/** Names that are easily miscopied: words of the language, listed names with one letter changed, repeated letters. */
function confusingName(random: Random, listed: readonly string[], length: number): string {
  const kind = random.below(10);
  if (kind < 3) {
    const word = random.pick(WORDS);
    return word.length > 2 ? word : randomName(random, length);
  }
  if (kind < 7) {
    const name = random.pick(listed).toLowerCase();
    const place = random.below(name.length);
    return name.slice(0, place) + randomName(random, 1) + name.slice(place + 1);
  }
  const part = randomName(random, 1 + random.below(3));
  return (randomName(random, random.below(3)) + part.repeat(5)).slice(0, length);
}

/** A listed name or, with the probability of the options, another one; with noise also short, long and confusing ones. */
function drawName(random: Random, options: SampleOptions, listed: readonly string[], from: number, to: number): string {
  const { noise, unseenNames } = options;
  if (!random.chance(unseenNames * 100)) return random.pick(listed);
  if (noise && random.chance(20)) return confusingName(random, listed, from + random.below(to - from + 1));
  const [least, most] = noise ? [from - 1, to + 2] : [from, to];
  return randomName(random, least + random.below(most - least + 1));
}

function drawAsset(random: Random, options: SampleOptions): string {
  return drawName(random, options, ASSETS, 3, 5).toUpperCase();
}

function drawPerson(random: Random, options: SampleOptions): string {
  const name = drawName(random, options, PEOPLE, 3, 7);
  return random.chance(15) ? `${name}.eth` : name;
}

function drawChain(random: Random, options: SampleOptions): string {
  return drawName(random, options, CHAINS, 4, 8);
}
