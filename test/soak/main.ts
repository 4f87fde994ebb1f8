import { parseArgs } from "node:util";
import { type Soak, SoakFailure, SoakUnavailable, type SoakValues } from "./soak.ts";

const SOAKS: Readonly<Record<string, () => Promise<Soak>>> = {
  evm: async () => (await import("./evm.ts")).evmSoak,
  jit: async () => (await import("./jit.ts")).jitSoak,
  parallel: async () => (await import("./parallel.ts")).parallelSoak,
  infer: async () => (await import("./infer.ts")).inferenceSoak,
  crash: async () => (await import("./crash.ts")).crashSoak,
  contracts: async () => (await import("./contracts.ts")).contractsSoak,
  "op-node": async () => (await import("./op-node.ts")).opNodeSoak,
  rollup: async () => (await import("./rollup.ts")).rollupSoak,
  roles: async () => (await import("./roles.ts")).rolesSoak,
  rv64: async () => (await import("./rv64.ts")).rv64Soak,
};

class UsageError extends Error {}

/** Largest count and seed. */
const MOST = 2 ** 31 - 1;

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= MOST) return value;
  throw new UsageError(`--${name} takes a whole number from ${least} to ${MOST}, not "${text}"`);
}

async function usage(): Promise<string> {
  const lines = ["Usage: npm run soak -- <name> [options] [--seed N]", ""];
  for (const [name, load] of Object.entries(SOAKS)) {
    const { description, options } = await load();
    const flags = Object.entries(options).map(([option, value]) => ` --${option} ${value || "TEXT"}`);
    lines.push(`${name}${flags.join("")}`, ...description.split("\n").map((line) => `    ${line}`), "");
  }
  lines.push("Options are shown with their defaults. Without --seed a new one is taken and printed.");
  return lines.join("\n");
}

function read(args: readonly string[], soak: Soak): SoakValues {
  const options: Record<string, { readonly type: "string" }> = { seed: { type: "string" } };
  for (const name of Object.keys(soak.options)) options[name] = { type: "string" };
  let given: Readonly<Record<string, string | undefined>>;
  try {
    given = parseArgs({ args: [...args], options }).values as typeof given;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const text = (name: string): string => given[name] ?? soak.options[name] ?? "";
  const { seed: chosen } = given;
  const seed = chosen === undefined ? Date.now() % MOST : whole("seed", chosen, 0);
  return { count: (name) => whole(name, text(name), 1), text, seed, log: (line) => console.log(line) };
}

async function main(args: readonly string[]): Promise<number> {
  const [name = "--help", ...rest] = args;
  if (name === "--help") {
    console.log(await usage());
    return 0;
  }
  const load = Object.hasOwn(SOAKS, name) ? SOAKS[name] : undefined;
  if (!load) throw new UsageError(`there is no soak "${name}"`);
  const soak = await load();
  const values = read(rest, soak);
  const shown = Object.keys(soak.options).map((option) => `, ${option} ${values.text(option)}`);
  console.log(`seed ${values.seed}${shown.join("")}`);
  console.log(await soak.run(values));
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\n${await usage()}`);
    process.exitCode = 2;
  } else if (error instanceof SoakUnavailable) {
    console.log(`skipped: ${error.message}`);
  } else if (error instanceof SoakFailure) {
    console.log(error.message);
    process.exitCode = 1;
  } else {
    throw error;
  }
}
