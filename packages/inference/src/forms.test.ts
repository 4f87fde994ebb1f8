import { readFileSync } from "node:fs";
import fc from "fast-check";
import { type Abi, bytesToHex, decodeErrorResult, decodeFunctionResult, encodeFunctionData, hexToBytes } from "viem";
import { describe, expect, it } from "vitest";
import { createEngine, type Engine, type PrecompileOutcome } from "./engine.ts";
import { randomModel } from "./testing/random-model.ts";

const artifact = new URL("../../../contracts/dist/ai/IInference.json", import.meta.url);
const abi = JSON.parse(readFileSync(artifact, "utf8")).abi as Abi;
const blob = readFileSync(new URL("../models/default.model", import.meta.url));
const engine = createEngine(blob);
const scalar = createEngine(blob, "scalar");
const ZERO = `0x${"00".repeat(32)}` as const;
const ENOUGH = 50_000_000n;

const OPTIONS = { maxTokens: 0n, temperature: 0n, topK: 0n, seed: 0n, stops: [] as string[], schema: "" };
const options = (some: Partial<typeof OPTIONS>): typeof OPTIONS => ({ ...OPTIONS, ...some });

function call(
  functionName: string,
  args: readonly unknown[],
  gas = ENOUGH,
  target: Engine = engine,
): PrecompileOutcome {
  return target.precompile(hexToBytes(encodeFunctionData({ abi, functionName, args })), gas);
}

function result<T>(functionName: string, args: readonly unknown[], target?: Engine): T {
  const outcome = call(functionName, args, ENOUGH, target);
  expect(outcome.status).toBe(0);
  return decodeFunctionResult({ abi, functionName, data: bytesToHex(outcome.output) }) as T;
}

type Answer = readonly [text: string, tokens: bigint, finish: number];
const complete = (turns: string[], some: Partial<typeof OPTIONS> = {}, target?: Engine): Answer =>
  result("complete", [ZERO, turns, options(some)], target);

function refusal(outcome: PrecompileOutcome): readonly unknown[] {
  expect(outcome.status).toBe(1);
  const { errorName, args = [] } = decodeErrorResult({ abi, data: bytesToHex(outcome.output) });
  return [errorName, ...args];
}
const refused = (turns: string[], some: Partial<typeof OPTIONS> = {}): readonly unknown[] =>
  refusal(call("complete", [ZERO, turns, options(some)]));

const PROMPT = "lend 5 ETH to the pool";
const ANSWER = '{"tool":"lend","asset":"ETH","amount":"5"}';

describe("complete", () => {
  it("is generate when nothing is asked for, and says why it ended", () => {
    expect(complete([PROMPT])).toEqual([ANSWER, 8n, 0]);
    expect(complete([PROMPT], { maxTokens: 3n })).toEqual(['{"tool":"lend","asset":"ET', 3n, 1]);
  });

  it("ends before the first stop, wherever tokens begin and end", () => {
    expect(complete([PROMPT], { stops: [',"amount', "zzz"] })[0]).toBe('{"tool":"lend","asset":"ETH"');
    expect(complete([PROMPT], { stops: ["}", 'l":"le'] })).toMatchObject(['{"too', expect.anything(), 2]);
    expect(complete([PROMPT], { stops: ["not there"] })[2]).toBe(0);
  });

  it("draws the same answer from the same seed, another from another, the likely one when it is cold", () => {
    const hot = { temperature: 3000n, maxTokens: 16n };
    expect(complete([PROMPT], { ...hot, seed: 1n })).toEqual(complete([PROMPT], { ...hot, seed: 1n }));
    const answers = [1n, 2n, 3n, 4n].map((seed) => complete([PROMPT], { ...hot, seed })[0]);
    expect(new Set(answers).size).toBeGreaterThan(1);
    expect(complete([PROMPT], { temperature: 1n, seed: 7n })[0]).toBe(ANSWER);
    expect(complete([PROMPT], { temperature: 100_000n, topK: 1n, seed: 9n })[0]).toBe(ANSWER);
    for (const seed of [1n, 2n, 3n]) {
      const some = { ...hot, topK: 5n, seed };
      expect(complete([PROMPT], some, scalar)).toEqual(complete([PROMPT], some));
    }
  });

  it("follows a schema, whatever the model would rather say", () => {
    const tool =
      '{"type":"object","properties":{"tool":{"enum":["swap","stake"]},"amount":{"anyOf":[{"const":7},{"type":"null"}]}}}';
    const parsed = JSON.parse(complete([PROMPT], { schema: tool })[0]);
    expect(Object.keys(parsed)).toEqual(["tool", "amount"]);
    expect(["swap", "stake"]).toContain(parsed.tool);
    expect([7, null]).toContain(parsed.amount);
    const free =
      '{"type":"object","properties":{"tool":{"type":"string"},"asset":{"type":"string"},"amount":{"type":"string"}}}';
    expect(complete([PROMPT], { schema: free })).toEqual([ANSWER, 7n, 0]);
  });

  const schema = fc.letrec<{ any: string }>((tie) => ({
    any: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom(
        '{"type":"integer"}',
        '{"type":"boolean"}',
        '{"type":"null"}',
        '{"const":"a b"}',
        '{"enum":[1,"x"]}',
      ),
      fc.constantFrom('{"type":"string"}', '{"type":"number"}'),
      fc.array(tie("any"), { minLength: 1, maxLength: 3 }).map((some) => `{"anyOf":[${some.join(",")}]}`),
      tie("any").map((item) => `{"type":"array","items":${item}}`),
      fc
        .array(tie("any"), { maxLength: 3 })
        .map((some) => `{"type":"object","properties":{${some.map((s, i) => `"k${i}":${s}`).join(",")}}}`),
    ),
  })).any;

  it("gives JSON of the schema, or its beginning, in both builds", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(schema, fc.bigInt({ min: 0n, max: 1000n }), (text, seed) => {
        const some = { schema: text, temperature: 5000n, seed, maxTokens: 12n };
        const outcome = call("complete", [ZERO, [PROMPT], options(some)], ENOUGH);
        if (outcome.status === 1) expect(refusal(outcome)[0]).toBe("InvalidSchema");
        if (outcome.status === 1) return;
        expect(call("complete", [ZERO, [PROMPT], options(some)], ENOUGH, scalar)).toEqual(outcome);
        const data = bytesToHex(outcome.output);
        const [answer, , finish] = decodeFunctionResult({ abi, functionName: "complete", data }) as Answer;
        if (finish === 0) expect(() => JSON.parse(answer)).not.toThrow();
      }),
      { numRuns: 60 },
    );
  });

  /** What may be copied of a text: from where a word begins to where one ends, dots and dashes between them. */
  function copiesOf(text: string): Set<string> {
    const found = new Set<string>();
    for (let i = 0; i < text.length; i++) {
      if (!/[0-9A-Za-z]/.test(text[i]!) || /[0-9A-Za-z]/.test(text[i - 1] ?? "")) continue;
      for (let j = i + 1; j <= text.length && /^[0-9A-Za-z._-]+$/.test(text.slice(i, j)); j++) {
        if (/[0-9A-Za-z]$/.test(text.slice(i, j)) && !/[0-9A-Za-z]/.test(text[j] ?? "")) found.add(text.slice(i, j));
      }
    }
    return found;
  }

  it("copies words of the prompt, in any case, where the schema says so", { timeout: 60_000 }, () => {
    const copy = '{"type":"string","x-copy":"prompt"}';
    expect(
      complete(["lend 5 QXZ to the pool"], { schema: `{"type":"object","properties":{"asset":${copy}}}` })[0],
    ).toMatch(/^\{"asset":"(lend|5|qxz|to|the|pool)"\}$/i);
    const words = fc.array(fc.constantFrom("a", "B", "ab", "b.eth", "x-1", "0.5", "...", "-", "Ab_c"), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(words, fc.constantFrom(" ", ", ", "."), fc.bigInt({ min: 0n, max: 1000n }), (some, glue, seed) => {
        const prompt = ["bob", ...some].join(glue);
        const [wanted, schema] = [copiesOf(prompt.toLowerCase()), `{"type":"array","items":${copy}}`];
        const asked = [[prompt], { schema, temperature: 8000n, seed, maxTokens: 24n }] as const;
        const answer = complete([...asked[0]], asked[1]);
        expect(complete([...asked[0]], asked[1], scalar)).toEqual(answer);
        if (answer[2] !== 0) return;
        for (const item of JSON.parse(answer[0]) as string[]) expect(wanted).toContain(item.toLowerCase());
      }),
      { numRuns: 60 },
    );
  });

  it("copies nothing when the prompt has no words", () => {
    const schema = '{"type":"string","x-copy":"prompt"}';
    expect(complete(["?!"], { schema }).slice(0, 3)).toEqual(['"', 2n, 3]);
    expect(complete(["lend 5 ETH", ANSWER, "?!"], { schema })[2]).toBe(3);
  });

  it("knows the turns before the last", () => {
    const [with_, without] = [complete(["lend 5 ETH", ANSWER, "swap 1 DAI for ETH"]), complete(["swap 1 DAI for ETH"])];
    expect(with_[1]).toBeGreaterThan(0n);
    expect(without[0]).toContain("swap");
    expect(complete(["lend 5 ETH", ANSWER, "swap 1 DAI for ETH"], {}, scalar)).toEqual(with_);
  });

  it("does not depend on what was asked before", () => {
    const turns = ["lend 5 ETH", ANSWER, "lend 5 ETH to the pool"];
    const fresh = complete(turns, {}, createEngine(blob));
    const used = createEngine(blob);
    for (const prompt of ["lend 5", "lend 5 ETH", PROMPT]) complete([prompt], {}, used);
    expect(complete(turns, {}, used)).toEqual(fresh);
  });
});

describe("completeBatch", () => {
  it("answers each prompt as complete does, for the sum of their work", () => {
    const short = options({ maxTokens: 16n });
    const prompts = [PROMPT, "swap 100 USDC for DAI", "hello there"];
    const [texts, tokens] = result<readonly [string[], bigint[]]>("completeBatch", [ZERO, prompts, short]);
    const single = prompts.map((prompt) => complete([prompt], short));
    expect(texts).toEqual(single.map(([text]) => text));
    expect(tokens).toEqual(single.map(([, count]) => count));
    expect(call("completeBatch", [ZERO, prompts, short], ENOUGH, scalar)).toEqual(
      call("completeBatch", [ZERO, prompts, short]),
    );
  });
});

describe("classify", () => {
  const labels = ["lend", "swap", "price"].map((tool) => `{"tool":"${tool}","asset":"`);
  it("finds the label that the model would say, in both builds", () => {
    for (const [prompt, best] of [
      [PROMPT, 0n],
      ["swap 100 USDC for DAI", 1n],
      ["what is the price of METIS?", 2n],
    ] as const) {
      const [index, scores] = result<readonly [bigint, bigint[]]>("classify", [ZERO, prompt, labels]);
      expect(index).toBe(best);
      expect(scores.every((score) => score <= 0n && score <= scores[Number(best)]!)).toBe(true);
      expect(call("classify", [ZERO, prompt, labels], ENOUGH, scalar)).toEqual(
        call("classify", [ZERO, prompt, labels]),
      );
    }
  });

  it("has the log-likelihoods of the logits within a hundredth", () => {
    // A token of one byte and one of many, and both after each other.
    const labels = ["E", '","amount":"', 'E","amount":"'];
    const [, scores] = result<readonly [bigint, bigint[]]>("classify", [ZERO, PROMPT, labels]);
    const other = createEngine(blob);
    const tokens = other.tokenize(PROMPT)!;
    const distribution = (): number[] => {
      const logits = [...other.logits()].map((logit) => logit / 65536);
      const most = Math.max(...logits);
      const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0)) + most;
      return logits.map((logit) => logit - total);
    };
    other.read(tokens);
    const first = distribution();
    // Behind the leading space and before the template's suffix.
    const [letter, glue] = labels.slice(0, 2).map((label) => other.tokenize(label)!.at(-2)!);
    for (const [i, token] of [letter!, glue!].entries())
      expect(Number(scores[i]!) / 65536).toBeCloseTo(first[token]!, 2);
    other.read([...tokens, letter!]);
    expect(Number(scores[2]!) / 65536).toBeCloseTo(first[letter!]! + distribution()[glue!]!, 2);
  });
});

describe("embed", () => {
  const embed = (text: string, target?: Engine): number[] =>
    result<number[]>("embed", [ZERO, text], target).map(Number);
  const cosine = (a: number[], b: number[]): number => {
    const dot = (x: number[], y: number[]): number => x.reduce((sum, v, i) => sum + v * y[i]!, 0);
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  };
  it("puts like texts near each other, in both builds", () => {
    const [lend, lendMore, price] = ["lend 5 ETH to the pool", "lend 7 ETH to the pool", "what is the price of LINK?"];
    expect(embed(lend!)).toHaveLength(engine.header.dim);
    expect(cosine(embed(lend!), embed(lendMore!))).toBeGreaterThan(cosine(embed(lend!), embed(price!)));
    expect(embed(price!, scalar)).toEqual(embed(price!));
  });
});

describe("refusals", () => {
  const good = [PROMPT];
  it("have a reason each", () => {
    expect(refused([])).toEqual(["InvalidTurns", 0n]);
    expect(refused(["a", "b"])).toEqual(["InvalidTurns", 2n]);
    expect(refused(Array(17).fill("a"))).toEqual(["InvalidTurns", 17n]);
    expect(refused(["a", "", "b"])).toEqual(["EmptyPrompt"]);
    expect(refused(good, { maxTokens: 65n })).toEqual(["TooManyTokens", 65n, 64n]);
    expect(refused(good, { temperature: 100_001n })).toEqual(["InvalidOptions"]);
    expect(refused(good, { topK: 65n })).toEqual(["InvalidOptions"]);
    expect(refused(good, { stops: ["a", "b", "c", "d", "e"] })).toEqual(["InvalidOptions"]);
    expect(refused(good, { stops: [""] })).toEqual(["InvalidOptions"]);
    expect(refused(good, { stops: ["x".repeat(33)] })).toEqual(["InvalidOptions"]);
    expect(refused(["z".repeat(500)])[0]).toBe("PromptTooLong");
    const batch = (prompts: string[]): readonly unknown[] => refusal(call("completeBatch", [ZERO, prompts, OPTIONS]));
    expect(batch([])).toEqual(["InvalidBatch", 0n]);
    expect(batch(Array(17).fill("a"))).toEqual(["InvalidBatch", 17n]);
    expect(batch(Array(16).fill(`${PROMPT} and lend 7 USDC to the pool`))[0]).toBe("WorkTooLarge");
    const labels = (some: string[]): readonly unknown[] => refusal(call("classify", [ZERO, PROMPT, some]));
    expect(labels([])).toEqual(["InvalidLabels", 0n]);
    expect(labels(["a", ""])).toEqual(["InvalidLabels", 2n]);
    expect(labels(Array(17).fill("a"))).toEqual(["InvalidLabels", 17n]);
    expect(labels(["z".repeat(300)])[0]).toBe("PromptTooLong");
    expect(refusal(call("embed", [ZERO, ""]))).toEqual(["EmptyPrompt"]);
    const unknown = `0x${"11".repeat(32)}`;
    for (const args of [
      ["complete", [unknown, good, OPTIONS]],
      ["embed", [unknown, "a"]],
    ] as const) {
      expect(refusal(call(args[0], args[1]))).toEqual(["UnknownModel", unknown]);
    }
  });

  it.each([
    ["", 0],
    ["{", 1],
    ["[]", 0],
    ['{"type":"thing"}', 16],
    ['{"type":"string","maxLength":3}', 29],
    ['{"type":"string","x-copy":"answer"}', 35],
    [`{"anyOf":[${Array(17).fill('{"type":"string","x-copy":"prompt"}').join(",")}]}`, 623],
    ['{"enum":[]}', 11],
    ['{"type":"string"} ', 17],
    ['{"type" :"string"}', 7],
    ['{"anyOf":[{"type":"null"},]}', 28],
    [`${'{"type":"array","items":'.repeat(9)}{"type":"null"}${"}".repeat(9)}`, 192],
  ] as const)("of the schema %s say where", (schema, position) => {
    if (schema === "") return expect(complete(good, { schema })[0]).toBe(ANSWER);
    expect(refused(good, { schema })).toEqual(["InvalidSchema", BigInt(position)]);
  });

  it("of schemas that grow beyond the automaton come before any work", () => {
    const wide = `{"enum":[${Array.from({ length: 400 }, (_, i) => `"value${i}"`).join(",")}]}`;
    const outcome = call("complete", [ZERO, good, options({ schema: wide })]);
    expect(refusal(outcome)[0]).toBe("InvalidSchema");
  });

  it("never trap, whatever the calldata, and agree between builds", { timeout: 60_000 }, () => {
    const tiny = {
      layers: 1,
      heads: 1,
      kvHeads: 1,
      headDim: 32,
      dim: 32,
      ffn: 32,
      tied: true,
      context: 64,
      wild: false,
    };
    const small = randomModel({ ...tiny, seed: 4 });
    const [simd, plain] = [createEngine(small), createEngine(small, "scalar")];
    const some = options({
      stops: ["a"],
      schema: '{"type":"string"}',
      temperature: 900n,
      topK: 3n,
      seed: 5n,
      maxTokens: 4n,
    });
    const samples = [
      encodeFunctionData({ abi, functionName: "complete", args: [ZERO, ["abc", "x", "y"], some] }),
      encodeFunctionData({ abi, functionName: "completeBatch", args: [ZERO, ["abc", "x"], some] }),
      encodeFunctionData({ abi, functionName: "classify", args: [ZERO, "abc", ["a", "xy"]] }),
      encodeFunctionData({ abi, functionName: "embed", args: [ZERO, "abc xy"] }),
    ].map((data) => hexToBytes(data));
    fc.assert(
      fc.property(
        fc.nat(samples.length - 1),
        fc.array(fc.tuple(fc.nat(2000), fc.constantFrom(0, 1, 32, 64, 0x7f, 0xff)), { maxLength: 5 }),
        fc.nat(2000),
        fc.bigInt({ min: 0n, max: 2_000_000n }),
        (which, flips, cut, gas) => {
          const sample = samples[which]!;
          const changed = sample.slice(0, cut > sample.length ? sample.length : Math.max(4, cut));
          for (const [at, value] of flips) if (4 + at < changed.length) changed[4 + at] = value;
          const outcome = simd.precompile(changed, gas);
          expect([0, 1, 2]).toContain(outcome.status);
          expect(plain.precompile(changed, gas)).toEqual(outcome);
        },
      ),
      { numRuns: 600 },
    );
  });
});
