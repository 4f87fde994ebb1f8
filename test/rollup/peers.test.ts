import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join, parse } from "node:path";
import { contractArtifact } from "@hyperion/rollup";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REPOSITORY } from "../conformance/fixtures.ts";
import { anvilBinary } from "./anvil-process.ts";
import { RandomTraffic } from "./random-traffic.ts";
import { eventually, type NodeName, RollupProcesses } from "./rollup-processes.ts";

const binary = anvilBinary();
/** L2 blocks before the batcher begins. */
const BLOCKS = 60n;
const MAIN = join(REPOSITORY, "apps", "cli", "dist", "main.js");

/** Runs `hyperion` to its end. */
const hyperion = async (args: readonly string[]): Promise<{ readonly code: number; readonly errors: string }> => {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (text) => {
    errors += text;
  });
  const [code] = (await once(child, "exit")) as [number];
  return { code, errors };
};

describe.skipIf(binary === undefined)("nodes ahead of L1", { timeout: 280_000 }, () => {
  let rollup: RollupProcesses;
  let traffic: RandomTraffic;

  beforeAll(async () => {
    rollup = await RollupProcesses.create(binary!, { behind: 150 });
    await rollup.start("sequencer");
    traffic = new RandomTraffic(RollupProcesses.user, RollupProcesses.chainId, 7, false);
  }, 120_000);

  afterAll(() => rollup?.close());

  const unsafe = async (role: NodeName): Promise<{ readonly number: number; readonly hash: string }> =>
    (await rollup.heads(role)).unsafe_l2;

  /** The nodes have that block of the sequencer's, and L1 does not. */
  const haveUnsafe = async (roles: readonly NodeName[], number: number): Promise<void> => {
    const hash = await rollup.hashAt("sequencer", BigInt(number));
    for (const role of roles) {
      await eventually(async () => (await rollup.hashAt(role, BigInt(number))) === hash, 60_000);
      expect((await rollup.heads(role)).safe_l2.number).toBeLessThan(number);
    }
  };

  test("a verifier and its reader have the sequencer's blocks before L1 has any", async () => {
    await rollup.start("relay");
    await rollup.start("follower");
    await traffic.prepare(rollup.client("sequencer"));
    await traffic.send(rollup.client("sequencer"));
    await haveUnsafe(["relay", "follower"], (await unsafe("sequencer")).number);
    expect((await rollup.heads("follower")).safe_l2.number).toBe(0);
    const metrics = await (await fetch(`${rollup.url("follower")}/metrics`)).text();
    expect(metrics).toMatch(/hyperion_peers\{state="connected"\} 1/);
  });

  test("kill -9 of the sequencer: what it told stays its chain, and the nodes follow it again", async () => {
    const before = await unsafe("sequencer");
    await rollup.kill("sequencer");
    const told = await unsafe("relay");
    expect(told.number).toBeGreaterThanOrEqual(before.number - 1);
    await rollup.start("sequencer");
    expect(await rollup.hashAt("sequencer", BigInt(told.number))).toBe(told.hash);
    await eventually(async () => (await unsafe("sequencer")).number > told.number + 2, 60_000);
    await haveUnsafe(["relay", "follower"], (await unsafe("sequencer")).number);
  });

  test("kill -9 of the relay: its reader goes on where it was", async () => {
    await rollup.kill("relay");
    const { number } = await unsafe("sequencer");
    await rollup.start("relay");
    await eventually(async () => (await unsafe("sequencer")).number > number + 2, 60_000);
    await haveUnsafe(["follower"], (await unsafe("sequencer")).number);
  });

  test("L1 makes safe what peers told, block for block", async () => {
    await eventually(async () => BigInt((await unsafe("sequencer")).number) >= BLOCKS, 120_000);
    await rollup.start("batcher");
    await rollup.start("proposer");
    for (const role of ["relay", "follower"] as const) {
      await rollup.safeAt(role, BLOCKS);
      const { safe_l2: safe } = await rollup.heads(role);
      expect(await rollup.hashAt("sequencer", BigInt(safe.number))).toBe(safe.hash);
    }
  });

  describe("a snapshot", () => {
    let file: string;
    let height: bigint;

    /** Newest block above the given whose game was won and is final. */
    const provenBlock = async (above: bigint): Promise<bigint | undefined> => {
      const { addresses } = rollup.deployment;
      const { abi } = contractArtifact("l1/dispute/AnchorStateRegistry");
      const registry = { address: addresses.anchorStateRegistry, abi } as const;
      const factory = {
        address: addresses.disputeGameFactory,
        abi: contractArtifact("l1/dispute/DisputeGameFactory").abi,
      } as const;
      const game = contractArtifact("l1/dispute/PermissionedProposalGame").abi;
      const count = (await rollup.l1.readContract({ ...factory, functionName: "gameCount" })) as bigint;
      for (let index = count - 1n; index >= 0n; index--) {
        const [, , proxy] = (await rollup.l1.readContract({
          ...{ ...factory, functionName: "gameAtIndex", args: [index] },
        })) as [number, bigint, `0x${string}`];
        const args = [proxy];
        if (!(await rollup.l1.readContract({ ...registry, functionName: "isGameClaimValid", args }))) continue;
        const call = { address: proxy, abi: game, functionName: "l2SequenceNumber" } as const;
        const number = (await rollup.l1.readContract(call)) as bigint;
        return number > above ? number : undefined;
      }
      return undefined;
    };

    beforeAll(async () => {
      await eventually(async () => (await provenBlock(BLOCKS / 2n)) !== undefined, 300_000);
      height = (await provenBlock(BLOCKS / 2n))!;
      await rollup.stop("follower");
      file = `${rollup.dataDir("verifier")}.hypsnap`;
      const range = ["--data-dir", rollup.dataDir("follower"), "--height", `${height}`];
      const { code, errors } = await hyperion(["db", "export", file, ...range, "--deployment", rollup.deploymentFile]);
      expect(errors).not.toMatch(/error/i);
      expect(code).toBe(0);
    }, 330_000);

    const refused = async (more: readonly string[], expected: RegExp): Promise<void> => {
      const dataDir = `${rollup.dataDir("verifier")}-refused`;
      const l1 = ["--l1-rpc", rollup.anvil.url, "--l1-blobs-by-number", "true", "--inference-enabled", "false"];
      const base = ["--deployment", rollup.deploymentFile, "--data-dir", dataDir, "--rpc-port", "0", ...l1];
      const { code, errors } = await hyperion(["verifier", ...base, ...more]);
      expect(errors).toMatch(expected);
      expect(code).not.toBe(0);
      expect(readdirSync(dirname(dataDir)).filter((name) => name.includes("refused"))).toEqual([]);
    };

    test("that is damaged, cut short, unproven, too short or not there is refused, and leaves nothing", async () => {
      const bytes = readFileSync(file);
      const damaged = `${file}.damaged`;
      writeFileSync(damaged, bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 1));
      await refused(["--snapshot", damaged], /is damaged/);
      writeFileSync(damaged, bytes.subarray(0, bytes.length - 100));
      await refused(["--snapshot", damaged], /is damaged|ends early/);
      await refused(["--snapshot", `${file}.absent`], /cannot be read/);
      await refused(["--snapshot", file, "--snapshot-hash", `0x${"ab".repeat(32)}`], /not 0xabab/);
      await refused(["--snapshot", file, "--inference-enabled", "true"], /another default model/);
      const folder = ["--data-dir", rollup.dataDir("follower")];
      expect((await hyperion(["db", "export", damaged, ...folder, "--height", `${height}`])).code).toBe(0);
      await refused(["--snapshot", damaged], /export it with --deployment/);
      const next = ["--height", `${height + 1n}`, "--deployment", rollup.deploymentFile];
      expect((await hyperion(["db", "export", damaged, ...folder, ...next])).code).toBe(0);
      await refused(["--snapshot", damaged], /L1 has not proven the output root/);
    });

    test("that L1 has proven lets a verifier reach the same heads without the blocks before it", async () => {
      const web = createServer((_, response) => response.end(readFileSync(file)));
      await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
      const { port } = web.address() as AddressInfo;
      await rollup.start("verifier", { flags: ["--snapshot", `http://127.0.0.1:${port}/snapshot`] });
      web.close();
      const target = BigInt((await unsafe("sequencer")).number);
      expect(target).toBeGreaterThan(height);
      await rollup.safeAt("verifier", target);
      for (let number = height; number <= target; number++) {
        expect(await rollup.hashAt("verifier", number)).toBe(await rollup.hashAt("sequencer", number));
      }
      const client = rollup.client("verifier");
      // What came before was not executed: there is no state of it.
      await expect(
        client.getBalance({ address: "0x00000000000000000000000000000000000000aa", blockNumber: 1n }),
      ).rejects.toThrow();
      const { dir, base } = parse(rollup.dataDir("verifier"));
      expect(readdirSync(dir).filter((name) => name === `${base}.importing` || name === `${base}.snapshot`)).toEqual(
        [],
      );
      // With a database of its own, the flag asks for nothing any more.
      await rollup.kill("verifier");
      await rollup.start("verifier", { flags: ["--snapshot", `http://127.0.0.1:${port}/snapshot`] });
      await rollup.safeAt("verifier", target + 2n);
    });
  });
});
