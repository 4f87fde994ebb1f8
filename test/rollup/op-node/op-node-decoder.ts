import { execFile, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Hex } from "viem";
import { REPOSITORY } from "../../conformance/fixtures.ts";

/** One channel for op-node: what its batcher transactions or its blobs hold, in order. */
export interface DecoderRequest {
  readonly chainId: number;
  readonly genesisTime: number;
  readonly blockTime: number;
  readonly payloads: readonly Hex[];
  readonly blobs: boolean;
}

export interface DecodedBlock {
  readonly timestamp: string;
  readonly epochNumber: string;
  readonly transactions: readonly Hex[];
}

/** A batch as both sides tell it; of a span parent and origin are the first 20 bytes. */
export interface DecodedBatch {
  readonly kind: "singular" | "span";
  readonly parent: Hex;
  readonly origin: Hex;
  readonly blocks: readonly DecodedBlock[];
}

export interface DecoderAnswer {
  readonly batches: readonly DecodedBatch[];
  readonly compression: string;
  readonly error?: string;
}

const SOURCE = join(REPOSITORY, "test", "rollup", "op-node");
const FILES = ["main.go", "go.mod", "go.sum"];

/**
 * Path of the program around op-node's decoder, or the reason why there is none.
 *
 * @param mayBuild fetches op-node's modules and builds (minutes) when that was not done before
 */
export async function opNodeDecoder(mayBuild: boolean): Promise<{ readonly path?: string; readonly reason?: string }> {
  const path = join(cacheFolder(), `decoder-${sourceHash()}`);
  if (existsSync(path)) return { path };
  if (!mayBuild) return { reason: "op-node's decoder is not built: `npm run soak -- op-node` builds it" };
  const go = ["go", "/usr/local/go/bin/go"].find(
    (candidate) => spawnSync(candidate, ["version"], { stdio: "ignore" }).status === 0,
  );
  if (go === undefined) return { reason: "no Go on this machine" };
  try {
    await promisify(execFile)(go, ["build", "-mod=readonly", "-o", path, "."], { cwd: SOURCE, maxBuffer: 2 ** 26 });
    return { path };
  } catch (error) {
    return {
      reason: `op-node cannot be built: ${String((error as { stderr?: string }).stderr)
        .trim()
        .slice(-300)}`,
    };
  }
}

function cacheFolder(): string {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "hyperion", "peers", "op-node");
  mkdirSync(folder, { recursive: true });
  return folder;
}

function sourceHash(): string {
  const hash = createHash("sha256");
  for (const file of FILES) hash.update(readFileSync(join(SOURCE, file)));
  return hash.digest("hex").slice(0, 16);
}

/** Asks for all at once. */
export async function decodeWithOpNode(
  path: string,
  requests: readonly DecoderRequest[],
): Promise<readonly DecoderAnswer[]> {
  const child = spawn(path, { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(requests));
  const parts: Buffer[] = [];
  for await (const part of child.stdout) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString()) as DecoderAnswer[];
}
