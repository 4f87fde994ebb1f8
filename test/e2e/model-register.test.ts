import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createEngine } from "@hyperion/inference";
import { randomModel } from "@hyperion/inference/testing";
import { createDaServer, type DaServer } from "@hyperion/rollup";
import { bytesToHex, createPublicClient, createWalletClient, encodeFunctionData, http, parseAbi } from "viem";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { REPOSITORY } from "../conformance/fixtures.ts";
import { type NodeProcess, startNodeProcess } from "./node-process.ts";

const MAIN = join(REPOSITORY, "apps", "cli", "dist", "main.js");
const INFERENCE = "0x0000000000000000000000000000000000000999";
const ABI = parseAbi(["function generate(bytes32, string, uint256) view returns (string, uint256)"]);

const folder = mkdtempSync(join(tmpdir(), "hyperion-sources-"));
const blobOf = (seed: number): Uint8Array =>
  randomModel({
    ...{ seed, layers: 2, heads: 2, kvHeads: 1, headDim: 16, dim: 32, ffn: 64 },
    ...{ tied: true, context: 64, wild: false },
  });
const blob = blobOf(5);
const engine = createEngine(blob);
const root = bytesToHex(engine.id);
const file = join(folder, `${root}.model`);

let node: NodeProcess;
let da: DaServer;
beforeAll(async () => {
  writeFileSync(file, blob);
  const payloads = join(folder, "payloads");
  da = await createDaServer({ folder: payloads, host: "127.0.0.1", port: 0, kind: "keccak", maxBytes: 1 << 24 });
  const flags = ["--inference-sources", folder, "--inference-da-servers", da.url];
  node = await startNodeProcess(["--in-memory", "--sequencer-automine", "true", ...flags]);
});
afterAll(async () => {
  expect(await node.stop()).toBe(0);
  await da.close();
  rmSync(folder, { recursive: true });
});

test("a registered model comes to the node, and contracts can call it", async () => {
  const client = createPublicClient({ transport: http(node.rpcUrl) });
  const ask = (): Promise<readonly unknown[]> =>
    client.readContract({ address: INFERENCE, abi: ABI, functionName: "generate", args: [root, "ab", 8n] });
  await expect(ask()).rejects.toThrowError();
  const args = [MAIN, "model", "register", file, "--rpc-url", node.rpcUrl, "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(JSON.parse(stdout)).toMatchObject({ root, callable: true });
  const { text, tokens } = engine.generate("ab", 8)!;
  await vi.waitFor(async () => expect(await ask()).toEqual([text, BigInt(tokens)]), { timeout: 10_000, interval: 100 });
  expect(
    await client.request({
      method: "hyp_generate" as never,
      params: [{ model: root, prompt: "ab", maxTokens: 8 }] as never,
    }),
  ).toMatchObject({
    text,
    tokens,
  });
  const sent = await promisify(execFile)(process.execPath, args).catch((error: unknown) => error);
  expect(sent).toMatchObject({ code: 1 });
  const wallet = createWalletClient({ transport: http(node.rpcUrl), account: node.accounts[0]!.address });
  const data = encodeFunctionData({ abi: ABI, functionName: "generate", args: [root, "ab", 8n] });
  const hash = await wallet.sendTransaction({ chain: null, to: INFERENCE, data, gas: 10_000_000n });
  await client.waitForTransactionReceipt({ hash, pollingInterval: 50 });
  const flags = ["verify-inference", hash, "--rpc-url", node.rpcUrl, "--model", file, "--json"];
  const verdict = JSON.parse((await promisify(execFile)(process.execPath, [MAIN, ...flags])).stdout);
  expect(verdict).toMatchObject({ equal: true, calls: [{ form: "generate", model: root }] });
});

test("a model that its publisher keeps on an alt-DA server comes to the node", async () => {
  const client = createPublicClient({ transport: http(node.rpcUrl) });
  const published = createEngine(blobOf(6));
  const path = join(folder, "published.model");
  writeFileSync(path, blobOf(6));
  const args = [MAIN, "model", "register", path, "--rpc-url", node.rpcUrl, "--da-server", da.url];
  await promisify(execFile)(process.execPath, args);
  const { text, tokens } = published.generate("ab", 8)!;
  const question = { address: INFERENCE, abi: ABI, functionName: "generate" } as const;
  const ask = (): Promise<readonly unknown[]> =>
    client.readContract({ ...question, args: [bytesToHex(published.id), "ab", 8n] });
  await vi.waitFor(async () => expect(await ask()).toEqual([text, BigInt(tokens)]), { timeout: 10_000, interval: 100 });
});
