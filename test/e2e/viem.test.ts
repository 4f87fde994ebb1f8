import type { Hash, Hex, TransactionReceipt } from "viem";
import { createPublicClient, createWalletClient, http, parseEventLogs, webSocket } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { foundry } from "viem/chains";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BOUGHT, DEADLINE, LIQUIDITY, SOLD, SUPPLY, testContract } from "./artifacts.ts";
import type { NodeProcess } from "./node-process.ts";
import { startNodeProcess } from "./node-process.ts";

let node: NodeProcess;
let clients: ReturnType<typeof connect>;

beforeAll(async () => {
  node = await startNodeProcess();
  clients = connect(node);
});

afterAll(async () => {
  expect(await node.stop()).toBe(0);
});

function connect({ rpcUrl, webSocketUrl, chainId, accounts }: NodeProcess) {
  const chain = { ...foundry, id: chainId };
  return {
    reader: createPublicClient({ chain, transport: http(rpcUrl), pollingInterval: 50 }),
    socket: createPublicClient({ chain, transport: webSocket(webSocketUrl) }),
    wallet: createWalletClient({
      chain,
      transport: http(rpcUrl),
      account: privateKeyToAccount(accounts[0]!.privateKey),
    }),
  };
}

test("deploys an ERC-20 and a market and trades on it", async () => {
  const { reader, wallet } = clients;
  const owner = wallet.account.address;
  const gold = await deploy("Token", ["Gold", "GLD", SUPPLY]);
  const silver = await deploy("Token", ["Silver", "SLV", SUPPLY]);
  const factory = await deploy("Factory", []);
  const router = await deploy("Router", [factory]);
  for (const token of [gold, silver]) await write("Token", token, "approve", [router, SUPPLY]);
  await write("Router", router, "addLiquidity", [gold, silver, LIQUIDITY, LIQUIDITY, 0n, 0n, owner, DEADLINE]);
  const receipt = await write("Router", router, "swapExactTokensForTokens", [
    SOLD,
    BOUGHT,
    [gold, silver],
    owner,
    DEADLINE,
  ]);

  const balance = await reader.readContract({ ...token(silver), functionName: "balanceOf", args: [owner] });
  expect(balance).toBe(SUPPLY - LIQUIDITY + BOUGHT);
  const swaps = parseEventLogs({ abi: testContract("Pair").abi, logs: receipt.logs, eventName: "Swap" });
  expect(swaps).toHaveLength(1);
  const found = await reader.getContractEvents({ ...token(gold), eventName: "Transfer", fromBlock: 0n });
  expect(found.length).toBeGreaterThanOrEqual(3);
});

test("reports a revert with the contract's own error", async () => {
  const gold = await deploy("Token", ["Gold", "GLD", 1n]);
  const transfer = clients.reader.simulateContract({
    ...token(gold),
    functionName: "transfer",
    args: [node.accounts[1]!.address, 2n],
    account: clients.wallet.account,
  });
  await expect(transfer).rejects.toThrow(/ERC20InsufficientBalance/);
});

test("announces blocks and logs over WebSocket", async () => {
  const gold = await deploy("Token", ["Gold", "GLD", SUPPLY]);
  const logs: unknown[] = [];
  const blocks: bigint[] = [];
  const { socket } = clients;
  const unwatch = [
    socket.watchContractEvent({ ...token(gold), eventName: "Transfer", onLogs: (batch) => logs.push(...batch) }),
    socket.watchBlockNumber({ onBlockNumber: (number) => blocks.push(number) }),
  ];
  await expect.poll(() => blocks.length, { timeout: 10_000 }).toBeGreaterThan(0);
  await write("Token", gold, "transfer", [node.accounts[1]!.address, 5n]);
  await expect.poll(() => logs.length, { timeout: 10_000 }).toBe(1);
  for (const stop of unwatch) stop();
});

test("confirms a transaction in one round trip", async () => {
  const { wallet, reader } = clients;
  const request = await wallet.prepareTransactionRequest({ to: node.accounts[2]!.address, value: 7n });
  const serializedTransaction = await wallet.signTransaction(request);
  const receipt = await reader.request<{ Method: string; Parameters: Hex[]; ReturnType: { status: Hex } }>({
    method: "eth_sendRawTransactionSync",
    params: [serializedTransaction],
  });
  expect(receipt.status).toBe("0x1");
});

function token(address: Hex) {
  return { address, abi: testContract("Token").abi };
}

async function deploy(name: Parameters<typeof testContract>[0], args: readonly unknown[]): Promise<Hex> {
  const { abi, bytecode } = testContract(name);
  const { contractAddress } = await succeeded(await clients.wallet.deployContract({ abi, bytecode, args }));
  return contractAddress!;
}

async function write(
  name: Parameters<typeof testContract>[0],
  address: Hex,
  functionName: string,
  args: readonly unknown[],
): Promise<TransactionReceipt> {
  return succeeded(await clients.wallet.writeContract({ abi: testContract(name).abi, address, functionName, args }));
}

async function succeeded(hash: Hash): Promise<TransactionReceipt> {
  const receipt = await clients.reader.waitForTransactionReceipt({ hash });
  expect(receipt.status).toBe("success");
  return receipt;
}
