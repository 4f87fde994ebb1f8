import { Contract, ContractFactory, JsonRpcProvider, NonceManager, Wallet, WebSocketProvider } from "ethers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BOUGHT, DEADLINE, LIQUIDITY, SOLD, SUPPLY, testContract } from "./artifacts.ts";
import type { NodeProcess } from "./node-process.ts";
import { startNodeProcess } from "./node-process.ts";

let node: NodeProcess;
let provider: JsonRpcProvider;
let signer: NonceManager;

beforeAll(async () => {
  node = await startNodeProcess();
  provider = new JsonRpcProvider(node.rpcUrl, undefined, { polling: true, pollingInterval: 50 });
  signer = new NonceManager(new Wallet(node.accounts[0]!.privateKey, provider));
});

afterAll(async () => {
  provider.destroy();
  expect(await node.stop()).toBe(0);
});

test("deploys an ERC-20 and a market and trades on it", async () => {
  const owner = await signer.getAddress();
  const gold = await deploy("Token", "Gold", "GLD", SUPPLY);
  const silver = await deploy("Token", "Silver", "SLV", SUPPLY);
  const factory = await deploy("Factory");
  const router = await deploy("Router", await factory.getAddress());
  const [goldAddress, silverAddress] = [await gold.getAddress(), await silver.getAddress()];
  for (const token of [gold, silver]) await send(token, "approve", await router.getAddress(), SUPPLY);
  await send(router, "addLiquidity", goldAddress, silverAddress, LIQUIDITY, LIQUIDITY, 0n, 0n, owner, DEADLINE);
  await send(router, "swapExactTokensForTokens", SOLD, BOUGHT, [goldAddress, silverAddress], owner, DEADLINE);
  expect(await silver.getFunction("balanceOf")(owner)).toBe(SUPPLY - LIQUIDITY + BOUGHT);
  expect(await gold.queryFilter("Transfer", 0)).not.toHaveLength(0);
});

test("decodes a custom error", async () => {
  const gold = await deploy("Token", "Gold", "GLD", 1n);
  const transfer = gold.getFunction("transfer").staticCall(node.accounts[1]!.address, 2n);
  await expect(transfer).rejects.toMatchObject({ revert: { name: "ERC20InsufficientBalance" } });
});

test("receives events over WebSocket", async () => {
  const gold = await deploy("Token", "Gold", "GLD", SUPPLY);
  const socket = new WebSocketProvider(node.webSocketUrl);
  const received: bigint[] = [];
  const listening = new Contract(await gold.getAddress(), testContract("Token").abi as never, socket);
  await listening.on("Transfer", (_from, _to, value: bigint) => received.push(value));
  await send(gold, "transfer", node.accounts[1]!.address, 5n);
  await expect.poll(() => received, { timeout: 10_000 }).toEqual([5n]);
  await socket.destroy();
});

async function deploy(name: Parameters<typeof testContract>[0], ...args: unknown[]): Promise<Contract> {
  const { abi, bytecode } = testContract(name);
  const contract = await new ContractFactory(abi as never, bytecode, signer).deploy(...args);
  await contract.waitForDeployment();
  return contract as Contract;
}

async function send(contract: Contract, method: string, ...args: unknown[]): Promise<void> {
  const response = await contract.getFunction(method).send(...args);
  const receipt = await response.wait();
  expect(receipt?.status).toBe(1);
}
