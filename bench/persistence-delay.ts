import { cpSync } from "node:fs";
import type { Blockchain } from "@hyperion/chain";
import type { Database } from "@hyperion/metisdb";
import { makeChain, openChain, signTransfers } from "./chain-state.ts";
import { median, ownCpu, threadCpu } from "./measure.ts";

const BLOCKS_PER_SECOND = 4;
const TRANSFERS = 500;
/** The database gets a pause in which it finishes before the other side is measured. */
const SEGMENT_SECONDS = 3;

export interface Delay {
  /** What persistence adds to the executing thread's CPU time. */
  readonly share: number;
  /** Microseconds per transfer. */
  readonly withDatabase: number;
  readonly without: number;
  /** Of all other threads, the log's and the tables' writing included. */
  readonly background: number;
}

/**
 * What persistence costs execution under 2,000 ERC-20 transfers per second: the executing thread's CPU time per transfer on a chain
 * that writes to disk against that of a chain which drops what it should write, in turns.
 */
export async function persistenceDelay(directory: string, accounts: number, rounds: number): Promise<Delay> {
  const [kept, dropped] = [`${directory}/kept`, `${directory}/dropped`];
  await makeChain(kept, accounts, accounts >> 2);
  cpSync(kept, dropped, { recursive: true });
  const chains = [await openChain(kept), await openChain(dropped)] as const;
  dropWrites(chains[1].database);
  const perSegment = SEGMENT_SECONDS * BLOCKS_PER_SECOND * TRANSFERS;
  const transfers = await signTransfers(perSegment * (rounds + 1), accounts >> 2);
  const figures: { own: number; all: number }[][] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    const part = transfers.slice(round * perSegment, (round + 1) * perSegment);
    for (const [side, opened] of chains.entries()) {
      const figure = await segment(opened, part);
      // The first round compiles.
      if (round > 0) figures[side]!.push(figure);
    }
  }
  for (const { chain } of chains) await chain.close();
  const own = (side: number): number => median(figures[side]!.map((figure) => figure.own)) / perSegment;
  const all = median(figures[0]!.map((figure) => figure.all)) / perSegment;
  return { share: own(0) / own(1) - 1, withDatabase: own(0), without: own(1), background: all - own(0) };
}

/** Microseconds of CPU of the executing thread and of all, for the transfers at their pace. */
async function segment(
  { chain, database }: { chain: Blockchain; database: Database },
  transfers: readonly Uint8Array[],
): Promise<{ own: number; all: number }> {
  const [own, all] = [threadCpu(process.pid, process.pid), ownCpu()];
  const started = performance.now();
  for (let first = 0, block = 1; first < transfers.length; first += TRANSFERS, block++) {
    for (const raw of transfers.slice(first, first + TRANSFERS)) chain.builder.submit(raw);
    const sealed = await chain.builder.seal();
    if (sealed.transactionCount !== TRANSFERS) throw new Error(`a block has ${sealed.transactionCount} transfers`);
    const next = started + (block * 1000) / BLOCKS_PER_SECOND;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
  }
  await database.flush();
  return { own: (threadCpu(process.pid, process.pid) - own) * 1000, all: (ownCpu() - all) * 1000 };
}

/** The same chain without persistence: its kernel keeps what it wrote. */
function dropWrites(database: Database): void {
  Object.assign(database, {
    write: () => {},
    durable: async () => {},
    backpressure: async () => {},
    flush: async () => {},
  });
}
