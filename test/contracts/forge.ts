import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { REPOSITORY } from "../conformance/fixtures.ts";

/** Foundry's binary comes from npm, for Linux on x64 only. */
export const forge: string | undefined = (() => {
  try {
    const manifest = createRequire(import.meta.url).resolve("@foundry-rs/forge-linux-amd64/package.json");
    const path = join(dirname(manifest), "bin", "forge");
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
})();

/** Outcome of one forge test; `reason` says why it failed, with the counterexample of a fuzzed one. */
export interface ForgeResult {
  readonly suite: string;
  readonly test: string;
  readonly passed: boolean;
  readonly reason: string;
}

export interface ForgeRun {
  readonly results: readonly ForgeResult[];
  /** Gas by operation, as `vm.snapshotGasLastCall` noted it. */
  readonly gas: Readonly<Record<string, string>>;
}

interface TestOutcome {
  readonly status: string;
  readonly reason: string | null;
  readonly counterexample?: unknown;
  readonly gas_snapshots: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Runs the tests of `contracts/` with further settings (`FOUNDRY_FUZZ_RUNS`). Rejects when forge could not run them. */
export const forgeTest = async (settings: Readonly<Record<string, string>> = {}): Promise<ForgeRun> => {
  const output = await runForge(settings);
  const suites = JSON.parse(output.slice(output.indexOf("{"))) as Record<
    string,
    { test_results: Record<string, TestOutcome> }
  >;
  const outcomes = Object.entries(suites).flatMap(([suite, { test_results }]) =>
    Object.entries(test_results).map(([test, outcome]) => ({ suite, test, outcome })),
  );
  return {
    results: outcomes.map(({ suite, test, outcome: { status, reason, counterexample } }) => ({
      ...{ suite, test, passed: status === "Success" },
      reason: [reason, counterexample && JSON.stringify(counterexample)].filter(Boolean).join(" "),
    })),
    gas: Object.assign({}, ...outcomes.flatMap(({ outcome }) => Object.values(outcome.gas_snapshots))),
  };
};

const runForge = (settings: Readonly<Record<string, string>>): Promise<string> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, ...settings, FOUNDRY_CONFIG: "contracts/foundry.toml", NO_COLOR: "1" };
    const options = { cwd: REPOSITORY, env, maxBuffer: 1 << 28 };
    execFile(forge!, ["test", "--json"], options, (error, stdout, stderr) => {
      if (stdout.includes("{")) resolve(stdout);
      else reject(new Error(`forge: ${stderr || stdout || error?.message}`));
    });
  });
