import { readDefaultModel, readShapesModel } from "@hyperion/inference";
import { type Abi, bytesToHex, decodeErrorResult, decodeFunctionResult, encodeFunctionData, type Hex } from "viem";
import { beforeAll, describe, expect, it } from "vitest";
import { artifact, createSoloChain, MODEL_REGISTRY, type SoloChain } from "../testing/solo-chain.ts";

const probe = artifact("ai/InferenceProbe");
const errors = artifact("ai/IInference").abi as Abi;
const shapes = readShapesModel();
const SHAPES = bytesToHex(shapes.root);
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
  chain = await createSoloChain(readDefaultModel(), shapes);
  const args = [SHAPES, shapes.bytes.length, { architecture: 2, kiloMacs: 132, location: "" }];
  await chain.send(
    MODEL_REGISTRY,
    encodeFunctionData({ abi: artifact("ai/ModelRegistry").abi, functionName: "register", args }),
  );
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

  /** What a contract that asks wrongly is told, by the form and its arguments. */
  const REFUSALS: readonly (readonly [reason: string, form: string, args: readonly unknown[]])[] = [
    ["UnknownModel", "complete", [`0x${"11".repeat(32)}`, [PROMPT], OPTIONS]],
    ["UnknownModel", "complete", [SHAPES, [PROMPT], OPTIONS]],
    ["UnknownModel", "classifyImage", [ZERO, "0x00"]],
    ["InvalidTurns", "complete", [ZERO, ["a", "b"], OPTIONS]],
    ["InvalidTurns", "complete", [ZERO, Array(17).fill("a"), OPTIONS]],
    ["EmptyPrompt", "complete", [ZERO, [""], OPTIONS]],
    ["EmptyPrompt", "embed", [ZERO, ""]],
    ["TooManyTokens", "complete", [ZERO, [PROMPT], options({ maxTokens: 65n })]],
    ["TooManyTokens", "quote", [ZERO, PROMPT, 65n]],
    ["InvalidOptions", "complete", [ZERO, [PROMPT], options({ temperature: 1_000_000n })]],
    ["InvalidOptions", "complete", [ZERO, [PROMPT], options({ stops: ["x".repeat(33)] })]],
    ["InvalidSchema", "complete", [ZERO, [PROMPT], options({ schema: '{"type":"date"}' })]],
    ["PromptTooLong", "complete", [ZERO, ["z".repeat(1000)], OPTIONS]],
    ["PromptTooLong", "generate", [ZERO, "z".repeat(1000), 1n]],
    ["InvalidBatch", "completeBatch", [ZERO, [], OPTIONS]],
    ["InvalidBatch", "completeBatch", [ZERO, Array(17).fill("a"), OPTIONS]],
    ["WorkTooLarge", "completeBatch", [ZERO, Array(16).fill(PROMPT), OPTIONS]],
    ["InvalidLabels", "classify", [ZERO, PROMPT, []]],
    ["InvalidLabels", "classify", [ZERO, PROMPT, ["a", ""]]],
    ["InvalidImage", "classifyImage", [SHAPES, "0x00"]],
  ];
  /** Calldata that no encoder writes. */
  const EMBED = encodeFunctionData({ abi: errors, functionName: "embed", args: [ZERO, "abc"] });
  const MALFORMED: readonly (readonly [reason: string, calldata: Hex])[] = [
    ["InvalidUtf8", EMBED.replace("616263", "61ff63") as Hex],
    ["InvalidUtf8", "0xff"],
    ["InvalidCalldata", EMBED.slice(0, 74) as Hex],
  ];

  it.each(REFUSALS)("refuse with %s: %s %#", async (name, functionName, args) => {
    const data = encodeFunctionData({ abi: errors, functionName, args });
    const [ok, reason] = await call<readonly [boolean, Hex]>("raw", [data]);
    expect([ok, named(reason)[0]]).toEqual([false, name]);
  });

  it("tell a contract why, and let it go on", async () => {
    expect((await reasonOf("complete", [ZERO, [""], OPTIONS]))[0]).toBe("EmptyPrompt");
    expect((await reasonOf("completeBatch", [ZERO, [], OPTIONS]))[0]).toBe("InvalidBatch");
    expect((await reasonOf("classify", [ZERO, PROMPT, []]))[0]).toBe("InvalidLabels");
  });

  it("refuse with InsufficientGas, which says how much there must be", async () => {
    const [name, required, available] = named(await call<Hex>("starve", [PROMPT, 200_000n]));
    expect(name).toBe("InsufficientGas");
    expect(required as bigint).toBeGreaterThan(available as bigint);
    expect(await call<Hex>("starve", [PROMPT, (required as bigint) + 200_000n])).toBe("0x");
  });

  it.each(MALFORMED)("refuse with %s what is no encoding or no text: %s", async (name, calldata) => {
    const [ok, reason] = await call<readonly [boolean, Hex]>("raw", [calldata]);
    expect([ok, named(reason)[0]]).toEqual([false, name]);
  });

  it("have no other reasons", () => {
    const seen = new Set([...REFUSALS, ...MALFORMED].map(([name]) => name).concat("InsufficientGas"));
    const declared = errors.flatMap((item) => (item.type === "error" ? [item.name] : []));
    expect([...seen].sort()).toEqual(declared.sort());
  });
});

describe("tensor operations, called by a contract", () => {
  const library = artifact("ai/Tensor").abi as Abi;
  const send = (input: Hex): ReturnType<SoloChain["send"]> =>
    chain.send(contract, encodeFunctionData({ abi: probe.abi, functionName: "tensor", args: [input] }));

  it("give their result", async () => {
    const { status, output } = await send("0x0b00000001000000030000000200000003");
    expect(status).toBe(1);
    expect(decodeFunctionResult({ abi: probe.abi, functionName: "tensor", data: output })).toBe("0x00000001");
  });

  // One way to go wrong per operation (docs/spec/tensor.md), and those that are none.
  it.each([
    "0x",
    "0x00",
    "0x0f",
    "0x0101010000000100000002000000010101",
    "0x02010100000001000000010000000100000001000000020000000200000001000000000101",
    "0x0301000000010000000100000001000000020000000101",
    "0x040000000300000002000000010000000200000003000000010000000200",
    "0x053f00000001000000010000000100000001",
    "0x0601ffffff7f0000000000000000010000000100000001",
    "0x07010000000101",
    "0x0800000002000000010000000100000001",
    "0x090300",
    "0x0a000000",
    "0x0b",
    "0x0c0200000001",
    "0x0d010000000201",
    "0x0e0100000000",
  ] as const)("refuse %s with the library's only reason", async (input) => {
    const { status, output } = await send(input);
    expect(status).toBe(0);
    expect(decodeErrorResult({ abi: library, data: output }).errorName).toBe("InvalidTensor");
    expect(library.flatMap((item) => (item.type === "error" ? [item.name] : []))).toEqual(["InvalidTensor"]);
  });
});
