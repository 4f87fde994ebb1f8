import type { WireReader } from "../codec.ts";

/** What was read too early by a run that was void. */
export interface BatchConflict {
  readonly address: Uint8Array;
  /** Key of the slot; without one it is the account itself. */
  readonly slot?: bigint;
  /** Position of the transaction that should have come first; `undefined` when it wrote nothing in the end. */
  readonly writer?: number;
}

/** How a transaction of a batch ran, the last time. */
export interface TransactionRun {
  /** 0: the thread of the kernel. */
  readonly worker: number;
  /** Microseconds since the first run of the batch began. */
  readonly begin: number;
  readonly end: number;
  readonly runs: number;
  /** Positions of the transactions whose effects it read. */
  readonly dependencies: readonly number[];
  readonly conflict?: BatchConflict;
}

/** By position; `undefined` for transactions that were refused without running, or ran after the batch. */
export type BatchSchedule = readonly (TransactionRun | undefined)[];

const NO_WRITER = 0xffff_ffff;

/** Reads the answer of `schedule` (assembly/entry/parallel.ts). */
export function readSchedule(from: WireReader): BatchSchedule {
  const runs = from.list(() => readRun(from));
  const begin = earliest(runs.filter((run) => run.runs > 0).map((run) => run.begin));
  return runs.map((run) =>
    run.runs === 0 ? undefined : { ...run, begin: (run.begin - begin) >>> 0, end: (run.end - begin) >>> 0 },
  );
}

function readRun(from: WireReader): TransactionRun {
  const runs = from.u32();
  const worker = from.u32();
  const begin = from.u32();
  const end = from.u32();
  const dependencies = from.list(() => from.u32()).sort((a, b) => a - b);
  const run = { worker, begin, end, runs, dependencies };
  return from.bool() ? { ...run, conflict: readConflict(from) } : run;
}

function readConflict(from: WireReader): BatchConflict {
  const address = from.fixed(20);
  const slot = from.bool() ? from.u256() : undefined;
  const writer = from.u32();
  return { address, ...(slot === undefined ? {} : { slot }), ...(writer === NO_WRITER ? {} : { writer }) };
}

/** The earliest of moments that are modulo 2^32 and lie close together. */
function earliest(moments: readonly number[]): number {
  const any = moments[0] ?? 0;
  return (any + moments.reduce((least, moment) => Math.min(least, (moment - any) | 0), 0)) >>> 0;
}
