import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defaultFixtures, FixturesAbsentError, fixtureRoots } from "@hyperion/test/fixtures";
import type { Workload } from "./workloads.ts";

interface BenchFixture {
  readonly pre: Readonly<Record<string, { code: string; balance: string; storage: Record<string, string> }>>;
  readonly transaction: readonly { readonly sender: string; readonly to: string; readonly data: string }[];
}

/** The `evm-bench` contracts of the fixtures; none, with a line in the log, where there are no fixtures. */
export function fixtureWorkloads(log: (line: string) => void): Workload[] {
  try {
    const roots = fixtureRoots(defaultFixtures(), (archive) => log(`unpacking ${archive}`));
    const folder = roots.map((root) => join(root, "evm-bench")).find((path) => existsSync(path));
    return folder === undefined ? [] : readdirSync(folder).flatMap((file) => readWorkloads(join(folder, file)));
  } catch (error) {
    if (!(error instanceof FixturesAbsentError)) throw error;
    log(`${error.message} Measuring own programs only.`);
    return [];
  }
}

function readWorkloads(path: string): Workload[] {
  const fixtures = JSON.parse(readFileSync(path, "utf8")) as Record<string, BenchFixture>;
  return Object.entries(fixtures).map(([name, { pre, transaction }]) => {
    const { sender, to, data } = transaction[0]!;
    const accounts = Object.entries(pre).map(([address, account]) => ({
      address,
      code: account.code,
      balance: BigInt(account.balance),
      storage: account.storage,
    }));
    return { name, accounts, sender, to, data };
  });
}
