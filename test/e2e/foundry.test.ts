import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REPOSITORY } from "../conformance/fixtures.ts";
import { BOUGHT, LIQUIDITY, SUPPLY } from "./artifacts.ts";
import type { NodeProcess } from "./node-process.ts";
import { startNodeProcess } from "./node-process.ts";

const run = promisify(execFile);
const forge = binary("forge");
const cast = binary("cast");

/** Foundry's binaries come from npm, for Linux on x64 only. */
function binary(name: "forge" | "cast"): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve(`@foundry-rs/${name}-linux-amd64/package.json`);
    const path = join(dirname(manifest), "bin", name);
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

describe.skipIf(forge === undefined || cast === undefined)("Foundry", () => {
  let node: NodeProcess;
  let project: string;

  beforeAll(async () => {
    node = await startNodeProcess();
    project = mkdtempSync(join(tmpdir(), "hyperion-foundry-"));
    cpSync(join(import.meta.dirname, "foundry"), project, { recursive: true });
    cpSync(join(REPOSITORY, "contracts", "solc.mjs"), join(project, "solc.mjs"));
    cpSync(join(REPOSITORY, "contracts", "test"), join(project, "src"), { recursive: true });
    cpSync(openZeppelin(), join(project, "lib", "openzeppelin"), { recursive: true });
  });

  afterAll(async () => {
    rmSync(project, { recursive: true, force: true });
    expect(await node.stop()).toBe(0);
  });

  function openZeppelin(): string {
    return dirname(createRequire(import.meta.url).resolve("@openzeppelin/contracts/package.json"));
  }

  async function execute(command: string, args: readonly string[]): Promise<string> {
    const env = { ...process.env, SOLC_RESOLVE_FROM: join(REPOSITORY, "package.json"), NO_COLOR: "1" };
    const { stdout } = await run(command, [...args, "--rpc-url", node.rpcUrl], { cwd: project, env });
    return stdout.trim();
  }

  test("forge script deploys an ERC-20 and a market and trades on it", async () => {
    const { privateKey, address } = node.accounts[0]!;
    const args = ["script", "script/Trade.s.sol:Trade", "--broadcast", "--json", "--private-key", privateKey];
    const lines = (await execute(forge!, args)).split("\n").map((line) => JSON.parse(line));
    const [simulated] = lines;
    expect(simulated.returns.bought.value).toBe(`${BOUGHT}`);
    const sent = lines.filter((line) => line.tx_hash !== undefined);
    expect(sent.map((line) => line.status)).toEqual(Array.from({ length: 8 }, () => "success"));

    const silver = simulated.returns.silver.value as string;
    const balance = await execute(cast!, ["call", silver, "balanceOf(address)(uint256)", address]);
    expect(balance.split(" ")[0]).toBe(`${SUPPLY - LIQUIDITY + BOUGHT}`);
  });

  test("cast sends, reads and traces", async () => {
    const [from, to] = [node.accounts[1]!, node.accounts[2]!];
    const before = BigInt(await execute(cast!, ["balance", to.address]));
    const sending = ["send", to.address, "--value", "1ether", "--private-key", from.privateKey, "--json"];
    const receipt = JSON.parse(await execute(cast!, sending)) as { status: string; transactionHash: string };
    expect(receipt.status).toBe("0x1");
    expect(BigInt(await execute(cast!, ["balance", to.address])) - before).toBe(10n ** 18n);
    expect(await execute(cast!, ["tx", receipt.transactionHash, "value"])).toBe(`${10n ** 18n}`);
    expect(await execute(cast!, ["chain-id"])).toBe(`${node.chainId}`);
    expect(Number(await execute(cast!, ["block-number"]))).toBeGreaterThan(0);
  });
});
