import { once } from "node:events";
import type { BenchOptions, BenchResult } from "./benchmark.ts";
import { DEV_SETTINGS, makeChain, signTransfers } from "./chain-state.ts";
import { withDirectory } from "./db-state.ts";
import { HttpConnection } from "./http-client.ts";
import { type HyperionNode, startHyperion } from "./hyperion-node.ts";
import { median } from "./measure.ts";
import { addressOf } from "./trie.ts";

export const name = "db-recover";
export const description = "a node's start after kill -9 under load, to its first answer";

const BATCH = 50;
/** The node is killed this long after its first transfer. */
const LIFE_MS = 3_000;

interface Start {
  readonly answered: number;
  readonly recovered: number;
  readonly records: number;
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const accounts = quick ? 40_000 : 1_000_000;
  const rounds = quick ? 2 : 5;
  const perRound = quick ? 2_000 : 6_000;
  return withDirectory(async (directory) => {
    log(`making a chain with ${accounts} accounts`);
    await makeChain(directory, accounts, accounts >> 2);
    const transfers = await signTransfers(rounds * perRound, accounts >> 2);
    const starts: Start[] = [];
    for (let round = 0; round < rounds; round++) {
      log(`round ${round + 1}: transfers, then kill -9`);
      await loadAndKill(directory, transfers.slice(0, (round + 1) * perRound));
      starts.push(await timedStart(directory));
    }
    const figure = (part: keyof Start): number => median(starts.map((start) => start[part]));
    return {
      method: `A node with ${accounts} accounts executes ERC-20 transfers as fast as it can and is killed; milliseconds from starting its process again to its answer to eth_blockNumber and eth_getBalance. Medians of ${rounds} rounds.`,
      rows: [
        { workload: "process start to first answer", ours: figure("answered"), unit: "ms" },
        { workload: "of it, opening the database", ours: figure("recovered"), unit: "ms" },
        { workload: "log records taken up", ours: figure("records"), unit: "records" },
      ],
      summary: [],
    };
  });
}

function start(directory: string): Promise<HyperionNode> {
  return startHyperion({ directory, settings: DEV_SETTINGS });
}

async function timedStart(directory: string): Promise<Start> {
  const started = performance.now();
  const node = await start(directory);
  const connection = await HttpConnection.open(node.url);
  const balance = `0x${Buffer.from(addressOf(1)).toString("hex")}`;
  const answers = JSON.parse(
    await connection.post(JSON.stringify([call("eth_blockNumber", []), call("eth_getBalance", [balance, "latest"])])),
  ) as { result?: string }[];
  const answered = performance.now() - started;
  if (!answers.every(({ result }) => result !== undefined && BigInt(result) > 0n))
    throw new Error("the state is not there");
  connection.close();
  await node.close();
  return { answered, recovered: node.recovery?.milliseconds ?? 0, records: node.recovery?.replayedRecords ?? 0 };
}

/** Sends what the chain does not have yet; nonces follow the order. */
async function loadAndKill(directory: string, transfers: readonly Uint8Array[]): Promise<void> {
  const node = await start(directory);
  const connection = await HttpConnection.open(node.url);
  const deadline = performance.now() + LIFE_MS;
  for (let first = 0; first < transfers.length && performance.now() < deadline; first += BATCH) {
    const raws = transfers.slice(first, first + BATCH).map((raw) => `0x${Buffer.from(raw).toString("hex")}`);
    await connection.post(JSON.stringify(raws.map((raw) => call("eth_sendRawTransaction", [raw]))));
  }
  connection.close();
  const gone = once(node.process, "exit");
  node.process.kill("SIGKILL");
  await gone;
}

function call(method: string, params: readonly unknown[]): object {
  return { jsonrpc: "2.0", id: 1, method, params };
}
