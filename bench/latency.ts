import type { Hex } from "viem";
import { hexToNumber, toHex } from "viem";
import { anvilBinary, startAnvil } from "./anvil.ts";
import type { BenchOptions, BenchResult, BenchRow } from "./benchmark.ts";
import { HttpConnection } from "./http-client.ts";
import { startHyperion } from "./hyperion-node.ts";
import { rpc } from "./json-rpc.ts";
import { percentile } from "./measure.ts";
import type { Account, Answer, Holders, Node, Receipt } from "./token-load.ts";
import { checkTransfer, deployToken, request, signTransfers } from "./token-load.ts";

export const name = "latency";
export const description =
  "eth_sendRawTransactionSync at 200 transactions per second, also beside inference, against anvil";

const RATE = 200;
const SENDERS = 20;
/** One inference per block: Hyperion seals one a second. */
const INFERENCE_INTERVAL_MS = 1000;
const INFERENCE: Hex = "0x0000000000000000000000000000000000000999";
const PROMPT = "swap 12 USDC for WBTC";
const INFERENCE_GAS_LIMIT = 8_000_000n;
const WARM_UP_INFERENCES = 3;
const BUDGETS = [
  { p: 50, milliseconds: 3 },
  { p: 99, milliseconds: 15 },
];

interface Measured {
  readonly latencies: readonly number[];
  /** Gas of each inference that ran meanwhile. */
  readonly inferences: readonly number[];
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const seconds = quick ? 4 : 30;
  log("Hyperion");
  const { alone, beside } = await hyperion(seconds);
  log("anvil");
  const anvil =
    anvilBinary() === undefined ? undefined : await peer(await startAnvil(["--accounts", `${SENDERS}`]), seconds);
  const gas = Math.round(beside.inferences.reduce((sum, one) => sum + one, 0) / beside.inferences.length);
  return {
    method:
      `${RATE} ERC-20 transfers per second for ${seconds} s from ${SENDERS} senders, each on a connection of its own; the time from when a ` +
      `transaction was due to its receipt, on one machine with the load generator. Beside inference: ${beside.inferences.length} ` +
      `calls of ${gas} gas meanwhile, one a block.`,
    rows: BUDGETS.flatMap(({ p }) => [row("alone", p, alone, anvil), row("beside inference", p, beside, undefined)]),
    summary: [
      ...BUDGETS.map(({ p, milliseconds }) => budget("alone", p, milliseconds, alone)),
      ...BUDGETS.map(({ p, milliseconds }) => budget("beside inference", p, milliseconds, beside)),
    ],
  };
}

async function hyperion(seconds: number): Promise<{ alone: Measured; beside: Measured }> {
  const node = await startHyperion({ settings: ["--accounts-count", `${SENDERS + 1}`] });
  try {
    const holders = await deployToken(node.url, SENDERS + 1);
    const senders = { ...holders, accounts: holders.accounts.slice(0, SENDERS) };
    await paced(senders, 2);
    const alone = { latencies: await paced(senders, seconds), inferences: [] };
    const inferences = new InferenceLoad(holders, holders.accounts[SENDERS]!);
    await inferences.start();
    const latencies = await paced(senders, seconds);
    return { alone, beside: { latencies, inferences: await inferences.stop() } };
  } finally {
    await node.close();
  }
}

async function peer(node: Node, seconds: number): Promise<Measured> {
  try {
    const holders = await deployToken(node.url, SENDERS);
    await paced(holders, 2);
    return { latencies: await paced(holders, seconds), inferences: [] };
  } finally {
    await node.close();
  }
}

/** Sends at the rate whatever the node does; a late answer delays nobody but its sender's own next transaction. */
async function paced(holders: Holders, seconds: number): Promise<number[]> {
  const lanes = await signTransfers(holders, Math.ceil((RATE * seconds) / holders.accounts.length));
  const connections = await Promise.all(lanes.map(() => HttpConnection.open(holders.url)));
  const latencies: number[] = [];
  const start = performance.now() + 50;
  await Promise.all(
    lanes.map(async (lane, sender) => {
      for (const [turn, raw] of lane.entries()) {
        const due = start + ((turn * lanes.length + sender) * 1000) / RATE;
        await until(due);
        const answer = await connections[sender]!.post(request("eth_sendRawTransactionSync", [raw]));
        latencies.push(performance.now() - due);
        checkTransfer(JSON.parse(answer) as Answer<Receipt>, holders.token);
      }
    }),
  );
  for (const connection of connections) connection.close();
  return latencies;
}

/** Timers fire up to a millisecond late, which would count as latency: the last one is waited for turn by turn. */
async function until(due: number): Promise<void> {
  const coarse = due - performance.now() - 2;
  if (coarse > 0) await new Promise((resolve) => setTimeout(resolve, coarse));
  while (performance.now() < due) await new Promise((resolve) => setImmediate(resolve));
}

/** Calls the model by transactions, one per interval. */
class InferenceLoad {
  readonly #holders: Holders;
  readonly #account: Account;
  readonly #gas: Promise<number>[] = [];
  #nonce = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(holders: Holders, account: Account) {
    this.#holders = holders;
    this.#account = account;
  }

  async start(): Promise<void> {
    const parameters = [this.#account.address, "pending"];
    this.#nonce = hexToNumber(await rpc<Hex>(this.#holders.url, "eth_getTransactionCount", parameters));
    // The first ones load the model and run before the engine has optimised it: once per process, not once per block.
    for (let i = 0; i < WARM_UP_INFERENCES; i++) await this.#ask();
    this.#timer = setInterval(() => this.#gas.push(this.#ask()), INFERENCE_INTERVAL_MS);
  }

  /** Gas of every call. */
  async stop(): Promise<number[]> {
    clearInterval(this.#timer);
    return Promise.all(this.#gas);
  }

  async #ask(): Promise<number> {
    const { chainId, url } = this.#holders;
    const nonce = this.#nonce++;
    // The number makes every prompt new: an answer that is remembered would cost nothing.
    const data = toHex(`${PROMPT} ${nonce}`);
    const transaction = { chainId, gasPrice: 20_000_000_000n, gas: INFERENCE_GAS_LIMIT, to: INFERENCE, data, nonce };
    const raw = await this.#account.signTransaction(transaction);
    const receipt = await rpc<{ status: Hex; gasUsed: Hex }>(url, "eth_sendRawTransactionSync", [raw]);
    if (receipt.status !== "0x1") throw new Error("an inference failed");
    return hexToNumber(receipt.gasUsed);
  }
}

function row(phase: string, p: number, { latencies }: Measured, theirs: Measured | undefined): BenchRow {
  const [workload, ours, unit] = [`${phase}, p${p}`, percentile(latencies, p), "ms"];
  if (theirs === undefined) return { workload, ours, unit };
  const peer = percentile(theirs.latencies, p);
  return { workload, ours, peer, peerName: "anvil", unit, ratio: peer / ours };
}

function budget(
  phase: string,
  p: number,
  milliseconds: number,
  { latencies }: Measured,
): BenchResult["summary"][number] {
  const label = `${phase}, p${p}: the budget of ${milliseconds} ms over what it took`;
  return { label, ratio: milliseconds / percentile(latencies, p), target: 1 };
}
