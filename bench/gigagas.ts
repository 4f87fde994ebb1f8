import type { TransactionOutcome } from "@hyperion/kernel";
import { Kernel, presetConfig } from "@hyperion/kernel";
import { hexToBytes } from "viem";
import type { BenchOptions, BenchResult, BenchRow } from "./benchmark.ts";
import { FORK, openState } from "./engines.ts";
import type { GigagasBlock } from "./gigagas-blocks.ts";
import { gigagasBlocks } from "./gigagas-blocks.ts";
import { geometricMean, median, ownCpu } from "./measure.ts";
import type { Revm } from "./revm.ts";
import { openRevm, startRevm } from "./revm.ts";

export const name = "gigagas";
export const description = "1-gigagas blocks of independent transactions in memory against revm, both serial";

const GIGAGAS = 1_000_000_000;
/** Transactions whose senders are recovered together, fewer than the kernel remembers. */
const GROUP = 32;

/** CPU milliseconds of one block. */
interface Cost {
  readonly recover: number;
  readonly execute: number;
  readonly gas: bigint;
}

/** Runs the block on the same state each time. */
type Executor = () => Promise<Cost>;

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const rounds = quick ? 3 : 7;
  const revm = await startRevm(log);
  const rows: BenchRow[] = [];
  for (const block of gigagasBlocks(quick ? GIGAGAS / 10 : GIGAGAS, log)) {
    log(`measuring ${block.transactions.length} ${block.name}`);
    const ours = await hyperionSerial(block);
    const theirs = revm && (await revmSerial(revm, block));
    rows.push(...(await compare(block, ours, theirs, rounds)));
  }
  revm?.close();
  const ratios = rows.filter(({ workload }) => workload.endsWith(EXECUTION)).flatMap(({ ratio }) => ratio ?? []);
  return {
    method:
      "CPU time of a whole block, its state in memory, after one block to warm up; medians of " +
      `${rounds} interleaved rounds; ${FORK} rules. Signatures: decoding and recovering the sender of every transaction.`,
    rows,
    summary:
      ratios.length === 0
        ? []
        : [{ label: "execution against revm, geometric mean", ratio: geometricMean(ratios), target: 1 }],
  };
}

const EXECUTION = "execution only";

async function compare(
  block: GigagasBlock,
  ours: Executor,
  theirs: Executor | undefined,
  rounds: number,
): Promise<BenchRow[]> {
  const [own, peer]: [Cost[], Cost[]] = [[], []];
  await ours();
  await theirs?.();
  for (let round = 0; round < rounds; round++) {
    own.push(await ours());
    if (theirs !== undefined) peer.push(await theirs());
  }
  const gas = own[0]!.gas;
  if (peer[0] !== undefined && peer[0].gas !== gas) {
    throw new Error(`${block.name}: ${gas} gas here, ${peer[0].gas} gas with revm`);
  }
  const row = (what: string, cost: (cost: Cost) => number): BenchRow => {
    const speed = (costs: readonly Cost[]): number => Number(gas) / 1e6 / median(costs.map(cost));
    const workload = `${block.transactions.length} ${block.name}, ${what}`;
    if (peer.length === 0) return { workload, ours: speed(own), unit: "Ggas/s" };
    return {
      workload,
      ours: speed(own),
      peer: speed(peer),
      peerName: "revm",
      unit: "Ggas/s",
      ratio: speed(own) / speed(peer),
    };
  };
  return [
    row(EXECUTION, ({ execute }) => execute),
    row("signatures included", ({ recover, execute }) => recover + execute),
  ];
}

/** The kernel as the sequencer drives it: transactions are checked, which recovers their senders, and executed together. */
async function hyperionSerial(block: GigagasBlock): Promise<Executor> {
  const noOracle = { preimage: () => undefined, blockHash: () => undefined };
  const kernel = await Kernel.create({ config: presetConfig(FORK)!, oracle: noOracle });
  openState(kernel, block.accounts);
  const transactions = block.transactions.map((raw) => hexToBytes(raw));
  return async () => {
    const mark = kernel.checkpoint();
    let [recover, execute, gas] = [0, 0, 0n];
    for (let at = 0; at < transactions.length; at += GROUP) {
      const group = transactions.slice(at, at + GROUP);
      const start = ownCpu();
      for (const raw of group) kernel.checkTransaction(raw, "prague");
      const recovered = ownCpu();
      for (const outcome of kernel.executeBatch(group)) gas += gasOf(outcome);
      recover += recovered - start;
      execute += ownCpu() - recovered;
    }
    kernel.rollback(mark);
    return { recover, execute, gas };
  };
}

function gasOf(outcome: TransactionOutcome): bigint {
  if (!outcome.valid) throw new Error(outcome.message);
  if (outcome.halt !== "success") throw new Error(`a transaction of the block ended with ${outcome.halt}`);
  return outcome.record.gasUsed;
}

async function revmSerial(revm: Revm, { accounts, transactions }: GigagasBlock): Promise<Executor> {
  await openRevm(revm, FORK, accounts);
  return async () => {
    const { recover, execute, gas, failed } = await revm.ask({ op: "block", transactions });
    if (failed > 0) throw new Error(`${failed} transactions failed in revm`);
    return { recover: recover / 1e6, execute: execute / 1e6, gas: BigInt(gas) };
  };
}
