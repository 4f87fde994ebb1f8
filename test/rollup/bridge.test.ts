import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { contractArtifact } from "@hyperion/rollup";
import { createPublicClient, createWalletClient, defineChain, type Hex, http, parseEther } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REPOSITORY } from "../conformance/fixtures.ts";
import { type NodeProcess, startNodeProcess } from "../e2e/node-process.ts";
import { anvilBinary } from "./anvil-process.ts";

const L1_CHAIN_ID = 900;
const SUPPLY = parseEther("1000");
const { abi, bytecode } = contractArtifact("test/Token");

/** Real chains, the real command, viem's op-stack actions underneath. */
describe.skipIf(anvilBinary() === undefined)("hyperion bridge", { timeout: 240_000 }, () => {
  let node: NodeProcess;
  let l1Token: Hex;

  beforeAll(async () => {
    node = await startNodeProcess([], true);
    const account = privateKeyToAccount(node.accounts[0]!.privateKey);
    const nativeCurrency = { name: "Ether", symbol: "ETH", decimals: 18 };
    const chain = defineChain({ id: L1_CHAIN_ID, name: "L1", nativeCurrency, rpcUrls: { default: { http: [] } } });
    const transport = http(node.l1!.rpcUrl);
    const hash = await createWalletClient({ account, chain, transport }).deployContract({
      ...{ abi, bytecode, args: ["Test", "TST", SUPPLY] },
    });
    const client = createPublicClient({ chain, transport, pollingInterval: 100 });
    l1Token = (await client.waitForTransactionReceipt({ hash })).contractAddress!;
  }, 240_000);

  afterAll(() => node?.stop());

  /** The events that the command reports. */
  const bridge = async (...args: string[]): Promise<Record<string, string>[]> => {
    const main = join(REPOSITORY, "apps", "cli", "dist", "main.js");
    const command = [main, "bridge", ...args, "--rpc-url", node.rpcUrl, "--json"];
    const { stdout } = await promisify(execFile)(process.execPath, command);
    return stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, string>);
  };

  const balance = (url: string, token: Hex): Promise<unknown> =>
    createPublicClient({ transport: http(url) }).readContract({
      ...{ address: token, abi, functionName: "balanceOf", args: [node.accounts[0]!.address] },
    });

  test("brings a token to L2, creates what stands for it, and brings it back through every stage", async () => {
    const deposited = (await bridge("deposit", "5", "--token", l1Token)).at(-1)!;
    expect(deposited.event).toBe("deposited");
    const l2Token = deposited.l2Token as Hex;
    expect(await balance(node.rpcUrl, l2Token)).toBe(parseEther("5"));
    expect(await balance(node.l1!.rpcUrl, l1Token)).toBe(SUPPLY - parseEther("5"));

    const events = await bridge("withdraw", "2", "--token", l2Token);
    expect(events.at(-1)).toEqual({ event: "withdrawn" });
    const stages = events.flatMap(({ status }) => status ?? []);
    expect(stages).toEqual(expect.arrayContaining(["waiting-to-prove", "ready-to-prove", "finalized"]));
    expect(await balance(node.rpcUrl, l2Token)).toBe(parseEther("3"));
    expect(await balance(node.l1!.rpcUrl, l1Token)).toBe(SUPPLY - parseEther("3"));

    const again = (await bridge("deposit", "1", "--token", l1Token)).at(-1)!;
    expect(again.l2Token).toBe(l2Token);
    const initiated = events.find(({ event }) => event === "initiated")!.l2Transaction!;
    expect(await bridge("status", initiated)).toEqual([{ event: "status", status: "finalized" }]);
  });

  test("who cannot pay for the data of a transaction, too, is refused", async () => {
    const account = privateKeyToAccount(node.accounts[1]!.privateKey);
    const client = createPublicClient({ transport: http(node.rpcUrl) });
    const balance = await client.getBalance({ address: account.address });
    const [gas, maxFeePerGas] = [21_000n, 10n ** 10n];
    const fields = { type: "eip1559", chainId: node.chainId, gas, maxFeePerGas, to: l1Token } as const;
    const send = async (value: bigint, nonce = 0): Promise<Hex> =>
      client.sendRawTransaction({ serializedTransaction: await account.signTransaction({ ...fields, value, nonce }) });
    // Also where it would have to wait for others.
    await expect(send(balance - gas * maxFeePerGas, 7)).rejects.toThrow(/insufficient funds/);
    await expect(send(balance - gas * maxFeePerGas)).rejects.toThrow(/insufficient funds/);
    expect(await send(balance - gas * maxFeePerGas - 10n ** 12n)).toMatch(/^0x/);
  });

  test("says what is wrong", async () => {
    await expect(bridge("deposit", "none")).rejects.toThrow(/no amount above zero/);
    await expect(bridge("withdraw", "1", "--token", "0x12")).rejects.toThrow(/is no address/);
    await expect(bridge("status", "0x12")).rejects.toThrow(/no transaction hash/);
  });
});
