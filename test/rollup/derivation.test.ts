import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Blockchain } from "@hyperion/chain";
import { Database } from "@hyperion/metisdb";
import {
  Batcher,
  type BatcherOptions,
  BeaconBlobs,
  connectL1Account,
  contractArtifact,
  createL2Genesis,
  type Deployment,
  Deriver,
  deploy,
  deployConfigSchema,
  genesisOptions,
  L1Client,
  L2Engine,
  type L2Genesis,
  Proposer,
  parseRollupConfig,
  payloadAttributes,
  type RollupConfig,
  rollupChainConfig,
  TransactionSender,
  writeDeployment,
} from "@hyperion/rollup";
import { createPublicClient, encodeFunctionData, type Hex, hexToBytes, http, toHex } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REPOSITORY } from "../conformance/fixtures.ts";
import { type AnvilProcess, anvilBinary, startAnvil } from "./anvil-process.ts";

const L1_CHAIN_ID = 900;
const L2_CHAIN_ID = 901;
const ETHER = 10n ** 18n;
const RECIPIENT: Hex = "0x00000000000000000000000000000000000000dd";

const deployer = privateKeyToAccount(`0x${"0d".repeat(32)}`);
const batcherKey = privateKeyToAccount(`0x${"0b".repeat(32)}`);
const user = privateKeyToAccount(`0x${"07".repeat(32)}`);
const binary = anvilBinary();

interface TestNode {
  readonly chain: Blockchain;
  readonly engine: L2Engine;
  readonly deriver: Deriver;
}

describe.skipIf(binary === undefined)("a verifier with nothing but an L1 and the deployment file", () => {
  const open: Blockchain[] = [];
  const folder = mkdtempSync(join(tmpdir(), "hyperion-rollup-"));
  let anvil: AnvilProcess;
  let deployment: Deployment;
  let genesis: L2Genesis;
  let config: RollupConfig;
  let l1: L1Client;
  let nonce = 0;

  beforeAll(async () => {
    anvil = await startAnvil(binary!, ["--chain-id", `${L1_CHAIN_ID}`, "--hardfork", "prague", "--accounts", "0"]);
    await anvil.request("anvil_setBlockTimestampInterval", [12]);
    for (const { address } of [deployer, batcherKey, user]) {
      await anvil.request("anvil_setBalance", [address, toHex(1_000n * ETHER)]);
    }
    const roles = { batcher: batcherKey.address };
    const choices = deployConfigSchema.parse({ chainId: L2_CHAIN_ID, gasLimit: 30_000_000, roles });
    const account = await connectL1Account({ account: deployer, transport: http(anvil.url) });
    deployment = await deploy({ config: choices, l1: account });
    genesis = await createL2Genesis(genesisOptions(deployment));
    config = deployment.rollup;
    l1 = new L1Client({ urls: [anvil.url], blobs: new BeaconBlobs(anvil.url, { byNumber: true }), config });
  }, 300_000);

  afterAll(async () => {
    await Promise.all(open.map((chain) => chain.close()));
    await anvil?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function node(): Promise<TestNode> {
    const chainConfig = rollupChainConfig(config);
    const database = Database.temporary();
    const chain = await Blockchain.open({ config: chainConfig, genesis: genesis.block, database });
    open.push(chain);
    const engine = new L2Engine(chain, config);
    return { chain, engine, deriver: new Deriver(config, l1, engine) };
  }

  function sender(account: PrivateKeyAccount): TransactionSender {
    const limits = { patience: 30_000, maxFeePerGas: 10n ** 12n };
    return new TransactionSender(l1.client, { account, chainId: L1_CHAIN_ID, ...limits });
  }

  function batcher({ engine, deriver }: TestNode, options: Partial<BatcherOptions> = {}): Batcher {
    const defaults = { batches: "span", compression: "brotli", data: "blobs", maxBlocks: 500 } as const;
    return new Batcher(config, engine, l1, deriver, sender(batcherKey), { ...defaults, ...options });
  }

  /** Builds an unsafe block; its origin advances as soon as time allows. */
  async function build({ engine }: TestNode, transfers: number): Promise<void> {
    const parent = engine.unsafe();
    const timestamp = parent.timestamp + config.blockTime;
    const next = await l1.block(parent.origin.number + 1n);
    const origin = next && next.timestamp <= timestamp ? next : (await l1.block(parent.origin.hash))!;
    const raws = await Promise.all(Array.from({ length: transfers }, transfer));
    const transactions = raws.map((raw) => hexToBytes(raw));
    const outcome = await engine.build(payloadAttributes(config, parent, timestamp, origin, transactions));
    expect(outcome).toMatchObject({ valid: true });
  }

  /** Until the deposit of that L1 block is in. */
  async function buildUntil(sequencer: TestNode, origin: bigint): Promise<void> {
    while (sequencer.engine.unsafe().origin.number < origin) await build(sequencer, 0);
  }

  function transfer(): Promise<Hex> {
    const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n };
    const fields = { chainId: L2_CHAIN_ID, nonce: nonce++, gas: 21_000n, to: RECIPIENT, value: 1n };
    return user.signTransaction({ type: "eip1559", ...fields, ...fees });
  }

  /** Through the portal, to the user; not from there, as deposits spend nonces. Returns the number of its L1 block. */
  async function deposit(wei: bigint): Promise<bigint> {
    const client = createPublicClient({ transport: http(anvil.url) });
    const data = encodeFunctionData({
      abi: contractArtifact("l1/OptimismPortal").abi,
      functionName: "depositTransaction",
      args: [user.address, wei, 100_000n, false, "0x"],
    });
    const raw = await deployer.signTransaction({
      ...{ type: "eip1559", chainId: L1_CHAIN_ID, to: deployment.addresses.optimismPortal, data, value: wei },
      ...{ gas: 1_000_000n, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n },
      nonce: await client.getTransactionCount({ address: deployer.address }),
    });
    const hash = await client.sendRawTransaction({ serializedTransaction: raw });
    const { status, blockNumber } = await client.waitForTransactionReceipt({ hash, pollingInterval: 50 });
    expect(status).toBe("success");
    return blockNumber;
  }

  async function post(sequencer: TestNode, poster: Batcher): Promise<void> {
    while ((await poster.post()) === 0) await sequencer.deriver.catchUp();
    await sequencer.deriver.catchUp();
  }

  const balanceOf = async ({ chain }: TestNode, address: Hex): Promise<bigint> =>
    (await chain.account("latest", hexToBytes(address)))?.balance ?? 0n;

  test("derives what the sequencer built, from blobs and calldata, spans and single batches", async () => {
    const sequencer = await node();
    const kinds: Partial<BatcherOptions>[] = [
      { data: "blobs" },
      { data: "calldata", compression: "zlib" },
      { data: "blobs", batches: "singular", compression: "zlib" },
      { data: "auto", batches: "singular" },
    ];
    for (const [round, options] of kinds.entries()) {
      const funded = await deposit(5n * ETHER);
      await sequencer.deriver.catchUp();
      await buildUntil(sequencer, funded);
      for (let i = 0; i < 5; i++) await build(sequencer, round + 1);
      await post(sequencer, batcher(sequencer, options));
    }
    const head = sequencer.engine.unsafe();
    expect(head.number).toBeGreaterThan(40n);
    expect(sequencer.engine.safe().hash).toBe(head.hash);
    const verifier = await node();
    await verifier.deriver.catchUp();
    expect(verifier.engine.safe().hash).toBe(head.hash);
    expect(await balanceOf(verifier, RECIPIENT)).toBe(50n);
    expect(await balanceOf(verifier, user.address)).toBeGreaterThan(19n * ETHER);
  }, 240_000);

  test("posts again what an L1 reorg took away", async () => {
    const sequencer = await node();
    await sequencer.deriver.catchUp();
    const before = sequencer.engine.safe().number;
    const poster = batcher(sequencer);
    for (let i = 0; i < 10; i++) await build(sequencer, 1);
    await post(sequencer, poster);
    expect(sequencer.engine.safe().number).toBe(before + 10n);
    await anvil.request("anvil_rollback", [1]);
    await anvil.request("anvil_dropAllTransactions");
    await anvil.request("evm_mine");
    await anvil.request("evm_mine");
    await sequencer.deriver.catchUp();
    expect(sequencer.engine.safe().number).toBe(before);
    await post(sequencer, poster);
    expect(sequencer.engine.safe().hash).toBe(sequencer.engine.unsafe().hash);
    const verifier = await node();
    await verifier.deriver.catchUp();
    expect(verifier.engine.safe().hash).toBe(sequencer.engine.safe().hash);
  }, 240_000);

  test("proposes what L1 data gives, once", async () => {
    const follower = await node();
    await follower.deriver.catchUp();
    const options = { gameType: deployment.bridge.gameType, interval: 5n, upTo: "safe" } as const;
    const proposer = (): Proposer =>
      new Proposer(follower.engine, l1.client, sender(deployer), {
        ...options,
        factory: deployment.addresses.disputeGameFactory,
      });
    const { number } = follower.engine.safe();
    const proposal = await proposer().propose();
    expect(proposal).toEqual({ number, outputRoot: follower.engine.outputRoot(number) });
    expect(await proposer().propose()).toBeUndefined();
    const [game] = (await l1.client.readContract({
      address: deployment.addresses.disputeGameFactory,
      abi: contractArtifact("l1/dispute/DisputeGameFactory").abi,
      functionName: "findLatestGames",
      args: [options.gameType, 0n, 1n],
    })) as { rootClaim: Hex }[];
    expect(game!.rootClaim).toBe(proposal!.outputRoot);
  }, 240_000);

  test("runs as `hyperion verifier`", async () => {
    const reference = await node();
    await reference.deriver.catchUp();
    const file = join(folder, "deployment.json");
    writeDeployment(file, deployment);
    const flags = ["--deployment", file, "--l1-rpc", anvil.url, "--l1-blobs-by-number", "true", "--in-memory", "true"];
    const more = ["--inference-enabled", "false", "--rpc-port", "0", "--l1-poll-ms", "100", "--json"];
    const main = join(REPOSITORY, "apps", "cli", "dist", "main.js");
    const child = spawn(process.execPath, [main, "verifier", ...flags, ...more], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const url = await new Promise<string>((resolve, reject) => {
        createInterface(child.stdout).on("line", (line) => resolve((JSON.parse(line) as { rpcUrl: string }).rpcUrl));
        child.once("exit", (code) => reject(new Error(`the verifier ended with ${code}`)));
      });
      const client = createPublicClient({ transport: http(url) });
      const ask = (method: string, ...params: unknown[]): Promise<Record<string, { hash: Hex }>> =>
        client.request({ method, params } as never);
      const safe = async (): Promise<Hex> => (await ask("optimism_syncStatus")).safe_l2!.hash;
      await expect.poll(safe, { timeout: 150_000 }).toBe(reference.engine.safe().hash);
      const { number } = reference.engine.safe();
      expect((await ask("optimism_outputAtBlock", toHex(number))).blockRef!.hash).toBe(reference.engine.safe().hash);
      expect(parseRollupConfig(await ask("optimism_rollupConfig"))).toEqual(config);
      const receipts = (await ask("eth_getBlockReceipts", toHex(number))) as unknown as Record<string, Hex>[];
      expect(receipts[0]).toMatchObject({ type: "0x7e", depositReceiptVersion: "0x1", status: "0x1" });
      expect(receipts[1]).toMatchObject({ l1BaseFeeScalar: toHex(1_368), l1BlobBaseFeeScalar: toHex(810_949) });
      const { l1Fee, l1GasUsed, l1GasPrice, l1BlobBaseFee } = receipts[1]!;
      const perByte = 16n * 1_368n * BigInt(l1GasPrice!) + 810_949n * BigInt(l1BlobBaseFee!);
      expect(BigInt(l1Fee!)).toBe((100_000_000n * perByte) / 10n ** 12n);
      expect(BigInt(l1GasUsed!)).toBe(1_600n);
      await expect(
        client.sendRawTransaction({ serializedTransaction: (await transfer()) as `0x02${string}` }),
      ).rejects.toThrow("orders no transactions");
    } finally {
      await ended(child);
    }
    expect(child.exitCode).toBe(0);
  }, 240_000);
});

/** Asks the process to end, and waits until it has. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await exit;
}
