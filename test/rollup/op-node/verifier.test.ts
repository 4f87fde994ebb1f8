import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatRollupConfig } from "@hyperion/rollup";
import { createRpcServer, type RpcServer, rpcConfigSchema } from "@hyperion/rpc";
import { FollowingOrdering } from "@hyperion/sequencer";
import { bytesToHex } from "viem";
import { expect, test } from "vitest";
import { anvilBinary, startAnvil } from "../anvil-process.ts";
import { type LightNode, LightRollup } from "../light-rollup.ts";
import { opNode } from "./op-node-build.ts";

const anvil = anvilBinary();
const { path, reason } = await opNode(false);
const secret = new Uint8Array(32).fill(3);
const BLOCKS = 30n;

/** L1 as op-node wants to know it where it does not: forks and the price of blobs. */
const L1_CHAIN = {
  chainId: 900,
  ...{ homesteadBlock: 0, eip150Block: 0, eip155Block: 0, eip158Block: 0, byzantiumBlock: 0, constantinopleBlock: 0 },
  ...{ petersburgBlock: 0, istanbulBlock: 0, berlinBlock: 0, londonBlock: 0, terminalTotalDifficulty: 0 },
  ...{ shanghaiTime: 0, cancunTime: 0, pragueTime: 0 },
  blobSchedule: {
    cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3_338_477 },
    prague: { target: 6, max: 9, baseFeeUpdateFraction: 5_007_716 },
  },
};

function serve({ chain }: LightNode): RpcServer {
  const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };
  return createRpcServer({
    chain,
    ordering: new FollowingOrdering(undefined),
    config: rpcConfigSchema.parse({ port: 0 }),
    logger: silent,
    clientVersion: "Hyperion/test",
    engine: { host: "127.0.0.1", port: 0, secret },
  });
}

test
  .skipIf(path === undefined || anvil === undefined)
  .each([["Isthmus", {}] as const, ["Jovian", { jovianTime: 0n }] as const])(
  `op-node as verifier derives our chain over the Engine API at %s${reason ? ` (skipped: ${reason})` : ""}`,
  async (_, features) => {
    const folder = mkdtempSync(join(tmpdir(), "hyperion-op-node-"));
    const rollup = await LightRollup.create(
      await startAnvil(anvil!, ["--chain-id", "900", "--hardfork", "prague", "--accounts", "0"]),
      features,
    );
    const [sequencer, driven] = await Promise.all([rollup.node(), rollup.node()]);
    await rollup.anvil.request("anvil_mine", ["0x4"]);
    for (const batches of ["span", "singular"] as const) {
      for (let i = 0n; i < BLOCKS / 2n; i++) await rollup.build(sequencer, Number(i % 4n));
      const batcher = rollup.batcher(sequencer, { data: "calldata", batches });
      while ((await batcher.post()) === 0) await sequencer.deriver.catchUp();
      await sequencer.deriver.catchUp();
    }
    await rollup.anvil.request("anvil_mine", ["0x2"]);
    const server = serve(driven);
    await server.listen();
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const flags = {
      l1: rollup.anvil.url,
      "l1.beacon.ignore": "true",
      "l1.trustrpc": "true",
      "l1.rpckind": "basic",
      "l1.http-poll-interval": "500ms",
      l2: server.engineUrl!,
      "l2.jwt-secret": file("jwt.hex", bytesToHex(secret)),
      "rollup.config": file("rollup.json", JSON.stringify(formatRollupConfig(rollup.config))),
      "rollup.l1-chain-config": file("l1.json", JSON.stringify(L1_CHAIN)),
      "p2p.disable": "true",
      "rpc.addr": "127.0.0.1",
      "rpc.port": "0",
      "log.level": "WARN",
    };
    const child = spawn(
      path!,
      Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
      { stdio: ["ignore", "inherit", "inherit"] },
    );
    const ended = new Promise((resolve) => child.once("exit", resolve));
    try {
      await expect.poll(() => driven.engine.safe().number, { timeout: 60_000 }).toBe(BLOCKS);
      expect(driven.engine.safe().hash).toBe(sequencer.engine.safe().hash);
    } finally {
      child.kill("SIGKILL");
      await ended;
      await server.close();
      await rollup.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
  120_000,
);
