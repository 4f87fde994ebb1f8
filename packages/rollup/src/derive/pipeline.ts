import type { RollupConfig } from "../config/rollup-config.ts";
import { type Batch, decodeBatch, type SingularBatch } from "../formats/batch.ts";
import { decodeChannel } from "../formats/channel.ts";
import { FormatError } from "../formats/errors.ts";
import { decodeFrames, type Frame } from "../formats/frame.ts";
import type { L1Ref } from "../formats/l1-block.ts";
import { type BatchPlace, checkSingularBatch, checkSpanBatch, spanCandidates } from "./batch-rules.ts";
import { ChannelAssembler } from "./channel-assembler.ts";
import { orderedFrames } from "./frame-order.ts";
import type { L2Block } from "./l2-block.ts";

/** Thrown when the pipeline was fed blocks of an L1 chain that the safe head is not on. */
export class OriginMismatchError extends Error {
  readonly code = "ORIGIN_MISMATCH";
  readonly shortMessage = "the safe head's L1 origin is not on the L1 chain being read";

  constructor() {
    super("the safe head's L1 origin is not on the L1 chain being read");
    this.name = "OriginMismatchError";
  }
}

/**
 * From the batcher's data to blocks, one L1 block after the other, under Holocene's rules. It holds no clock and asks
 * nobody: the same L1 blocks give the same batches.
 */
export class DerivationPipeline {
  readonly #config: RollupConfig;
  readonly #safeBlock: (number: bigint) => L2Block | undefined;
  readonly #assembler: ChannelAssembler;
  #frames: Frame[] = [];
  /** Encoded batches of the channel being read. */
  #batches: Iterator<Uint8Array> = [].values();
  #span: Iterator<Omit<SingularBatch, "parentHash">> = [].values();
  #origins: L1Ref[] = [];
  #current: L1Ref | undefined;

  /** @param safeBlock of the safe chain by its number: spans may overlap it */
  constructor(config: RollupConfig, safeBlock: (number: bigint) => L2Block | undefined) {
    this.#config = config;
    this.#safeBlock = safeBlock;
    this.#assembler = new ChannelAssembler(config.channelTimeout);
  }

  /** The L1 block being read. */
  get origin(): L1Ref | undefined {
    return this.#current;
  }

  reset(): void {
    this.#assembler.reset();
    this.#frames = [];
    this.#origins = [];
    this.#current = undefined;
    this.dropChannel();
  }

  /** Leaves out the rest of the channel: what it held before turned out to be no valid block. */
  dropChannel(): void {
    this.#batches = [].values();
    this.#span = [].values();
  }

  /** Goes on to the next L1 block. `payloads`: calldata or blobs of the batcher's transactions in it, in order. */
  advance(l1: L1Ref, payloads: readonly Uint8Array[]): void {
    this.#current = l1;
    this.#origins.push(l1);
    for (const payload of payloads) this.#frames.push(...readFrames(payload));
  }

  /**
   * The block that follows `parent`, the safe head; `undefined` when the next L1 block has to tell.
   *
   * @throws OriginMismatchError
   */
  async next(parent: L2Block): Promise<SingularBatch | undefined> {
    const inclusion = this.#current;
    if (!inclusion) return undefined;
    this.#forget(parent);
    if (inclusion.number <= parent.origin.number) return this.#drain(inclusion);
    this.#requireOrigin(parent);
    for (;;) {
      const place = { parent, origins: this.#origins, inclusion };
      const candidate = await this.#candidate(place);
      if (!candidate) return this.#emptyBatch(place);
      const verdict = checkSingularBatch(candidate, place, this.#config);
      if (verdict === "accept") return candidate;
      if (verdict === "drop") this.dropChannel();
    }
  }

  /** A channel completed at or before the origin of the safe head can hold nothing new. */
  async #drain(inclusion: L1Ref): Promise<undefined> {
    while (this.#frames.length > 0) this.#assembler.add(this.#frames.shift()!, inclusion.number);
    this.dropChannel();
    if (this.#current) this.#origins = [this.#current];
    return undefined;
  }

  #forget(parent: L2Block): void {
    const index = this.#origins.findIndex(({ number }) => number === parent.origin.number);
    if (index > 0) this.#origins.splice(0, index);
  }

  /** After an epoch was filled up with empty blocks, the list may begin one behind the safe head's. */
  #requireOrigin(parent: L2Block): void {
    const [epoch] = this.#origins;
    const same = epoch?.number === parent.origin.number && epoch.hash === parent.origin.hash;
    const after = epoch?.number === parent.origin.number + 1n && epoch.parentHash === parent.origin.hash;
    if (!same && !after) throw new OriginMismatchError();
  }

  async #candidate(place: BatchPlace): Promise<SingularBatch | undefined> {
    for (;;) {
      const pending = this.#span.next();
      if (!pending.done) return { ...pending.value, parentHash: place.parent.hash };
      const batch = await this.#nextBatch(place.inclusion);
      if (batch?.kind !== "span") return batch;
      const verdict = checkSpanBatch(batch, place, this.#config, this.#safeBlock);
      if (verdict === "accept") this.#span = spanCandidates(batch, place);
      else if (verdict === "drop") this.dropChannel();
    }
  }

  async #nextBatch(inclusion: L1Ref): Promise<Batch | undefined> {
    for (;;) {
      const encoded = this.#batches.next();
      if (!encoded.done) {
        const batch = this.#decode(encoded.value);
        if (batch) return batch;
        continue;
      }
      const frame = this.#frames.shift();
      if (!frame) return undefined;
      const channel = this.#assembler.add(frame, inclusion.number);
      if (channel) this.#batches = (await readChannel(channel))[Symbol.iterator]();
    }
  }

  /** A batch that cannot be read ends its channel. */
  #decode(encoded: Uint8Array): Batch | undefined {
    const { blockTime, l2ChainId: chainId } = this.#config;
    try {
      return decodeBatch(encoded, { chainId, blockTime, genesisTime: this.#config.genesis.l2Time });
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.dropChannel();
      return undefined;
    }
  }

  /** When the sequencing window has passed and L1 has nothing more, blocks without sequencer transactions follow. */
  #emptyBatch({ parent, inclusion }: BatchPlace): SingularBatch | undefined {
    const [epoch, next] = this.#origins;
    if (!epoch || !next || epoch.number + this.#config.sequencingWindow > inclusion.number) return undefined;
    const timestamp = parent.timestamp + this.#config.blockTime;
    const isFirstOfEpoch = epoch.number === parent.origin.number + 1n;
    if (timestamp < next.timestamp || isFirstOfEpoch) {
      const block = { kind: "singular", parentHash: parent.hash, timestamp, transactions: [] } as const;
      return { ...block, epochNumber: epoch.number, epochHash: epoch.hash };
    }
    this.#origins.shift();
    return undefined;
  }
}

const readFrames = (payload: Uint8Array): readonly Frame[] => {
  try {
    return orderedFrames(decodeFrames(payload));
  } catch (error) {
    if (error instanceof FormatError) return [];
    throw error;
  }
};

const readChannel = async (channel: Uint8Array): Promise<Iterable<Uint8Array>> => {
  try {
    return await decodeChannel(channel);
  } catch (error) {
    if (error instanceof FormatError) return [];
    throw error;
  }
};
