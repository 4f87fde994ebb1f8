import { readFileSync } from "node:fs";
import {
  type Abi,
  bytesToHex,
  encodeFunctionData,
  hexToBytes,
  keccak256,
  stringToBytes,
  toFunctionSelector,
} from "viem";
import { describe, expect, it } from "vitest";
import { createClassifier } from "./classifier.ts";
import { readDefaultModel, readShapesModel } from "./default-model.ts";
import { describeCall } from "./describe-call.ts";
import { createEngine } from "./engine.ts";
import { type CallEvidence, differences, examineCall } from "./evidence.ts";
import { networkDepth } from "./network-blob.ts";
import { PRECOMPILE_ABI } from "./precompile-abi.ts";
import { randomModel } from "./testing/random-model.ts";
import { generateImages } from "./training/images.ts";

const artifact = new URL("../../../contracts/dist/ai/IInference.json", import.meta.url);
const ZERO = `0x${"00".repeat(32)}` as const;
const GAS = 50_000_000n;
const OPTIONS = { maxTokens: 0n, temperature: 0n, topK: 0n, seed: 0n, stops: [], schema: "" };
const PROMPT = "lend 5 ETH to the pool";
const ANSWER = '{"tool":"lend","asset":"ETH","amount":"5"}';

const generate = encodeFunctionData({ abi: PRECOMPILE_ABI, functionName: "generate", args: [ZERO, PROMPT, 0n] });
const classify = encodeFunctionData({ abi: PRECOMPILE_ABI, functionName: "classify", args: [ZERO, "ab", ["a", "b"]] });
const model = (): Uint8Array =>
  randomModel({
    ...{ seed: 11, layers: 3, heads: 4, kvHeads: 2, headDim: 16, dim: 64, ffn: 96 },
    ...{ tied: false, context: 64, wild: false },
  });

it("knows the precompile's interface", () => {
  const { abi } = JSON.parse(readFileSync(artifact, "utf8")) as { abi: Abi };
  const functions = (items: Abi): string[] =>
    items.flatMap((item) => (item.type === "function" ? [toFunctionSelector(item)] : [])).sort();
  const errors = (items: Abi): string[] => items.flatMap((item) => (item.type === "error" ? [item.name] : [])).sort();
  expect(functions(PRECOMPILE_ABI as Abi)).toEqual(functions(abi));
  expect(errors(PRECOMPILE_ABI as Abi)).toEqual(errors(abi));
});

describe("examineCall", () => {
  it("gives the same hashes in both builds, with warm caches and without", () => {
    for (const calldata of [generate, classify]) {
      const warm = createEngine(model());
      warm.precompile(hexToBytes(calldata), GAS);
      const runs = [warm, createEngine(model()), createEngine(model(), "scalar")].map((engine) =>
        examineCall(engine, hexToBytes(calldata), GAS),
      );
      expect(runs[0]!.layers).toHaveLength(3);
      expect(differences(runs[0]!, runs[1]!)).toEqual([]);
      expect(differences(runs[0]!, runs[2]!)).toEqual([]);
      expect(examineCall(warm, hexToBytes(calldata), GAS)).toEqual(runs[0]);
    }
  });

  it("hashes what the layers of a network see in an image", () => {
    const { bytes } = readShapesModel();
    const image = generateImages(3, 1)[0]!.pixels;
    const calldata = hexToBytes(
      encodeFunctionData({ abi: PRECOMPILE_ABI, functionName: "classifyImage", args: [ZERO, bytesToHex(image)] }),
    );
    const classifier = createClassifier(bytes);
    const evidence = examineCall(classifier, calldata, GAS);
    expect(evidence).toEqual(examineCall(createClassifier(bytes, "scalar"), calldata, GAS));
    expect(evidence).toMatchObject({ status: 0 });
    expect(evidence.layers).toHaveLength(networkDepth(bytes));
    expect(new Set(evidence.layers).size).toBe(evidence.layers.length);
    const scores = classifier.classify(image)!;
    expect(evidence.layers.at(-1)).toBe(keccak256(new Uint8Array(scores.buffer)));
    const other = bytes.slice();
    other[128 + 32 * networkDepth(bytes) + 64]! ^= 1;
    expect(differences(evidence, examineCall(createClassifier(other), calldata, GAS)).at(-1)).toMatch(/differs: 0$/);
    expect(examineCall(classifier, calldata.subarray(0, -32), GAS)).toMatchObject({ status: 1, stateRoot: null });
  });

  it("tells another model by its first layer", () => {
    const other = model();
    // A weight of the last layer's last matrix, some way before the head and the final norm.
    const head = 64 * (40 * 2 + 40 / 16);
    const at = other.length - head - 1024;
    other[at] = other[at]! ^ 1;
    const found = differences(
      examineCall(createEngine(model()), hexToBytes(generate), GAS),
      examineCall(createEngine(other), hexToBytes(generate), GAS),
    );
    expect(found.at(-1)).toBe("first layer that differs: 2");
  });

  it("has no hashes where nothing was computed", () => {
    const calldata = encodeFunctionData({ abi: PRECOMPILE_ABI, functionName: "defaultModel" });
    const evidence = examineCall(createEngine(model()), hexToBytes(calldata), GAS);
    expect(evidence).toMatchObject({ status: 0, stateRoot: null, layers: [] });
  });

  it("names what differs", () => {
    const truth = examineCall(createEngine(model()), hexToBytes(generate), GAS);
    const lie = (some: Partial<CallEvidence>): string[] => differences({ ...truth, ...some }, truth);
    expect(lie({})).toEqual([]);
    expect(lie({ output: "0x" })[0]).toMatch(/^output/);
    expect(lie({ gasUsed: "1" })[0]).toMatch(/^gas used/);
    expect(lie({ stateRoot: null })[0]).toMatch(/^state root/);
    expect(lie({ layers: [] })[0]).toMatch(/layer.*0$/);
  });
});

describe("describeCall", () => {
  const engine = createEngine(readDefaultModel().bytes);
  const told = (calldata: Uint8Array, gas = GAS): object => {
    const { status, output } = engine.precompile(calldata, gas);
    return describeCall(calldata, output, status !== 0);
  };

  it("reads prompts, calls and refusals", () => {
    expect(told(stringToBytes(PROMPT))).toMatchObject({ form: "prompt", arguments: { prompt: PROMPT } });
    expect(told(hexToBytes(generate))).toMatchObject({ form: "generate", result: { text: ANSWER, tokens: 8 } });
    expect(told(hexToBytes(classify))).toMatchObject({ form: "classify", arguments: { labels: ["a", "b"] } });
    const options = { ...OPTIONS, maxTokens: 65n };
    const call = encodeFunctionData({ abi: PRECOMPILE_ABI, functionName: "complete", args: [ZERO, [PROMPT], options] });
    expect(told(hexToBytes(call))).toMatchObject({
      form: "complete",
      error: { name: "TooManyTokens", arguments: { requested: 65, limit: 64 } },
    });
    expect(told(hexToBytes(generate), 10n)).toMatchObject({ error: { name: "OutOfGas" } });
    expect(told(hexToBytes(generate).subarray(0, 40))).toMatchObject({ error: { name: "InvalidCalldata" } });
  });
});
