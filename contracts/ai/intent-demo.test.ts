import { readFileSync } from "node:fs";
import { readDefaultModel } from "@hyperion/inference";
import {
  executeStateless,
  Kernel,
  type Log,
  type PreimageOracle,
  presetConfig,
  recordWitness,
  type SealedBlock,
} from "@hyperion/kernel";
import {
  type Abi,
  bytesToHex,
  decodeErrorResult,
  decodeEventLog,
  decodeFunctionResult,
  encodeFunctionData,
  type Hex,
  hexToBytes,
  parseEther,
  toHex,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { beforeAll, describe, expect, it } from "vitest";

interface Artifact {
  readonly abi: Abi;
  readonly bytecode: Hex;
}

interface Sent {
  readonly status: number | undefined;
  readonly gasUsed: bigint;
  readonly output: Hex;
  readonly logs: readonly Log[];
  readonly contract: Hex | undefined;
}

const EMPTY_ROOT = hexToBytes("0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
const INFERENCE: Hex = "0x0000000000000000000000000000000000000999";
const model = readDefaultModel();
const config = { ...presetConfig("Cancun"), inference: { defaultModel: model.root } };
const account = privateKeyToAccount(`0x${"11".repeat(32)}`);
const artifact = (name: string): Artifact =>
  JSON.parse(readFileSync(new URL(`../dist/ai/${name}.json`, import.meta.url), "utf8"));
const demo = artifact("IntentDemo");
const inference = artifact("IInference");
const abi = [
  ...demo.abi,
  ...artifact("LendingPool").abi.filter(({ type }) => type === "event"),
  ...inference.abi,
] as Abi;

const preimages = new Map<string, Uint8Array>([[bytesToHex(model.root), model.bytes]]);
const oracle: PreimageOracle = {
  preimage: (hash) => preimages.get(bytesToHex(hash)),
  blockHash: () => undefined,
};

let kernel: Kernel;
let head: SealedBlock;
let contract: Hex;
let nonce = 0;

/** Puts one transaction into a block of its own, seals it, and checks that the stateless program makes the same block. */
async function send(to: Hex | undefined, data: Hex, value = 0n): Promise<Sent> {
  const fees = { chainId: Number(config.chainId), maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n };
  const signed = await account.signTransaction({ ...fees, to, data, value, nonce: nonce++, gas: 15_000_000n });
  const parent = head;
  kernel.beginBlock(parent.header, parent.hash, {
    timestamp: parent.header.timestamp + 1n,
    coinbase: new Uint8Array(20),
    gasLimit: 30_000_000n,
    prevRandao: new Uint8Array(32),
    parentBeaconBlockRoot: new Uint8Array(32),
    withdrawals: [],
  });
  const outcome = kernel.execute(hexToBytes(signed));
  if (!outcome.valid) throw new Error(outcome.message);
  head = kernel.seal();
  for (const [hash, bytes] of kernel.commit().preimages) preimages.set(bytesToHex(hash), bytes);
  preimages.set(bytesToHex(parent.hash), kernel.encodeHeader(parent.header));
  const input = { config, parentHash: parent.hash, block: head.rlp };
  const { witness } = await recordWitness((hash) => oracle.preimage(hash), input);
  expect(await executeStateless(witness, input)).toMatchObject({
    valid: true,
    hash: head.hash,
    root: head.header.stateRoot,
  });
  const { status, gasUsed, logs, contractAddress } = outcome.receipt;
  const created = contractAddress && bytesToHex(contractAddress);
  return { status, gasUsed, logs, output: bytesToHex(outcome.output), contract: created };
}

const encode = (functionName: string, args: readonly unknown[]): Hex => encodeFunctionData({ abi, functionName, args });
const errorOf = ({ status, output }: Sent): readonly unknown[] => {
  expect(status).toBe(0);
  const { errorName, args = [] } = decodeErrorResult({ abi, data: output });
  return [errorName, ...args];
};
const events = (logs: readonly Log[]): unknown[] =>
  logs.map(({ topics, data }) => {
    const words = topics.map((topic) => bytesToHex(topic)) as [Hex, ...Hex[]];
    return decodeEventLog({ abi, topics: words, data: bytesToHex(data) });
  });

beforeAll(async () => {
  kernel = await Kernel.create({ config, oracle });
  head = kernel.genesis({
    header: {
      ...{ parentHash: new Uint8Array(32), coinbase: new Uint8Array(20), difficulty: 0n, number: 0n, gasUsed: 0n },
      ...{ gasLimit: 30_000_000n, timestamp: 1n, extraData: new Uint8Array(0), mixHash: new Uint8Array(32) },
      ...{ nonce: new Uint8Array(8), baseFeePerGas: 1_000_000_000n, blobGasUsed: 0n, excessBlobGas: 0n },
      ...{ withdrawalsRoot: EMPTY_ROOT, parentBeaconBlockRoot: new Uint8Array(32) },
    },
    alloc: [[hexToBytes(account.address), { balance: parseEther("1000") }]],
  });
  for (const [hash, bytes] of kernel.commit().preimages) preimages.set(bytesToHex(hash), bytes);
  contract = (await send(undefined, demo.bytecode)).contract!;
});

describe("IntentDemo", () => {
  it("turns a sentence into a stored and logged intent", async () => {
    const sent = await send(contract, encode("ask", ["lend 5 ETH to the pool"]));
    expect(sent.status).toBe(1);
    const intent = { tool: "lend", asset: "ETH", amount: "5", to: "" };
    expect(decodeFunctionResult({ abi, functionName: "ask", data: sent.output })).toEqual(intent);
    expect(events(sent.logs)).toMatchObject([
      { eventName: "IntentUnderstood", args: { ...intent, sender: account.address, prompt: "lend 5 ETH to the pool" } },
    ]);
    const stored = await send(contract, encode("lastIntent", [account.address]));
    expect(decodeFunctionResult({ abi, functionName: "lastIntent", data: stored.output })).toEqual(intent);
  });

  it("acts on a lending intent with exactly the ether in the sentence", async () => {
    const sent = await send(contract, encode("execute", ["Please lend 1.5 ETH to the pool"]), parseEther("1.5"));
    expect(sent.status).toBe(1);
    expect(events(sent.logs)).toMatchObject([
      { eventName: "IntentUnderstood", args: { tool: "lend", asset: "ETH", amount: "1.5" } },
      { eventName: "Deposited", args: { account: account.address, amount: parseEther("1.5") } },
      { eventName: "IntentExecuted", args: { tool: "lend", amount: parseEther("1.5") } },
    ]);
    const wrong = await send(contract, encode("execute", ["lend 2 ETH to the pool"]), 1n);
    expect(errorOf(wrong)).toEqual(["ValueMismatch", parseEther("2"), 1n]);
  });

  it("does not act on what it cannot do, and passes the model's refusals on", async () => {
    expect(errorOf(await send(contract, encode("execute", ["swap 1 ETH for DAI"])))).toEqual([
      "UnsupportedIntent",
      "swap",
      "ETH",
    ]);
    expect(errorOf(await send(contract, encode("ask", [""])))).toEqual(["EmptyPrompt"]);
    expect(errorOf(await send(contract, encode("ask", ["z".repeat(1000)])))[0]).toBe("PromptTooLong");
  });
});

describe("the precompile in a transaction", () => {
  it("takes a plain prompt and gives back unused gas", async () => {
    const sent = await send(INFERENCE, toHex("what is the price of METIS?"));
    expect(sent.status).toBe(1);
    expect(Buffer.from(hexToBytes(sent.output)).toString()).toBe('{"tool":"price","asset":"METIS"}');
    expect(sent.gasUsed).toBeLessThan(2_000_000n);
  });

  it("names every refusal in the revert data", async () => {
    const zero = `0x${"00".repeat(32)}`;
    const refusal = async (args: readonly unknown[]): Promise<unknown> =>
      errorOf(await send(INFERENCE, encode("generate", args)))[0];
    expect(await refusal([`0x${"22".repeat(32)}`, "lend 5 ETH", 8n])).toBe("UnknownModel");
    expect(await refusal([zero, "lend 5 ETH", 65n])).toBe("TooManyTokens");
    expect(errorOf(await send(INFERENCE, "0xff"))).toEqual(["InvalidUtf8"]);
    expect(errorOf(await send(INFERENCE, encode("generate", [zero, "lend", 8n]).slice(0, 80) as Hex))).toEqual([
      "InvalidCalldata",
    ]);
  });
});
