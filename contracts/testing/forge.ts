import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");

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

/** Runs forge on `contracts/` with further arguments and environment variables (`FOUNDRY_FUZZ_RUNS`). */
export const forgeTest = async (
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<readonly ForgeResult[]> => {
  const output = await runForge(["test", "--json", ...args], environment);
  const suites = JSON.parse(output.slice(output.indexOf("{"))) as Record<string, Suite>;
  return Object.entries(suites).flatMap(([suite, { test_results }]) =>
    Object.entries(test_results).map(([test, { status, reason, counterexample }]) => ({
      ...{ suite, test, passed: status === "Success" },
      reason: [reason, counterexample && JSON.stringify(counterexample)].filter(Boolean).join(" "),
    })),
  );
};

interface Suite {
  readonly test_results: Record<string, { status: string; reason: string | null; counterexample?: unknown }>;
}

/** @returns standard output, also of a run with failed tests; rejects when forge could not run them */
const runForge = (args: readonly string[], environment: Readonly<Record<string, string>>): Promise<string> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, ...environment, FOUNDRY_CONFIG: "contracts/foundry.toml", NO_COLOR: "1" };
    const options = { cwd: ROOT, env, maxBuffer: 1 << 28 };
    execFile(forge!, [...args], options, (error, stdout, stderr) => {
      if (stdout.includes("{")) resolve(stdout);
      else reject(new Error(`forge: ${stderr || stdout || error?.message}`));
    });
  });
