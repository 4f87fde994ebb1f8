import { spawn } from "node:child_process";
import type { Hex } from "viem";

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
