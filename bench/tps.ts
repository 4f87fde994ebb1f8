import { anvilBinary, startAnvil } from "./anvil.ts";
import type { BenchOptions, BenchResult, BenchRow } from "./benchmark.ts";
import { gethBinary, startGeth } from "./geth.ts";
import { HttpConnection } from "./http-client.ts";
import { startHyperion } from "./hyperion-node.ts";
import { cpuOf, geometricMean, percentile } from "./measure.ts";
import type { Answer, Holders, Node, Receipt } from "./token-load.ts";
import { checkBalances, checkTransfer, deployToken, OWNER, request, signTransfers } from "./token-load.ts";

export const name = "tps";
export const description = "signed ERC-20 transfers through JSON-RPC, on disk, against anvil and geth --dev";

/** Each on a connection of its own. */
const SENDERS = 100;
/** Small enough for anvil: with thousands of waiting transactions its pool needs minutes. */
const BATCH = 10;
/** Of a round with a peer. */
const ATTEMPTS = 3;

interface Contender {
  readonly name: string;
  /** Times Hyperion's throughput is to be of this peer's. */
  readonly target?: number;
  start(): Promise<Node>;
}

interface Throughput {
  readonly transactionsPerSecond: number;
  readonly latencies: readonly number[];
  /** Microseconds of CPU that the node's process spent per transaction. */
  readonly cpu: number;
}

interface Measured {
  readonly sync: Throughput;
  readonly batched: Throughput;
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const each = quick ? 30 : 60;
  const rounds = quick ? 1 : 3;
  const contenders = await all(log);
  const measured = contenders.map((): Measured[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, { name, start }] of contenders.entries()) {
      log(`round ${round + 1} of ${rounds}: ${name}`);
      measured[index]!.push(await measureAtLast(name, start, each, log));
    }
  }
  const [ours, ...theirs] = measured as [Measured[], ...Measured[][]];
  const peers = contenders.slice(1).map((peer, index) => ({ ...peer, measured: theirs[index]! }));
  const rows = peers.flatMap((peer) => comparison(ours, peer.name, peer.measured));
  return {
    method:
      `${SENDERS} senders with a connection each, ${each} transfers each per phase, signed beforehand; every receipt checked (status, ` +
      `Transfer event) and the recipients' balances at the end; fresh node with a database on disk per round, geometric means ` +
      `of ${rounds} interleaved rounds.`,
    rows: rows.length > 0 ? rows : comparison(ours),
    summary: peers.flatMap(({ name, target, measured }) => [
      {
        label: `transactions per second against ${name}, each side's faster phase`,
        ratio: best(ours) / best(measured),
        ...(target === undefined ? {} : { target }),
      },
      {
        label: `CPU time of the node per transaction against ${name}, each side's cheaper phase`,
        ratio: cheapest(measured) / cheapest(ours),
        ...(target === undefined ? {} : { target }),
      },
    ]),
  };
}

async function all(log: (line: string) => void): Promise<Contender[]> {
  const geth = await gethBinary(log);
  const anvilArguments = ["--accounts", `${SENDERS}`, "--gas-limit", "1000000000", "--prune-history"];
  return [
    { name: "Hyperion", start: () => startHyperion({ settings: ["--accounts-count", `${SENDERS}`] }) },
    ...(anvilBinary() === undefined ? [] : [{ name: "anvil", target: 3, start: () => startAnvil(anvilArguments) }]),
    ...(geth === undefined ? [] : [{ name: "geth", target: 2, start: () => startGeth(geth, OWNER) }]),
  ];
}

/** Peers lose a receipt now and then and let its sender wait until the time is over: such a round says nothing. */
async function measureAtLast(
  name: string,
  start: Contender["start"],
  each: number,
  log: (line: string) => void,
): Promise<Measured> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await measure(await start(), each);
    } catch (error) {
      if (name === "Hyperion" || attempt === ATTEMPTS || !/timeout/i.test((error as Error).message)) throw error;
      log(`${name}: ${(error as Error).message}; once more`);
    }
  }
}

async function measure(node: Node, each: number): Promise<Measured> {
  try {
    const holders = await deployToken(node.url, SENDERS);
    const warmUp = Math.ceil(each / 2);
    await sendSync(holders, warmUp, node.pid);
    await sendBatched(holders, warmUp, node.pid);
    const sync = await sendSync(holders, each, node.pid);
    const batched = await sendBatched(holders, each, node.pid);
    await checkBalances(holders, 2 * warmUp + 2 * each);
    return { sync, batched };
  } finally {
    await node.close();
  }
}

/** One transaction at a time per sender: the next one follows the receipt. */
async function sendSync(holders: Holders, each: number, pid: number): Promise<Throughput> {
  const latencies: number[] = [];
  return onLanes(holders, each, pid, latencies, async (connection, lane) => {
    for (const raw of lane) {
      const sent = performance.now();
      const answer = await connection.post(request("eth_sendRawTransactionSync", [raw]));
      latencies.push(performance.now() - sent);
      checkTransfer(JSON.parse(answer) as Answer<Receipt>, holders.token);
    }
  });
}

/** Per sender one JSON-RPC batch after the other. */
async function sendBatched(holders: Holders, each: number, pid: number): Promise<Throughput> {
  return onLanes(holders, each, pid, [], async (connection, lane) => {
    for (let at = 0; at < lane.length; at += BATCH) {
      const calls = lane.slice(at, at + BATCH).map((raw) => request("eth_sendRawTransactionSync", [raw]));
      const answers = JSON.parse(await connection.post(`[${calls}]`)) as Answer<Receipt>[];
      for (const answer of answers) checkTransfer(answer, holders.token);
    }
  });
}

async function onLanes(
  holders: Holders,
  each: number,
  pid: number,
  latencies: readonly number[],
  send: (connection: HttpConnection, lane: readonly string[]) => Promise<void>,
): Promise<Throughput> {
  const lanes = await signTransfers(holders, each);
  const connections = await Promise.all(lanes.map(() => HttpConnection.open(holders.url)));
  const [started, before] = [performance.now(), cpuOf(pid)];
  await Promise.all(lanes.map((lane, index) => send(connections[index]!, lane)));
  const seconds = (performance.now() - started) / 1000;
  const count = lanes.flat().length;
  const cpu = ((cpuOf(pid) - before) * 1000) / count;
  for (const connection of connections) connection.close();
  return { transactionsPerSecond: count / seconds, latencies, cpu };
}

function speed(all: readonly Measured[], phase: "sync" | "batched"): number {
  return geometricMean(all.map((one) => one[phase].transactionsPerSecond));
}

function best(all: readonly Measured[]): number {
  return Math.max(speed(all, "sync"), speed(all, "batched"));
}

function cpu(all: readonly Measured[], phase: "sync" | "batched"): number {
  return geometricMean(all.map((one) => one[phase].cpu));
}

function cheapest(all: readonly Measured[]): number {
  return Math.min(cpu(all, "sync"), cpu(all, "batched"));
}

function comparison(ours: readonly Measured[], peerName?: string, theirs: readonly Measured[] = []): BenchRow[] {
  const row = (
    workload: string,
    unit: string,
    better: "more" | "less",
    figure: (all: readonly Measured[]) => number,
  ) => {
    const own = figure(ours);
    if (peerName === undefined) return { workload, ours: own, unit };
    const peer = figure(theirs);
    return { workload, ours: own, peer, peerName, unit, ratio: better === "more" ? own / peer : peer / own };
  };
  const latency = (p: number) => (all: readonly Measured[]) =>
    percentile(
      all.flatMap(({ sync }) => sync.latencies),
      p,
    );
  return [
    row("one at a time per sender, eth_sendRawTransactionSync", "tx/s", "more", (all) => speed(all, "sync")),
    row(`JSON-RPC batches of ${BATCH} per sender`, "tx/s", "more", (all) => speed(all, "batched")),
    row("CPU of the node per transaction, one at a time", "µs", "less", (all) => cpu(all, "sync")),
    row("CPU of the node per transaction, batches", "µs", "less", (all) => cpu(all, "batched")),
    row("answer with receipt, p50", "ms", "less", latency(50)),
    row("answer with receipt, p99", "ms", "less", latency(99)),
  ];
}
