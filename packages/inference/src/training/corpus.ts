import { FIELDS, HELD_OUT, TOOLS, type Tool, TRAINING } from "./templates.ts";

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
  /** Patterns never seen in training instead of training patterns. */
  readonly heldOutTemplates: boolean;
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

/** Draws one sample; the same `random` state gives the same sample on every machine. */
export function drawSample(random: Random, options: SampleOptions): Sample {
  const tool = random.pick(TOOLS);
  const text = options.heldOutTemplates
    ? chooseAlternatives(random.pick(HELD_OUT[tool]), random)
    : drawTraining(tool, options.noise, random);
  const asset = drawAsset(random, options.unseenNames);
  let second = drawAsset(random, options.unseenNames);
  while (second === asset) second = drawAsset(random, options.unseenNames);
  const person = drawPerson(random, options.unseenNames);
  const chain = drawChain(random, options.unseenNames);
  const amount = drawAmount(random);
  const to = tool === "swap" ? second : tool === "bridge" ? chain : person;
  const lower = random.chance(30);
  const spoken = (ticker: string): string =>
    ticker === "ETH" && random.chance(12) ? "ether" : lower ? ticker.toLowerCase() : ticker;
  const filled = text
    .replace("{n} {a}", () => `${speakAmount(amount, text.includes("my {n}"), random)} {a}`)
    .replace("{n}", () => amount)
    .replaceAll("{a}", () => spoken(asset))
    .replace("{b}", () => spoken(second))
    .replace("{w}", () => person)
    .replace("{c}", () => chain);
  const values = { asset, amount, to };
  const output = JSON.stringify({ tool, ...Object.fromEntries(FIELDS[tool].map((field) => [field, values[field]])) });
  return { tool, frame: text, prompt: dress(filled, tool, random), output };
}

/** Words of at least three letters in at least two training patterns, sorted: the vocabulary's word pieces. */
export function trainingWords(): string[] {
  const sources = [...Object.values(TRAINING).flat(), ...OPENINGS, ...STATEMENT_OPENINGS, ...CLOSINGS, ...FILLERS];
  const uses = new Map<string, number>();
  for (const text of sources) {
    for (const word of new Set(text.replace(/\{.\}/g, " ").match(/[a-z]{3,}/g)))
      uses.set(word, (uses.get(word) ?? 0) + 1);
  }
  const frequent = [...uses].filter(([, count]) => count > 1).map(([word]) => word);
  return [...new Set([...frequent, "all", "entire", "whole", "ether"])].sort();
}

/** Every sentence frame that a pattern stands for. */
export function expandPattern(pattern: string): string[] {
  const choice = /\[([^\]]*)\]/.exec(pattern);
  if (!choice) return [tidy(pattern)];
  return choice[1]!.split("|").flatMap((option) => expandPattern(pattern.replace(choice[0], () => option)));
}

const HELD_OUT_FRAMES: ReadonlySet<string> = new Set(Object.values(HELD_OUT).flat().flatMap(expandPattern));

/** A frame of a training pattern that is not a held-out one. */
function drawTraining(tool: Tool, noise: boolean, random: Random): string {
  for (;;) {
    const plain = chooseAlternatives(random.pick(TRAINING[tool]), random);
    const text = noise && tool !== "none" ? disturb(plain, random) : plain;
    if (!HELD_OUT_FRAMES.has(text)) return text;
  }
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

function dress(text: string, tool: Tool, random: Random): string {
  const imperative = IMPERATIVES.has(text.split(" ", 1)[0]!) && tool !== "none";
  const opening = random.pick(imperative ? OPENINGS : STATEMENT_OPENINGS);
  const question = QUESTIONS.has(tool) && random.chance(50);
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

function drawAsset(random: Random, unseen: number): string {
  if (!random.chance(unseen * 100)) return random.pick(ASSETS);
  return randomName(random, 3 + random.below(3)).toUpperCase();
}

function drawPerson(random: Random, unseen: number): string {
  const name = random.chance(unseen * 100) ? randomName(random, 3 + random.below(5)) : random.pick(PEOPLE);
  return random.chance(15) ? `${name}.eth` : name;
}

function drawChain(random: Random, unseen: number): string {
  return random.chance(unseen * 100) ? randomName(random, 4 + random.below(5)) : random.pick(CHAINS);
}
