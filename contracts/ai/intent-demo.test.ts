import { readDefaultModel } from "@hyperion/inference";
import {
  type Abi,
  decodeErrorResult,
  decodeFunctionResult,
  encodeFunctionData,
  type Hex,
  hexToBytes,
  parseEther,
  toHex,
} from "viem";
import { beforeAll, describe, expect, it } from "vitest";
import { artifact, createSoloChain, decodeEvents, type Sent, type SoloChain } from "../testing/solo-chain.ts";

const INFERENCE: Hex = "0x0000000000000000000000000000000000000999";
const demo = artifact("ai/IntentDemo");
const pool = artifact("ai/LendingPool").abi.filter(({ type }) => type === "event");
const abi = [...demo.abi, ...pool, ...artifact("ai/IInference").abi] as Abi;

let chain: SoloChain;
let sender: Hex;
let contract: Hex;

const encode = (functionName: string, args: readonly unknown[]): Hex => encodeFunctionData({ abi, functionName, args });
const errorOf = ({ status, output }: Sent): readonly unknown[] => {
  expect(status).toBe(0);
  const { errorName, args = [] } = decodeErrorResult({ abi, data: output });
  return [errorName, ...args];
};

beforeAll(async () => {
  chain = await createSoloChain(readDefaultModel());
  sender = chain.account.address;
  contract = (await chain.send(undefined, demo.bytecode)).contract!;
});

describe("IntentDemo", () => {
  it("turns a sentence into a stored and logged intent", async () => {
    const sent = await chain.send(contract, encode("ask", ["lend 5 ETH to the pool"]));
    expect(sent.status).toBe(1);
    const intent = { tool: "lend", asset: "ETH", amount: "5", to: "" };
    expect(decodeFunctionResult({ abi, functionName: "ask", data: sent.output })).toEqual(intent);
    expect(decodeEvents(abi, sent.logs)).toMatchObject([
      { eventName: "IntentUnderstood", args: { ...intent, sender, prompt: "lend 5 ETH to the pool" } },
    ]);
    const stored = await chain.send(contract, encode("lastIntent", [sender]));
    expect(decodeFunctionResult({ abi, functionName: "lastIntent", data: stored.output })).toEqual(intent);
  });

  it("acts on a lending intent with exactly the ether in the sentence", async () => {
    const sent = await chain.send(contract, encode("execute", ["Please lend 1.5 ETH to the pool"]), parseEther("1.5"));
    expect(sent.status).toBe(1);
    expect(decodeEvents(abi, sent.logs)).toMatchObject([
      { eventName: "IntentUnderstood", args: { tool: "lend", asset: "ETH", amount: "1.5" } },
      { eventName: "Deposited", args: { account: sender, amount: parseEther("1.5") } },
      { eventName: "IntentExecuted", args: { tool: "lend", amount: parseEther("1.5") } },
    ]);
    const wrong = await chain.send(contract, encode("execute", ["lend 2 ETH to the pool"]), 1n);
    expect(errorOf(wrong)).toEqual(["ValueMismatch", parseEther("2"), 1n]);
  });

  it("does not act on what it cannot do, and passes the model's refusals on", async () => {
    expect(errorOf(await chain.send(contract, encode("execute", ["swap 1 ETH for DAI"])))).toEqual([
      "UnsupportedIntent",
      "swap",
      "ETH",
    ]);
    expect(errorOf(await chain.send(contract, encode("ask", [""])))).toEqual(["EmptyPrompt"]);
    expect(errorOf(await chain.send(contract, encode("ask", ["z".repeat(1000)])))[0]).toBe("PromptTooLong");
  });
});

describe("the precompile in a transaction", () => {
  it("takes a plain prompt and gives back unused gas", async () => {
    const sent = await chain.send(INFERENCE, toHex("what is the price of METIS?"));
    expect(sent.status).toBe(1);
    expect(Buffer.from(hexToBytes(sent.output)).toString()).toBe('{"tool":"price","asset":"METIS"}');
    expect(sent.gasUsed).toBeLessThan(2_000_000n);
  });

  it("names every refusal in the revert data", async () => {
    const zero = `0x${"00".repeat(32)}`;
    const refusal = async (args: readonly unknown[]): Promise<unknown> =>
      errorOf(await chain.send(INFERENCE, encode("generate", args)))[0];
    expect(await refusal([`0x${"22".repeat(32)}`, "lend 5 ETH", 8n])).toBe("UnknownModel");
    expect(await refusal([zero, "lend 5 ETH", 65n])).toBe("TooManyTokens");
    expect(errorOf(await chain.send(INFERENCE, "0xff"))).toEqual(["InvalidUtf8"]);
    expect(errorOf(await chain.send(INFERENCE, encode("generate", [zero, "lend", 8n]).slice(0, 80) as Hex))).toEqual([
      "InvalidCalldata",
    ]);
  });
});
