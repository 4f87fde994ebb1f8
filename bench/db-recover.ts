import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { BenchOptions, BenchResult } from "./benchmark.ts";
import { openState, withDirectory } from "./db-state.ts";
import { median } from "./measure.ts";
import { addressOf } from "./trie.ts";

export const name = "db-recover";
export const description = "opening the database after kill -9 under load";

const CACHE_BYTES = 2 ** 31;

/** The process to be killed: fills a database, says so, and goes on writing. */
const VICTIM = fileURLToPath(new URL("./db-victim.js", import.meta.url));

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const accounts = quick ? 40_000 : 1_000_000;
  const rounds = quick ? 2 : 5;
  return withDirectory(async (directory) => {
    const figures: { open: number; read: number; records: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      log(`round ${round + 1}: writing, then killing`);
      await writeAndKill(directory, round === 0 ? accounts : 0);
      const started = performance.now();
      const { database, kernel } = await openState(directory, CACHE_BYTES);
      const opened = performance.now();
      if (!kernel.account(addressOf(1))) throw new Error("an account is missing");
      figures.push({
        open: opened - started,
        read: performance.now() - opened,
        records: database.recovery.replayedRecords,
      });
      await database.close();
    }
    return {
      method: `A process with ${accounts} accounts writes blocks as fast as it can and is killed; milliseconds until another process has the state open and has read an account of it through the kernel. Medians of ${rounds} rounds.`,
      rows: [
        { workload: "log replayed, state open", ours: median(figures.map(({ open }) => open)), unit: "ms" },
        { workload: "first account", ours: median(figures.map(({ read }) => read)), unit: "ms" },
        { workload: "records replayed", ours: median(figures.map(({ records }) => records)), unit: "records" },
      ],
      summary: [],
    };
  });
}

async function writeAndKill(directory: string, accounts: number): Promise<void> {
  const victim = spawn(process.execPath, [VICTIM, directory, String(accounts)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(victim.stdout, "data");
  await new Promise((resolve) => setTimeout(resolve, 1500));
  victim.kill("SIGKILL");
  await once(victim, "exit");
}
