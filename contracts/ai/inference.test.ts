import { readDefaultModel } from "@hyperion/inference";
import { type Abi, decodeErrorResult, decodeFunctionResult, encodeFunctionData, type Hex } from "viem";
import { beforeAll, describe, expect, it } from "vitest";
import { artifact, createSoloChain, type SoloChain } from "../testing/solo-chain.ts";

const probe = artifact("ai/InferenceProbe");
const errors = artifact("ai/IInference").abi as Abi;
const ZERO = `0x${"00".repeat(32)}` as const;
const PROMPT = "lend 5 ETH to the pool";
const OPTIONS = { maxTokens: 0n, temperature: 0n, topK: 0n, seed: 0n, stops: [] as string[], schema: "" };
const options = (some: Partial<typeof OPTIONS>): typeof OPTIONS => ({ ...OPTIONS, ...some });

let chain: SoloChain;
let contract: Hex;

/** Runs a function of the probe in a transaction; every block is made again by the stateless program. */
async function call<T>(functionName: string, args: readonly unknown[]): Promise<T> {
  const sent = await chain.send(contract, encodeFunctionData({ abi: probe.abi, functionName, args }));
  expect(sent.status).toBe(1);
  return decodeFunctionResult({ abi: probe.abi, functionName, data: sent.output }) as T;
}

const named = (reason: Hex): readonly unknown[] => {
  const { errorName, args = [] } = decodeErrorResult({ abi: errors, data: reason });
  return [errorName, ...args];
};

async function reasonOf(functionName: string, args: readonly unknown[]): Promise<readonly unknown[]> {
  const [, reason] = await call<readonly [unknown, Hex]>(functionName, args);
  return named(reason);
}

beforeAll(async () => {
  chain = await createSoloChain(readDefaultModel());
  contract = (await chain.send(undefined, probe.bytecode)).contract!;
});

describe("forms of the precompile, called by a contract", () => {
  it("answer within a schema and before a stop, many at a time, and from the same seed alike", async () => {
    const schema = '{"type":"object","properties":{"tool":{"enum":["swap","stake"]}}}';
    const [text] = await call<readonly [string, Hex]>("complete", [ZERO, [PROMPT], options({ schema })]);
    expect(["swap", "stake"]).toContain(JSON.parse(text).tool);
    const [cut] = await call<readonly [string, Hex]>("complete", [ZERO, [PROMPT], options({ stops: [',"amount'] })]);
    expect(cut).toBe('{"tool":"lend","asset":"ETH"');
    const drawn = options({ temperature: 2000n, topK: 8n, seed: 42n, maxTokens: 8n });
    const [[first, second]] = await call<readonly [string[], Hex]>("completeBatch", [ZERO, [PROMPT, PROMPT], drawn]);
    expect(first).toBe(second);
  });

  it("classify and compare texts", async () => {
    const labels = ["lend", "swap"].map((tool) => `{"tool":"${tool}","asset":"`);
    expect((await call<readonly [string, Hex]>("classify", [ZERO, "swap 1 ETH for DAI", labels]))[0]).toBe(labels[1]);
    const [dot, a, b] = await call<readonly bigint[]>("compare", [PROMPT, PROMPT]);
    expect([dot, a]).toEqual([a, b]);
  });

  it.each([
    ["UnknownModel", "complete", [`0x${"11".repeat(32)}`, [PROMPT], OPTIONS]],
    ["InvalidTurns", "complete", [ZERO, ["a", "b"], OPTIONS]],
    ["EmptyPrompt", "complete", [ZERO, [""], OPTIONS]],
    ["TooManyTokens", "complete", [ZERO, [PROMPT], options({ maxTokens: 65n })]],
    ["InvalidOptions", "complete", [ZERO, [PROMPT], options({ temperature: 1_000_000n })]],
    ["InvalidSchema", "complete", [ZERO, [PROMPT], options({ schema: '{"type":"date"}' })]],
    ["PromptTooLong", "complete", [ZERO, ["z".repeat(1000)], OPTIONS]],
    ["InvalidBatch", "completeBatch", [ZERO, [], OPTIONS]],
    ["WorkTooLarge", "completeBatch", [ZERO, Array(16).fill(PROMPT), OPTIONS]],
    ["InvalidLabels", "classify", [ZERO, PROMPT, []]],
  ] as const)("refuse with %s", async (name, functionName, args) => {
    expect((await reasonOf(functionName, args))[0]).toBe(name);
  });

  it("refuse with InsufficientGas, which says how much there must be", async () => {
    const [name, required, available] = named(await call<Hex>("starve", [PROMPT, 200_000n]));
    expect(name).toBe("InsufficientGas");
    expect(required as bigint).toBeGreaterThan(available as bigint);
    expect(await call<Hex>("starve", [PROMPT, (required as bigint) + 200_000n])).toBe("0x");
  });

  it("refuse text that is not UTF-8 and calldata that is no encoding", async () => {
    const good = encodeFunctionData({ abi: errors, functionName: "embed", args: [ZERO, "abc"] });
    const raw = async (data: Hex): Promise<readonly unknown[]> => {
      const { status, output } = await chain.send("0x0000000000000000000000000000000000000999", data);
      expect(status).toBe(0);
      return named(output);
    };
    expect(await raw(good.replace("616263", "61ff63") as Hex)).toEqual(["InvalidUtf8"]);
    expect(await raw(good.slice(0, 74) as Hex)).toEqual(["InvalidCalldata"]);
  });
});
