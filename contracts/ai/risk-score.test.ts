import { readFileSync } from "node:fs";
import { readDefaultModel } from "@hyperion/inference";
import { decodeFunctionResult, encodeAbiParameters, encodeFunctionData, type Hex } from "viem";
import { beforeAll, expect, it } from "vitest";
import { riskSamples, scoreRisk } from "../../packages/inference/src/training/perceptron.ts";
import { artifact, createSoloChain, type Sent, type SoloChain } from "../testing/solo-chain.ts";

const { abi, bytecode } = artifact("ai/RiskScore");
const trained = JSON.parse(readFileSync(new URL("./risk-score.json", import.meta.url), "utf8")) as {
  readonly accuracy: number;
  readonly weights: Hex;
};
const weights = Buffer.from(trained.weights.slice(2), "hex");

let chain: SoloChain;
let contract: Hex;

const call = (functionName: string, features: Int8Array): Promise<Sent> => {
  const data = `0x${Buffer.from(features.buffer, features.byteOffset, features.length).toString("hex")}` as const;
  return chain.send(contract, encodeFunctionData({ abi, functionName, args: [data] }));
};

beforeAll(async () => {
  chain = await createSoloChain(readDefaultModel());
  const argument = encodeAbiParameters([{ type: "bytes" }], [trained.weights]);
  contract = (await chain.send(undefined, `${bytecode}${argument.slice(2)}`)).contract!;
});

it("is right about samples that it has not seen", () => {
  const unseen = riskSamples(3, 2_000);
  const right = unseen.filter(({ features, risky }) => scoreRisk(weights, features).risky === risky).length;
  expect(right / unseen.length).toBeGreaterThan(0.96);
});

it("scores the same with tensor operations and in plain Solidity, for a fraction of the gas", async () => {
  for (const { features } of riskSamples(4, 5)) {
    const { risky, margin } = scoreRisk(weights, features);
    const [tensor, plain] = [await call("score", features), await call("scorePlain", features)];
    for (const { status, output } of [tensor, plain]) {
      expect(status).toBe(1);
      expect(decodeFunctionResult({ abi, functionName: "score", data: output })).toEqual([risky, BigInt(margin)]);
    }
    // What a transaction costs in any case is not part of the comparison.
    const work = (sent: Sent): number => Number(sent.gasUsed) - 21_000;
    expect(work(plain) / work(tensor)).toBeGreaterThan(4);
  }
});
