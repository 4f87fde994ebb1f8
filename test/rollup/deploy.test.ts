import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  connectL1Account,
  contractArtifact,
  createL2Genesis,
  type DeployConfig,
  type Deployment,
  deploy,
  deployConfigSchema,
  formatDeployment,
  genesisOptions,
  type L1Account,
  parseDeployment,
  readDeployment,
} from "@hyperion/rollup";
import { createPublicClient, type Hex, http, isAddressEqual } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REPOSITORY } from "../conformance/fixtures.ts";
import { type AnvilProcess, anvilBinary, startAnvil } from "./anvil-process.ts";

const binary = anvilBinary();
/** Anvil's first account. */
const KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const deployer = privateKeyToAccount(KEY);
const COMMAND = join(REPOSITORY, "apps", "cli", "dist", "main.js");
const ROLE: Readonly<Record<"owner" | "guardian" | "proposer", Hex>> = {
  owner: `0x${"0a".repeat(20)}`,
  guardian: `0x${"0b".repeat(20)}`,
  proposer: `0x${"0c".repeat(20)}`,
};
const config: DeployConfig = deployConfigSchema.parse({ chainId: 4_242, roles: ROLE });

describe.skipIf(binary === undefined)("Deployment to L1", () => {
  let anvil: AnvilProcess;
  let account: L1Account;
  const connect = (): Promise<L1Account> => connectL1Account({ account: deployer, transport: http(anvil.url) });

  beforeAll(async () => {
    anvil = await startAnvil(binary!, ["--disable-default-create2-deployer", "--chain-id", "900"]);
    account = await connect();
  });

  afterAll(() => anvil?.stop());

  /** Loses its connection after so many batches of transactions. */
  const failingAfter = (batches: number): L1Account => ({
    ...account,
    send: async (calls) => {
      if (batches-- === 0) throw new Error("connection lost");
      await account.send(calls);
    },
  });

  const read = (deployment: Deployment, name: keyof Deployment["addresses"], artifact: string, functionName: string) =>
    createPublicClient({ transport: http(anvil.url) }).readContract({
      ...{ address: deployment.addresses[name], abi: contractArtifact(artifact).abi, functionName },
    });

  test("goes on where it stopped, and does nothing when all is done", async () => {
    let failures = 0;
    let deployment: Deployment | undefined;
    for (let batches = 0; deployment === undefined; batches++) {
      // Each attempt gets one batch further than the one before.
      deployment = await deploy({ config, l1: failingAfter(1) }).catch((error: Error) => {
        expect(error.message).toBe("connection lost");
        failures++;
        return undefined;
      });
      expect(batches).toBeLessThan(20);
    }
    expect(failures).toBeGreaterThanOrEqual(5);
    const nonce = await account.client.getTransactionCount({ address: deployer.address });
    expect(await deploy({ config, l1: await connect() })).toEqual(deployment);
    expect(await account.client.getTransactionCount({ address: deployer.address })).toBe(nonce);
  });

  test("leaves every role where the configuration says", async () => {
    const deployment = await deploy({ config, l1: account });
    for (const [name, artifact, functionName, expected] of [
      ["proxyAdmin", "proxy/ProxyAdmin", "owner", ROLE.owner],
      ["systemConfig", "l1/SystemConfig", "owner", ROLE.owner],
      ["systemConfig", "l1/SystemConfig", "guardian", ROLE.guardian],
      ["disputeGameFactory", "l1/dispute/DisputeGameFactory", "owner", ROLE.owner],
      ["permissionedGame", "l1/dispute/PermissionedProposalGame", "proposer", ROLE.proposer],
      ["permissionedGame", "l1/dispute/PermissionedProposalGame", "challenger", ROLE.guardian],
      ["optimismPortal", "l1/OptimismPortal", "systemConfig", deployment.addresses.systemConfig],
      ["l1CrossDomainMessenger", "l1/L1CrossDomainMessenger", "portal", deployment.addresses.optimismPortal],
    ] as const) {
      expect(isAddressEqual((await read(deployment, name, artifact, functionName)) as Hex, expected)).toBe(true);
    }
    expect(await read(deployment, "systemConfig", "l1/SystemConfig", "l2ChainId")).toBe(4_242n);
    const start = await read(deployment, "systemConfig", "l1/SystemConfig", "startBlock");
    expect(start).toBe(deployment.rollup.genesis.l1.number);
    const block = await account.client.getBlock({ blockNumber: start as bigint });
    expect(deployment.rollup.genesis.l1.hash).toBe(block.hash);
    expect(deployment.rollup.genesis.l2Time).toBe(block.timestamp);
  });

  test("writes a file from which the L2 genesis can be made again", async () => {
    const deployment = await deploy({ config, l1: account });
    const read = parseDeployment(JSON.parse(formatDeployment(deployment)));
    expect(read).toEqual(deployment);
    const genesis = await createL2Genesis(genesisOptions(read));
    expect(genesis.hash).toBe(deployment.genesis.l2Hash);
    expect(genesis.stateRoot).toBe(deployment.genesis.stateRoot);
    expect(() => parseDeployment({ ...JSON.parse(formatDeployment(deployment)), version: 2 })).toThrow(/version/);
    const damaged = { ...JSON.parse(formatDeployment(deployment)), rollup: {} };
    expect(() => parseDeployment(damaged)).toThrow(/rollup\.genesis/);
  });

  test("is another deployment with other choices", async () => {
    const first = await deploy({ config, l1: account });
    const second = await deploy({ config: { ...config, salt: "second" }, l1: account });
    expect(second.addresses.optimismPortal).not.toBe(first.addresses.optimismPortal);
    expect(second.addresses.multicall3).toBe(first.addresses.multicall3);
    expect(second.rollup.genesis.l1.number).toBeGreaterThan(first.rollup.genesis.l1.number);
  });

  test("hyperion deploy writes the file that the library would", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hyperion-deploy-"));
    const out = join(folder, "deployment.json");
    try {
      const run = (...flags: readonly string[]) =>
        promisify(execFile)(process.execPath, [COMMAND, "deploy", "--out", out, "--l1-rpc-url", anvil.url, ...flags], {
          env: { ...process.env, HYPERION_DEPLOYER_KEY: KEY },
        });
      const roles = Object.entries(ROLE).flatMap(([role, address]) => [`--roles-${role}`, address]);
      const { stdout } = await run("--json", "--chain-id", "4242", ...roles);
      expect(stdout).toBe(readFileSync(out, "utf8"));
      expect(readDeployment(out)).toEqual(await deploy({ config, l1: account }));
      await expect(run("--roles-owner", "0x12")).rejects.toThrow(/--roles-owner/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("says clearly what is wrong", async () => {
    const poor = privateKeyToAccount(`0x${"11".repeat(32)}`);
    const l1 = await connectL1Account({ account: poor, transport: http(anvil.url) });
    await expect(deploy({ config, l1 })).rejects.toMatchObject({ code: "INSUFFICIENT_FUNDS" });
    const nowhere = { account: deployer, transport: http("http://127.0.0.1:9", { retryCount: 0 }) };
    await expect(connectL1Account(nowhere)).rejects.toMatchObject({ code: "L1_UNREACHABLE" });
  });
});
