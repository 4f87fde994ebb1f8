import { type Address, createPublicClient, fallback, type Hex, http, numberToHex, type PublicClient } from "viem";
import type { z } from "zod";
import type { RollupConfig } from "../config/rollup-config.ts";
import type { L1Source } from "../derive/l1-source.ts";
import { decodeBlob } from "../formats/blob.ts";
import { FormatError } from "../formats/errors.ts";
import type { L1Block, L1Ref } from "../formats/l1-block.ts";
import { type BlobFraction, blobBaseFee, blobSchedule } from "./blob-price.ts";
import type { BlobSource } from "./blob-source.ts";
import { L1Error } from "./errors.ts";
import { type RpcBlock, rpcBlock, rpcHeader, rpcLogs } from "./rpc-schema.ts";

export interface L1ClientOptions {
  /** JSON-RPC endpoints in order of preference: the next one is asked when one fails. */
  readonly urls: readonly string[];
  readonly blobs: BlobSource;
  readonly config: Pick<RollupConfig, "portal" | "systemConfigAddress" | "l1ChainId">;
  /** Default: that of the L1's chain id. */
  readonly blobSchedule?: readonly BlobFraction[];
}

interface KnownBlock {
  readonly block: L1Block;
  readonly transactions: RpcBlock["transactions"];
}

const RETRIES = 3;
const RETRY_DELAY = 250;
const TIMEOUT = 20_000;
/** Milliseconds for which an L1 that is shorter than it was is held for an endpoint that lags behind. */
const LAG = 60_000;
/** Blocks kept, by hash: what derivation reads again for the epochs in a channel. */
const KEPT_BLOCKS = 512;

/** L1 through any Ethereum JSON-RPC endpoint and a source of blobs. Blocks are identified by hash once they are read. */
export class L1Client implements L1Source {
  readonly client: PublicClient;
  readonly #options: L1ClientOptions;
  readonly #schedule: readonly BlobFraction[];
  readonly #known = new Map<Hex, KnownBlock>();
  #highest: { readonly number: bigint; readonly since: number } = { number: -1n, since: 0 };

  constructor(options: L1ClientOptions) {
    const transports = options.urls.map((url) =>
      http(url, { retryCount: RETRIES, retryDelay: RETRY_DELAY, timeout: TIMEOUT }),
    );
    this.client = createPublicClient({ transport: fallback(transports, { retryCount: 1 }) });
    this.#options = options;
    this.#schedule = options.blobSchedule ?? blobSchedule(options.config.l1ChainId);
  }

  async head(): Promise<L1Ref> {
    const before = this.#highest.number;
    const head = await this.#header("latest");
    if (!head) throw new L1Error("L1_INCONSISTENT", "there is no latest block");
    this.#requireNoLag(head.number, before);
    return head;
  }

  finalized(): Promise<L1Ref | undefined> {
    return this.#header("finalized").catch(() => undefined);
  }

  async block(id: bigint | Hex): Promise<L1Block | undefined> {
    const known = typeof id === "string" ? this.#known.get(id) : undefined;
    if (known) return known.block;
    const [method, parameter] =
      typeof id === "string" ? ["eth_getBlockByHash", id] : ["eth_getBlockByNumber", numberToHex(id)];
    const before = this.#highest.number;
    const found = await this.#ask(method!, [parameter, true], rpcBlock);
    if (!found) {
      if (typeof id === "bigint") this.#requireNoLag(id - 1n, before);
      return undefined;
    }
    if (typeof id === "string" ? found.hash !== id : found.number !== id) {
      throw new L1Error("L1_INCONSISTENT", `asked for block ${id}, got ${found.number} ${found.hash}`);
    }
    if (found.number > before) this.#requireNoLag(found.number, before);
    return (this.#known.get(found.hash) ?? (await this.#read(found))).block;
  }

  async payloads(ref: L1Ref, inbox: Address, batcher: Address): Promise<readonly Uint8Array[]> {
    const known = this.#known.get(ref.hash);
    if (!known) {
      if (!(await this.block(ref.hash))) throw new L1Error("L1_INCONSISTENT", `block ${ref.hash} is gone`);
      return this.payloads(ref, inbox, batcher);
    }
    const sent = known.transactions.filter(({ from, to }) => from === batcher && to === inbox);
    const hashes = sent.flatMap(({ blobVersionedHashes }) => blobVersionedHashes ?? []);
    const blobs = hashes.length > 0 ? await this.#options.blobs.blobs(ref, hashes) : [];
    let taken = 0;
    return sent.flatMap(({ input, blobVersionedHashes }) => {
      if (!blobVersionedHashes) return [input];
      taken += blobVersionedHashes.length;
      return blobs.slice(taken - blobVersionedHashes.length, taken).flatMap(readBlob);
    });
  }

  /**
   * Behind one address there may be nodes of which some lag behind. What they do not know yet was not undone: only an L1
   * that stays shorter has lost blocks.
   *
   * @param before what was the newest block when the question was sent
   */
  #requireNoLag(newest: bigint, before: bigint): void {
    const now = performance.now();
    if (newest < before && now - this.#highest.since <= LAG) {
      throw new L1Error("L1_INCONSISTENT", `block ${before} was there, now ${newest} is the newest`);
    }
    const isOutdated = newest < this.#highest.number && newest >= before;
    if (!isOutdated) this.#highest = { number: newest, since: now };
  }

  /** The logs come from the block with that hash, or not at all: a reorg in between is an error, not a mixture. */
  async #read(found: RpcBlock): Promise<KnownBlock> {
    const { portal, systemConfigAddress } = this.#options.config;
    const filter = { blockHash: found.hash, address: [portal, systemConfigAddress] };
    const logs = await this.#ask("eth_getLogs", [filter], rpcLogs);
    if (logs.some(({ blockHash }) => blockHash !== found.hash)) {
      throw new L1Error("L1_INCONSISTENT", `logs of another block than ${found.hash}`);
    }
    const block: L1Block = {
      ...refOf(found),
      baseFee: found.baseFeePerGas,
      blobBaseFee: blobBaseFee(found.excessBlobGas ?? 0n, found.timestamp, this.#schedule),
      mixHash: found.mixHash,
      parentBeaconBlockRoot: found.parentBeaconBlockRoot ?? `0x${"00".repeat(32)}`,
      logs: logs
        .map(({ address, topics, data, logIndex }) => ({ address, topics, data, index: Number(logIndex) }))
        .toSorted((left, right) => left.index - right.index),
    };
    const known = { block, transactions: found.transactions };
    this.#known.set(block.hash, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT_BLOCKS && oldest) this.#known.delete(oldest);
    return known;
  }

  async #header(tag: "latest" | "finalized"): Promise<L1Ref | undefined> {
    const header = await this.#ask("eth_getBlockByNumber", [tag, false], rpcHeader);
    return header ? refOf(header) : undefined;
  }

  async #ask<T>(method: string, params: readonly unknown[], schema: z.ZodType<T>): Promise<T> {
    const answer = await this.#request(method, params);
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new L1Error("L1_INCONSISTENT", `${method}: ${issue?.path.join(".")} ${issue?.message}`);
  }

  async #request(method: string, params: readonly unknown[]): Promise<unknown> {
    try {
      return await this.client.request({ method, params } as never);
    } catch (cause) {
      throw new L1Error("L1_UNREACHABLE", `${method} failed`, { cause });
    }
  }
}

const refOf = ({ number, hash, parentHash, timestamp }: L1Ref): L1Ref => ({ number, hash, parentHash, timestamp });

/** A blob of another encoding is no data. */
const readBlob = (blob: Uint8Array): readonly Uint8Array[] => {
  try {
    return [decodeBlob(blob)];
  } catch (error) {
    if (error instanceof FormatError) return [];
    throw error;
  }
};
