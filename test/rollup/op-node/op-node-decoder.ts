import { spawn } from "node:child_process";
import type { BatchContext } from "@hyperion/rollup";
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
export const decodeWithOpNode = (
  path: string,
  requests: readonly DecoderRequest[],
): Promise<readonly DecoderAnswer[]> => ask(path, requests);

/** An L2 block with its L1 attributes as first transaction. */
export interface ChannelBlock {
  readonly number: bigint;
  readonly parentHash: Hex;
  readonly timestamp: bigint;
  readonly transactions: readonly Hex[];
}

/** Bytes of the batcher transactions or blobs that op-batcher makes of the blocks, as one channel of span batches. */
export async function spanChannelSize(
  path: string,
  blocks: readonly ChannelBlock[],
  context: BatchContext,
): Promise<number> {
  const { chainId, genesisTime, blockTime } = context;
  const [answer] = await ask<{ readonly bytes: number; readonly error?: string }>(path, [
    {
      ...{ chainId: Number(chainId), genesisTime: Number(genesisTime), blockTime: Number(blockTime) },
      compression: "brotli-10",
      blocks: blocks.map((block) => ({ ...block, number: `${block.number}`, timestamp: `${block.timestamp}` })),
    },
  ]);
  if (answer!.error) throw new Error(answer!.error);
  return answer!.bytes;
}

async function ask<T>(path: string, requests: readonly object[]): Promise<readonly T[]> {
  const child = spawn(path, { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(requests));
  const parts: Buffer[] = [];
  for await (const part of child.stdout) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString()) as T[];
}
