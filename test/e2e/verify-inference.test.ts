import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { readShapesModel } from "@hyperion/inference";
import {
  bytesToHex,
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  type Hash,
  type Hex,
  http,
  parseAbi,
  stringToHex,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { foundry } from "viem/chains";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { REPOSITORY } from "../conformance/fixtures.ts";
import { type NodeProcess, startNodeProcess } from "./node-process.ts";

const INFERENCE = "0x0000000000000000000000000000000000000999";
const MAIN = join(REPOSITORY, "apps", "cli", "dist", "main.js");
const ANSWER = '{"tool":"lend","asset":"ETH","amount":"5"}';
/** Copies its calldata to memory and calls the precompile with it, twice, once with all but its first byte. */
const TWICE = "0x365f5f375f5f365f610999 5afa50 5f5f36600190036001610999 5afa00";

const ABI = parseAbi([
  "function classifyImage(bytes32, bytes) view returns (uint256, int256[])",
  "function classify(bytes32, string, string[]) view returns (uint256, int256[])",
  "function embed(bytes32, string) view returns (int256[])",
  "function generate(bytes32, string, uint256) view returns (string, uint256)",
]);
const SHAPES_FILE = join(REPOSITORY, "packages", "inference", "models", "shapes.model");
const SHAPES = bytesToHex(readShapesModel().root);
const ZERO = `0x${"00".repeat(32)}` as const;
const IMAGE = bytesToHex(Uint8Array.from({ length: 768 }, (_, i) => (i % 48 > 14 && i % 48 < 27 ? 250 : 3)));
const folder = mkdtempSync(join(tmpdir(), "hyperion-verify-"));

let node: NodeProcess;
let reader: ReturnType<typeof createPublicClient>;

beforeAll(async () => {
  copyFileSync(SHAPES_FILE, join(folder, `${SHAPES}.model`));
  node = await startNodeProcess(["--in-memory", "--sequencer-automine", "true", "--inference-sources", folder]);
  reader = createPublicClient({ chain: { ...foundry, id: node.chainId }, transport: http(node.rpcUrl) });
});
afterAll(async () => {
  expect(await node.stop()).toBe(0);
  rmSync(folder, { recursive: true });
});

const send = async (to: Hex | null, data: Hex): Promise<Hash> => {
  const wallet = createWalletClient({
    chain: { ...foundry, id: node.chainId },
    transport: http(node.rpcUrl),
    account: privateKeyToAccount(node.accounts[0]!.privateKey),
  });
  const hash = await wallet.sendTransaction({ to, data, gas: 16_000_000n });
  await reader.waitForTransactionReceipt({ hash, pollingInterval: 50 });
  return hash;
};

interface Call {
  readonly [key: string]: unknown;
  readonly input: Hex;
  readonly layers: readonly Hex[];
}

const inferences = async (hash: Hash): Promise<readonly Call[]> => {
  const answer = await reader.request({ method: "hyp_getInference" as never, params: [hash] as never });
  return (answer as { calls: readonly Call[] }).calls;
};

const verify = (hash: Hash, ...flags: string[]): Promise<{ stdout: string }> =>
  promisify(execFile)(process.execPath, [MAIN, "verify-inference", hash, "--rpc-url", node.rpcUrl, ...flags]);

test("tells what a model said in a transaction, and another machine computes the same", async () => {
  const hash = await send(INFERENCE, stringToHex("lend 5 ETH to the pool"));
  const [call] = await inferences(hash);
  expect(call).toMatchObject({ form: "prompt", status: 0, result: { text: ANSWER } });
  expect(call!.stateRoot).toMatch(/^0x[0-9a-f]{64}$/);
  for (const build of ["simd", "scalar"]) {
    const { stdout } = await verify(hash, "--build", build, "--json");
    expect(JSON.parse(stdout)).toMatchObject({ equal: true, calls: [{ form: "prompt", equal: true }] });
  }
});

test("finds calls that contracts make, and those that were refused", async () => {
  const code = TWICE.slice(2).replaceAll(" ", "");
  const length = (code.length / 2).toString(16).padStart(2, "0");
  const deployment = await send(null, `0x60${length}600c60003960${length}6000f3${code}`);
  const { contractAddress } = await reader.getTransactionReceipt({ hash: deployment });
  const hash = await send(contractAddress!, "0xff6c656e642035");
  expect((await inferences(hash)).map(({ form, status, error }) => [form, status, error])).toMatchObject([
    ["prompt", 1, { name: "InvalidUtf8" }],
    ["prompt", 0, undefined],
  ]);
  expect(JSON.parse((await verify(hash, "--json")).stdout)).toMatchObject({ equal: true, calls: [{}, {}] });
  expect(await inferences(deployment)).toEqual([]);
});

test("has evidence for what a network saw, for choices and for directions of texts", async () => {
  const command = [MAIN, "model", "register", SHAPES_FILE, "--rpc-url", node.rpcUrl];
  await promisify(execFile)(process.execPath, command);
  const see = (image: Hex): Hex =>
    encodeFunctionData({ abi: ABI, functionName: "classifyImage", args: [SHAPES, image] });
  await vi.waitFor(() => reader.call({ to: INFERENCE, data: see(IMAGE) }), { timeout: 10_000, interval: 100 });
  const labels = ["lend", "swap"];
  const questions: readonly (readonly [form: string, data: Hex, status: number, layers: number])[] = [
    ["classifyImage", see(IMAGE), 0, 5],
    ["classifyImage", see("0x00"), 1, 0],
    ["generate", encodeFunctionData({ abi: ABI, functionName: "generate", args: [SHAPES, "lend", 0n] }), 1, 0],
    ["classify", encodeFunctionData({ abi: ABI, functionName: "classify", args: [ZERO, "lend 5 ETH", labels] }), 0, 4],
    ["embed", encodeFunctionData({ abi: ABI, functionName: "embed", args: [ZERO, "lend 5 ETH"] }), 0, 4],
  ];
  for (const [form, data, status, layers] of questions) {
    const hash = await send(INFERENCE, data);
    const [call] = await inferences(hash);
    expect(call).toMatchObject({ form, status });
    expect(call!.layers).toHaveLength(layers);
    for (const build of ["simd", "scalar"]) {
      const { stdout } = await verify(hash, "--build", build, "--json");
      expect(JSON.parse(stdout), form).toMatchObject({ equal: true, calls: [{ form, equal: true }] });
    }
  }
});

test("a transaction that is not there is an error", async () => {
  await expect(verify(`0x${"12".repeat(32)}`)).rejects.toMatchObject({ code: 1 });
});
