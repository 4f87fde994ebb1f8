import type { Hex } from "viem";
import { encodeFunctionData, erc20Abi, getContractAddress, hexToNumber, toHex } from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { anvilBinary, rpc, startAnvil } from "./anvil.ts";
import type { BenchOptions, BenchResult, BenchRow } from "./benchmark.ts";
import { HttpConnection } from "./http-client.ts";
import { startHyperion } from "./hyperion-node.ts";
import { geometricMean, percentile } from "./measure.ts";
import { tokenCreationCode } from "./token.ts";

export const name = "rpc";
export const description = "signed ERC-20 transfers through JSON-RPC against anvil";

/** The development accounts both nodes fund. */
const MNEMONIC = "test test test test test test test test test test test junk";
const SENDERS = 10;
const GAS_PRICE = 20_000_000_000n;
/** Small enough for anvil: with a thousand waiting transactions its pool needs minutes. */
const BATCH = 25;

type Account = ReturnType<typeof mnemonicToAccount>;

interface Node {
  readonly url: string;
  close(): Promise<void>;
}

/** Signed before the clock starts: per sender, in nonce order. */
interface Load {
  readonly token: Hex;
  readonly lanes: readonly (readonly Hex[])[];
}

interface Throughput {
  readonly transactionsPerSecond: number;
  readonly latencies: readonly number[];
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const perSender = quick ? 50 : 400;
  const rounds = quick ? 1 : 3;
  const ours: Measured[] = [];
  const theirs: Measured[] = [];
  for (let round = 0; round < rounds; round++) {
    log(`round ${round + 1} of ${rounds}: Hyperion`);
    ours.push(await measure(await startHyperion(), perSender));
    if (anvilBinary() === undefined) continue;
    log(`round ${round + 1} of ${rounds}: anvil`);
    theirs.push(await measure(await startAnvil(["--gas-limit", "1000000000", "--prune-history"]), perSender));
  }
  const rows = [
    throughputRow("one at a time per sender, eth_sendRawTransactionSync", ours, theirs, (m) => m.sync),
    throughputRow(
      `JSON-RPC batches of ${BATCH} per sender, eth_sendRawTransactionSync`,
      ours,
      theirs,
      (m) => m.batched,
    ),
    latencyRow("eth_sendRawTransactionSync p50", 50, ours, theirs),
    latencyRow("eth_sendRawTransactionSync p99", 99, ours, theirs),
  ];
  const ratio = rows[0]!.ratio;
  return {
    method:
      `${SENDERS} senders, ${perSender} transfers each per phase, signed beforehand; every receipt checked (status, Transfer ` +
      `event) and the recipients' balances at the end; fresh node per round, geometric means of ${rounds} interleaved rounds.`,
    rows,
    summary: ratio === undefined ? [] : [{ label: "transactions per second against anvil", ratio, target: 2 }],
  };
}

interface Measured {
  readonly sync: Throughput;
  readonly batched: Throughput;
}

async function measure(node: Node, perSender: number): Promise<Measured> {
  try {
    const accounts = Array.from({ length: SENDERS }, (_, index) =>
      mnemonicToAccount(MNEMONIC, { addressIndex: index }),
    );
    const token = await deployToken(node.url, accounts);
    const chainId = hexToNumber(await rpc<Hex>(node.url, "eth_chainId", []));
    const warmUp = await signLoad(node.url, token, accounts, chainId, Math.ceil(perSender / 4));
    await sendSync(node.url, warmUp);
    const sync = await sendSync(node.url, await signLoad(node.url, token, accounts, chainId, perSender));
    const batched = await sendBatched(node.url, await signLoad(node.url, token, accounts, chainId, perSender));
    await checkBalances(node.url, token, accounts, Math.ceil(perSender / 4) + 2 * perSender);
    return { sync, batched };
  } finally {
    await node.close();
  }
}

async function deployToken(url: string, accounts: readonly Account[]): Promise<Hex> {
  const [owner] = accounts as [Account];
  const nonce = hexToNumber(await rpc<Hex>(url, "eth_getTransactionCount", [owner.address, "latest"]));
  const chainId = hexToNumber(await rpc<Hex>(url, "eth_chainId", []));
  const fees = { chainId, gasPrice: GAS_PRICE };
  const creation = await owner.signTransaction({ ...fees, nonce, gas: 3_000_000n, data: tokenCreationCode() });
  await sendChecked(url, creation);
  const token = getContractAddress({ from: owner.address, nonce: BigInt(nonce) });
  for (const [index, { address }] of accounts.entries()) {
    if (index === 0) continue;
    const data = encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [address, 10n ** 21n] });
    await sendChecked(
      url,
      await owner.signTransaction({ ...fees, nonce: nonce + index, gas: 100_000n, to: token, data }),
    );
  }
  return token;
}

async function sendChecked(url: string, raw: Hex): Promise<void> {
  const { status } = await rpc<{ status: Hex }>(url, "eth_sendRawTransactionSync", [raw]);
  if (status !== "0x1") throw new Error("a preparing transaction failed");
}

/** Transfers of one token unit to a fresh recipient per sender. */
async function signLoad(
  url: string,
  token: Hex,
  accounts: readonly Account[],
  chainId: number,
  perSender: number,
): Promise<Load> {
  const lanes: Hex[][] = [];
  for (const [index, account] of accounts.entries()) {
    const first = hexToNumber(await rpc<Hex>(url, "eth_getTransactionCount", [account.address, "pending"]));
    const data = encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [recipient(index), 1n] });
    const transaction = { chainId, gasPrice: GAS_PRICE, gas: 100_000n, to: token, data };
    const nonces = Array.from({ length: perSender }, (_, offset) => first + offset);
    lanes.push(await Promise.all(nonces.map((nonce) => account.signTransaction({ ...transaction, nonce }))));
  }
  return { token, lanes };
}

function recipient(index: number): Hex {
  return toHex(0xbeef0000 + index, { size: 20 });
}

async function sendSync(url: string, { token, lanes }: Load): Promise<Throughput> {
  const connections = await Promise.all(lanes.map(() => HttpConnection.open(url)));
  const latencies: number[] = [];
  const started = performance.now();
  await Promise.all(
    lanes.map(async (lane, index) => {
      for (const raw of lane) {
        const sent = performance.now();
        const answer = await connections[index]!.post(request("eth_sendRawTransactionSync", [raw]));
        latencies.push(performance.now() - sent);
        checkReceipt(JSON.parse(answer), token);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  for (const connection of connections) connection.close();
  return { transactionsPerSecond: latencies.length / seconds, latencies };
}

/** Per sender one JSON-RPC batch after the other. */
async function sendBatched(url: string, { token, lanes }: Load): Promise<Throughput> {
  const connections = await Promise.all(lanes.map(() => HttpConnection.open(url)));
  const started = performance.now();
  await Promise.all(lanes.map((lane, index) => sendLane(connections[index]!, lane, token)));
  const seconds = (performance.now() - started) / 1000;
  for (const connection of connections) connection.close();
  return { transactionsPerSecond: lanes.flat().length / seconds, latencies: [] };
}

async function sendLane(connection: HttpConnection, lane: readonly Hex[], token: Hex): Promise<void> {
  for (let at = 0; at < lane.length; at += BATCH) {
    const calls = lane.slice(at, at + BATCH).map((raw) => request("eth_sendRawTransactionSync", [raw]));
    const answers = JSON.parse(await connection.post(`[${calls}]`)) as Answer<Receipt>[];
    for (const answer of answers) checkReceipt(answer, token);
  }
}

interface Answer<T> {
  readonly result: T;
  readonly error?: { readonly message: string };
}

interface Receipt {
  readonly status: Hex;
  readonly logs: readonly { readonly address: Hex }[];
}

function request(method: string, params: readonly unknown[]): string {
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
}

function resultOf<T>({ result, error }: Answer<T>): T {
  if (error !== undefined) throw new Error(error.message);
  return result;
}

function checkReceipt(answer: Answer<Receipt>, token: Hex): void {
  const { status, logs } = resultOf(answer);
  if (status !== "0x1" || logs[0]?.address.toLowerCase() !== token.toLowerCase()) throw new Error("a transfer failed");
}

async function checkBalances(url: string, token: Hex, accounts: readonly Account[], expected: number): Promise<void> {
  for (const index of accounts.keys()) {
    const data = encodeFunctionData({ abi: erc20Abi, functionName: "balanceOf", args: [recipient(index)] });
    const balance = BigInt(await rpc<Hex>(url, "eth_call", [{ to: token, data }, "pending"]));
    if (balance !== BigInt(expected)) throw new Error(`recipient ${index} has ${balance}, not ${expected}`);
  }
}

function throughputRow(
  workload: string,
  ours: readonly Measured[],
  theirs: readonly Measured[],
  pick: (measured: Measured) => Throughput,
): BenchRow {
  const figure = (all: readonly Measured[]): number => geometricMean(all.map((one) => pick(one).transactionsPerSecond));
  if (theirs.length === 0) return { workload, ours: figure(ours), unit: "tx/s" };
  const [own, peer] = [figure(ours), figure(theirs)];
  return { workload, ours: own, peer, peerName: "anvil", unit: "tx/s", ratio: own / peer };
}

function latencyRow(workload: string, p: number, ours: readonly Measured[], theirs: readonly Measured[]): BenchRow {
  const figure = (all: readonly Measured[]): number =>
    percentile(
      all.flatMap(({ sync }) => sync.latencies),
      p,
    );
  if (theirs.length === 0) return { workload, ours: figure(ours), unit: "ms" };
  const [own, peer] = [figure(ours), figure(theirs)];
  return { workload, ours: own, peer, peerName: "anvil", unit: "ms", ratio: peer / own };
}
