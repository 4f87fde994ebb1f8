import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatRollupConfig } from "@hyperion/rollup";
import { createRpcServer, type RpcServer, rpcConfigSchema } from "@hyperion/rpc";
import { FollowingOrdering } from "@hyperion/sequencer";
import { bytesToHex } from "viem";
import type { LightNode, LightRollup } from "../light-rollup.ts";

const secret = new Uint8Array(32).fill(3);

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

/** Lets op-node derive the rollup's chain into a node of ours, over its Engine API, while `during` runs. */
export async function withOpNode(
  path: string,
  rollup: LightRollup,
  driven: LightNode,
  during: () => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "hyperion-op-node-"));
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
    path,
    Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
    { stdio: ["ignore", "inherit", "inherit"] },
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    await during();
  } finally {
    child.kill("SIGKILL");
    await ended;
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
