import type { Kernel } from "@hyperion/kernel";
import { open } from "lmdb";
import { assemble, type Statement } from "./assembler.ts";
import type { BenchOptions, BenchResult, BenchRow } from "./benchmark.ts";
import { accountHashOf, fill, openState, type StoredState, withDirectory } from "./db-state.ts";
import { openBlock } from "./engines.ts";
import { median } from "./measure.ts";
import { CONTRACT, countedLoop } from "./workloads.ts";

export const name = "db-read";
export const description = "reads of accounts: hot in the kernel, cold from the database, against lmdb and a Map";

const CACHE_BYTES = 2 ** 31;
/** Reads of one call: each of another account, so that nothing is read twice. */
const READS = 50_000;
/** Coprime to the number of accounts, so that the loop visits them in no order. */
const STRIDE = 7_368_787;
const GAS = 2n ** 40n;

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const accounts = quick ? 60_000 : 1_000_000;
  const rounds = quick ? 3 : 11;
  return withDirectory(async (directory) => {
    log(`filling ${accounts} accounts`);
    const state = await openState(directory, CACHE_BYTES);
    await fill(state, accounts);
    const hot = hotRead(state.kernel, accounts, rounds);
    const cold = coldRead(state, accounts, rounds);
    const peers = await peerReads(state, directory, accounts, rounds);
    await state.database.close();
    return {
      method: `Nanoseconds per read of a random one of ${accounts} accounts, medians of ${rounds} rounds of ${READS} reads. Hot: BALANCE of an account not touched before in the transaction, less the loop around it. Cold: from the database's tables, the file in the page cache.`,
      rows: [
        row("hot, BALANCE in the kernel", hot, peers.map, "Map of byte strings, not decoded"),
        row("hot, BALANCE in the kernel", hot, peers.lmdb, "lmdb get"),
        row("cold, database view", cold, peers.lmdb, "lmdb get"),
      ],
      summary: [],
    };
  });
}

function row(workload: string, ours: number, peer: number, peerName: string): BenchRow {
  return { workload, ours, peer, peerName, unit: "ns", ratio: peer / ours };
}

function hotRead(kernel: Kernel, accounts: number, rounds: number): number {
  const index: Statement[] = [accounts, STRIDE, "DUP3", "MULMOD", 128, "SHL"];
  const loops = [
    [...index, "BALANCE", "POP"],
    [...index, "POP"],
  ].map((body) => countedLoop(READS, body));
  const to = Buffer.from(CONTRACT.slice(2), "hex");
  openBlock(kernel);
  const figures: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const [reading, empty] = loops.map((statements) => {
      kernel.override(to, { code: assemble(statements) });
      const started = performance.now();
      const outcome = kernel.call({ to, gas: GAS });
      if (!outcome.valid || outcome.halt !== "success")
        throw new Error(`the loop ended with ${JSON.stringify(outcome.valid && outcome.halt)}`);
      return performance.now() - started;
    });
    figures.push(((reading! - empty!) * 1e6) / READS);
  }
  return median(figures);
}

function coldRead({ database }: StoredState, accounts: number, rounds: number): number {
  return timed(accounts, rounds, (hash) => database.head.account(hash));
}

async function peerReads(
  { database }: StoredState,
  directory: string,
  accounts: number,
  rounds: number,
): Promise<{ lmdb: number; map: number }> {
  const environment = open({ path: `${directory}-lmdb`, encoding: "binary", keyEncoding: "binary", noSync: true });
  const map = new Map<string, Uint8Array>();
  await environment.transaction(() => {
    for (let index = 0; index < accounts; index++) {
      const hash = accountHashOf(index);
      const value = database.head.account(hash)!;
      environment.putSync(hash, value);
      map.set(latin1(hash), value);
    }
  });
  const figures = {
    lmdb: timed(accounts, rounds, (hash) => environment.get(hash)),
    map: timed(accounts, rounds, (hash) => map.get(latin1(hash))),
  };
  await environment.drop();
  await environment.close();
  return figures;
}

/** Nanoseconds per read of a hash that is not made in the measured time. */
function timed(accounts: number, rounds: number, read: (hash: Uint8Array) => Uint8Array | undefined): number {
  const figures: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const hashes = Array.from({ length: READS }, (_, index) =>
      accountHashOf(((index + round * READS) * STRIDE) % accounts),
    );
    const started = performance.now();
    for (const hash of hashes) if (!read(hash)) throw new Error("an account is missing");
    figures.push(((performance.now() - started) * 1e6) / READS);
  }
  return median(figures);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
