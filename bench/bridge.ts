import { eventually, type NodeName, type RoleName, RollupProcesses } from "@hyperion/test/rollup-processes";
import { type Hex, toHex } from "viem";
import { anvilBinary } from "./anvil.ts";
import type { BenchOptions, BenchResult, BenchRow } from "./benchmark.ts";
import { HttpConnection } from "./http-client.ts";
import { rpc } from "./json-rpc.ts";
import { cpuOf, percentile } from "./measure.ts";
import { type Signer, signer } from "./signer.ts";
import { request } from "./token-load.ts";

export const name = "bridge";
export const description = "how far L1 lags behind L2 under load, and how fast each role comes back after kill -9";

const SENDERS = 40;
const OFFERED = 2_000;
/** Milliseconds between what the load sends at once. */
const TICK = 100;
const SAMPLE = 500;
const BEGINNING = 10_000;
const ROLES = ["sequencer", "batcher", "verifier"] as const;
/** Senders get ether at genesis. */
const holders = Array.from({ length: SENDERS }, (_, index) => signer(index + 1));

interface Lag {
  /** Seconds, sampled. */
  readonly sequencer: readonly number[];
  readonly verifier: readonly number[];
}

interface Loaded {
  readonly offered: number;
  readonly included: number;
  readonly lag: Lag;
  /** Shares of a core. */
  readonly cpu: Readonly<Record<string, number>>;
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const binary = anvilBinary();
  if (binary === undefined) throw new Error("there is no anvil for this platform");
  const rollup = await RollupProcesses.create(binary, {
    ...{ window: 1_000, behind: 20, funded: holders.map(({ address }) => address) },
    flags: { batcher: ["--posting-data", "blobs"] },
  });
  try {
    await rollup.start("sequencer");
    await Promise.all([rollup.start("batcher"), rollup.start("proposer"), rollup.start("verifier")]);
    // L2 begins behind the clock.
    await pause(BEGINNING);
    await settle(rollup);
    log("without load");
    const idle = await sampled(rollup, pause(quick ? 5_000 : 10_000));
    const loads: Loaded[] = [];
    for (const offered of quick ? [OFFERED] : [OFFERED / 4, OFFERED]) {
      log(`${offered} transfers per second`);
      loads.push(await underLoad(rollup, offered, quick ? 10 : 20));
      await settle(rollup);
    }
    const recoveries = await recoveryRows(rollup, quick ? 1 : 2, log);
    return report(idle, loads, recoveries);
  } finally {
    await rollup.close();
  }
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Until L1 has everything of now. */
async function settle(rollup: RollupProcesses): Promise<void> {
  const head = await rollup.client("sequencer").getBlockNumber();
  for (const role of ["sequencer", "verifier"] as const) await rollup.safeAt(role, head);
}

async function lagOf(rollup: RollupProcesses, role: NodeName): Promise<number> {
  type Status = Record<"unsafe_l2" | "safe_l2", { readonly timestamp: number }>;
  const status = (of: NodeName): Promise<Status> => rpc<Status>(rollup.url(of), "optimism_syncStatus", []);
  const [unsafe, safe] = [await status("sequencer"), await status(role)];
  return unsafe.unsafe_l2.timestamp - safe.safe_l2.timestamp;
}

async function sampled(rollup: RollupProcesses, work: Promise<unknown>): Promise<Lag> {
  const lag = { sequencer: [] as number[], verifier: [] as number[] };
  let isOver = false;
  const end = work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    for (const role of ["sequencer", "verifier"] as const) lag[role].push(await lagOf(rollup, role));
    await pause(SAMPLE);
  }
  await end;
  return lag;
}

async function underLoad(rollup: RollupProcesses, perSecond: number, seconds: number): Promise<Loaded> {
  const url = rollup.url("sequencer");
  const first = await nonces(url, "pending");
  const lanes = holders.map((holder, index) => sign(holder, first[index]!, Math.ceil((perSecond * seconds) / SENDERS)));
  const before = cpu(rollup);
  const start = performance.now();
  const lag = await sampled(rollup, send(url, lanes, perSecond, seconds));
  const elapsed = (performance.now() - start) / 1000;
  const after = cpu(rollup);
  const taken = await nonces(url, "latest");
  const included = taken.reduce((sum, nonce, index) => sum + nonce - first[index]!, 0);
  return {
    ...{ offered: perSecond, included: included / elapsed, lag },
    cpu: Object.fromEntries(ROLES.map((role) => [role, (after[role] - before[role]) / 1000 / elapsed])),
  };
}

const cpu = (rollup: RollupProcesses): Record<(typeof ROLES)[number], number> => ({
  sequencer: cpuOf(rollup.pid("sequencer")),
  batcher: cpuOf(rollup.pid("batcher")),
  verifier: cpuOf(rollup.pid("verifier")),
});

const nonces = (url: string, tag: "latest" | "pending"): Promise<number[]> =>
  Promise.all(
    holders.map(async ({ address }) => Number(await rpc<Hex>(url, "eth_getTransactionCount", [address, tag]))),
  );

function sign(holder: Signer, first: number, count: number): readonly Hex[] {
  const fees = { maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 1n };
  return Array.from({ length: count }, (_, index) =>
    holder.sign({
      ...{ type: "eip1559", chainId: RollupProcesses.chainId, gas: 21_000n, value: 1n, nonce: first + index },
      ...{ to: toHex(0xbeef_0000 + index, { size: 20 }), ...fees },
    }),
  );
}

/** Offers as many per second as said, a batch of every sender at a time; a node that is too slow gets them late. */
async function send(
  url: string,
  lanes: readonly (readonly Hex[])[],
  perSecond: number,
  seconds: number,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  const perTick = (perSecond * TICK) / 1000 / SENDERS;
  await Promise.all(
    lanes.map(async (lane) => {
      const connection = await HttpConnection.open(url);
      const start = performance.now();
      for (let at = 0; at < lane.length && performance.now() < end; ) {
        const due = Math.min(lane.length, Math.ceil(((performance.now() - start) / TICK) * perTick));
        const calls = lane.slice(at, due).map((raw) => request("eth_sendRawTransaction", [raw]));
        if (calls.length > 0) await connection.post(`[${calls}]`);
        at = due;
        await pause(TICK);
      }
      connection.close();
    }),
  );
}

/** From the start of a killed role's next process until it has done its work again. */
async function recoveryRows(
  rollup: RollupProcesses,
  rounds: number,
  log: (line: string) => void,
): Promise<readonly BenchRow[]> {
  const height = (of: NodeName, head: "unsafe_l2" | "safe_l2") => async (): Promise<number> =>
    (await rollup.heads(of))[head].number;
  const games = async (): Promise<number> => Number(await gameCount(rollup));
  const progress: Readonly<Partial<Record<RoleName, readonly [string, () => Promise<number>]>>> = {
    sequencer: ["its next block", height("sequencer", "unsafe_l2")],
    batcher: ["the safe head moves on", height("sequencer", "safe_l2")],
    proposer: ["the next proposal is on L1", games],
    verifier: ["its safe head moves on", height("verifier", "safe_l2")],
  };
  const rows: BenchRow[] = [];
  for (const [role, [workload, figure]] of Object.entries(progress) as [RoleName, [string, () => Promise<number>]][]) {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      log(`kill -9 ${role}`);
      const before = await figure();
      await rollup.kill(role);
      const start = performance.now();
      await rollup.start(role);
      await eventually(async () => (await figure()) > before);
      times.push((performance.now() - start) / 1000);
      await settle(rollup);
    }
    rows.push({
      workload: `${role} killed and started again, until ${workload}`,
      ours: percentile(times, 50),
      unit: "s",
    });
  }
  return rows;
}

async function gameCount({ l1, deployment }: RollupProcesses): Promise<bigint> {
  return l1.readContract({
    address: deployment.addresses.disputeGameFactory,
    abi: [{ type: "function", name: "gameCount", inputs: [], outputs: [{ type: "uint256" }], stateMutability: "view" }],
    functionName: "gameCount",
  });
}

function report(idle: Lag, loads: readonly Loaded[], recoveries: readonly BenchRow[]): BenchResult {
  const lagRow = (what: string, { sequencer, verifier }: Lag): readonly (string | number)[] => [
    what,
    ...[sequencer, verifier].flatMap((lag) => [percentile(lag, 50), percentile(lag, 100)]),
  ];
  return {
    method: `A rollup of processes on anvil with an L1 and an L2 block per second, blobs, and a batcher that waits for nothing; load generator, L1 and all roles share this machine. Safe lag: time of the newest L2 block less that of the newest safe one. ${SENDERS} senders offer plain transfers, signed beforehand, in JSON-RPC batches.`,
    rows: [
      ...loads.map(({ offered, included }) => ({
        ...{ workload: `transfers included, of ${offered} per second offered`, ours: included, unit: "tx/s" },
      })),
      ...recoveries,
    ],
    summary: [],
    tables: [
      {
        title: "Safe lag, seconds",
        columns: ["load", "sequencer, p50", "most", "verifier, p50", "most"],
        rows: [
          lagRow("none", idle),
          ...loads.map(({ included, lag }) => lagRow(`${Math.round(included)} transfers/s`, lag)),
        ],
      },
      {
        title: "Cores used",
        columns: ["load", ...ROLES],
        rows: loads.map(({ included, cpu: used }) => [
          `${Math.round(included)} transfers/s`,
          ...ROLES.map((role) => used[role]!),
        ]),
      },
    ],
  };
}
