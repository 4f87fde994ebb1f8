import type { RollupConfig } from "../config/rollup-config.ts";
import type { AltDa } from "../da/alt-da-client.ts";
import { altDaPath, blobPath, calldataPath, type DataPath } from "../da/data-path.ts";
import { AltDaError } from "../da/errors.ts";
import type { L1Source } from "../derive/l1-source.ts";
import type { L2Block } from "../derive/l2-block.ts";
import { isLate } from "../derive/late-epoch.ts";
import { L1Error } from "../l1/errors.ts";
import type { L1Request, TransactionSender } from "../l1/transaction-sender.ts";
import type { L1Progress, L2Source } from "../roles/l2-source.ts";
import { type BatchBlock, buildChannel, type ChannelOptions } from "./channel-builder.ts";
import { blobCost, calldataCost, type L1Prices } from "./data-cost.ts";
import { type ClosedChannel, fullestChannel } from "./fullest-channel.ts";

export interface BatcherOptions {
  readonly batches: ChannelOptions["batches"];
  readonly compression: ChannelOptions["compression"];
  /** `auto`: whichever is cheaper at the moment. */
  readonly data: "blobs" | "calldata" | "auto";
  /** Most L2 blocks of one channel. */
  readonly maxBlocks: number;
  /** Seconds of L2 time that blocks may wait for others to fill a blob with. Default: none. */
  readonly maxWait?: number;
  /** Where payloads go instead, with `data` for what it does not take. */
  readonly altDa?: AltDa;
  /** Told of every channel that goes to L1 because alt-DA did not take it. */
  readonly onFailOver?: (error: AltDaError) => void;
}

/** Most bytes of blocks that are compressed into one channel: it takes some seconds, and holds up this thread. */
const MOST_BYTES = 3_000_000;
/** What a block without transactions takes in a batch, about. */
const EMPTY_BLOCK_BYTES = 4;

/** A block that L1 does not have yet. */
interface UnsafeBlock extends BatchBlock {
  readonly source: L2Block;
}

/** What has to be sent for the first so many blocks. */
interface Posting {
  readonly count: number;
  readonly requests: readonly L1Request[];
}

type ChannelEnder = (path: DataPath, count?: number) => ClosedChannel | undefined;

/**
 * Posts unsafe blocks to L1, in order. What it has posted is only a hint: the safe head says what has arrived, so that
 * neither a crash nor an L1 reorg leaves a gap.
 */
export class Batcher {
  readonly #config: RollupConfig;
  readonly #l2: L2Source;
  readonly #l1: L1Source;
  readonly #progress: L1Progress;
  readonly #sender: TransactionSender;
  readonly #options: BatcherOptions;
  /** Last block that was posted, and the L1 block that took it. */
  #posted: { readonly block: L2Block; readonly l1: bigint } | undefined;
  /** L1 has to be read up to here before the safe head can be believed: an earlier run may have posted. */
  #readyAt: bigint | undefined;
  /** The kind of data that alone can replace what is stuck in L1's pool. */
  #forced: "blobs" | "calldata" | undefined;

  constructor(
    config: RollupConfig,
    l2: L2Source,
    l1: L1Source,
    progress: L1Progress,
    sender: TransactionSender,
    options: BatcherOptions,
  ) {
    this.#config = config;
    this.#l2 = l2;
    this.#l1 = l1;
    this.#progress = progress;
    this.#sender = sender;
    this.#options = options;
  }

  /**
   * Posts one channel of what L1 does not have yet.
   *
   * @returns how many L2 blocks it held; 0 when there are none, they wait for more, or L1 has not been read far enough to tell
   * @throws L1Error
   */
  async post(): Promise<number> {
    // Before the safe head, which then holds at least what this says has been read.
    const read = (await this.#progress.origin)?.number ?? -1n;
    if (!(await this.#isReady(read))) return 0;
    const parent = await this.#cursor(read);
    if (!parent) return 0;
    const blocks = await this.#blocks(parent);
    const posting = blocks.length > 0 ? await this.#posting(blocks, parent) : undefined;
    if (!posting) return 0;
    const l1 = await this.#send(posting.requests);
    this.#posted = { block: blocks[posting.count - 1]!.source, l1 };
    return posting.count;
  }

  /** What an error leaves behind may still get into blocks: L1 has to be read up to there before anything is posted again. */
  async #send(requests: readonly L1Request[]): Promise<bigint> {
    try {
      const receipts = await this.#sender.sendAll(requests);
      this.#forced = undefined;
      return receipts.at(-1)!.blockNumber;
    } catch (error) {
      this.#readyAt = undefined;
      const isReserved = error instanceof L1Error && error.code === "L1_RESERVED";
      if (isReserved) this.#forced = "blobs" in requests[0]! ? "calldata" : "blobs";
      throw error;
    }
  }

  async #isReady(read: bigint): Promise<boolean> {
    if (this.#readyAt === undefined) {
      if (await this.#sender.hasPending()) return false;
      this.#readyAt = (await this.#l1.head()).number;
    }
    return read >= this.#readyAt;
  }

  /**
   * The last block that is posted and still to be believed in, else the safe head. A node that does not have what it had
   * may have begun again, with a safe head behind what L1 holds: that has to be read first.
   */
  async #cursor(read: bigint): Promise<L2Block | undefined> {
    const safe = await this.#l2.safe();
    const posted = this.#posted;
    if (!posted || posted.block.number <= safe.number) return safe;
    const isUndone = (await this.#l2.block(posted.block.number))?.hash !== posted.block.hash;
    if (!isUndone && read < posted.l1) return posted.block;
    this.#posted = undefined;
    if (!isUndone) return safe;
    this.#readyAt = undefined;
    return undefined;
  }

  /** Ends where the chain changes while it is read. */
  async #blocks(parent: L2Block): Promise<readonly UnsafeBlock[]> {
    const blocks: UnsafeBlock[] = [];
    let bytes = 0;
    for (let number = parent.number + 1n; blocks.length < this.#options.maxBlocks && bytes < MOST_BYTES; number++) {
      const block = await this.#l2.block(number);
      if (block?.parentHash !== (blocks.at(-1) ?? parent).hash) break;
      const { hash, parentHash, timestamp, origin } = block;
      const transactions = await this.#l2.sequenced(number);
      blocks.push({
        number,
        hash,
        parentHash,
        timestamp,
        epochNumber: origin.number,
        epochHash: origin.hash,
        transactions,
        source: block,
      });
      bytes += weightOf(transactions);
    }
    return blocks;
  }

  /**
   * A span is judged by its first block, and is lost when that comes too late; singular batches are judged one by one, so
   * that the first of them that is in time goes on where L1 alone gave the blocks before.
   */
  async #areLate([first]: readonly BatchBlock[]): Promise<boolean> {
    const { number } = await this.#l1.head();
    return isLate(first!.epochNumber, number, this.#config);
  }

  async #posting(blocks: readonly BatchBlock[], parent: L2Block): Promise<Posting | undefined> {
    const { altDa, onFailOver } = this.#options;
    const data = this.#forced ?? this.#options.data;
    const inbox = this.#config.batchInbox;
    const end = await this.#ender(blocks, parent);
    if (altDa && this.#forced !== "blobs") {
      try {
        return await postingOn(altDaPath(inbox, altDa), end);
      } catch (error) {
        if (!(error instanceof AltDaError)) throw error;
        onFailOver?.(error);
      }
    }
    const [blobs, calldata] = [blobPath(inbox), calldataPath(inbox)];
    if (data === "calldata") return postingOn(calldata, end);
    const channel = end(blobs);
    if (!channel) return undefined;
    const { count, payloads } = channel;
    const isDear = data === "auto" && isCalldataCheaper(payloads, await this.#prices());
    return isDear ? postingOn(calldata, end, count) : { count, requests: await blobs.requests(payloads) };
  }

  /** Makes the channel for a path: of so many blocks, or up to where it is full. */
  async #ender(blocks: readonly BatchBlock[], parent: L2Block): Promise<ChannelEnder> {
    const { compression } = this.#options;
    const areLate = await this.#areLate(blocks);
    const batches = areLate ? "singular" : this.#options.batches;
    const weights = blocks.map(({ transactions }) => weightOf(transactions));
    const isDue = areLate || this.#isDue(weights, blocks, parent);
    return ({ payloadSize }, count) => {
      const options = { batches, compression, payloadSize };
      const build = (taken: number): readonly Uint8Array[] =>
        buildChannel(blocks.slice(0, taken), parent.origin.number, this.#context(), options);
      if (count !== undefined) return { count, payloads: build(count) };
      return fullestChannel({ weights, payloadSize, build, isDue });
    };
  }

  /** Whether waiting for more would hold the safe head back for too long, or there is as much as a channel may have. */
  #isDue(weights: readonly number[], blocks: readonly BatchBlock[], parent: L2Block): boolean {
    const { maxBlocks, maxWait = 0 } = this.#options;
    const waited = Number(blocks.at(-1)!.timestamp - parent.timestamp);
    const bytes = weights.reduce((sum, weight) => sum + weight, 0);
    return waited >= maxWait || blocks.length === maxBlocks || bytes >= MOST_BYTES;
  }

  #context(): { readonly chainId: bigint; readonly genesisTime: bigint; readonly blockTime: bigint } {
    const { l2ChainId: chainId, genesis, blockTime } = this.#config;
    return { chainId, genesisTime: genesis.l2Time, blockTime };
  }

  async #prices(): Promise<L1Prices> {
    const head = await this.#l1.head();
    return (await this.#l1.block(head.hash)) ?? { baseFee: 0n, blobBaseFee: 0n };
  }
}

const postingOn = async (path: DataPath, end: ChannelEnder, count?: number): Promise<Posting | undefined> => {
  const channel = end(path, count);
  return channel && { count: channel.count, requests: await path.requests(channel.payloads) };
};

const weightOf = (transactions: readonly Uint8Array[]): number =>
  transactions.reduce((sum, { length }) => sum + length, EMPTY_BLOCK_BYTES);

const isCalldataCheaper = (payloads: readonly Uint8Array[], prices: L1Prices): boolean =>
  calldataCost(payloads, prices) < blobCost(payloads, prices);
