import type { Block, BlockOpening } from "@hyperion/chain";
import type { RollupConfig } from "../config/rollup-config.ts";
import type { L1Source } from "../derive/l1-source.ts";
import { describeL2Block, type L2Block } from "../derive/l2-block.ts";
import { isLate } from "../derive/late-epoch.ts";
import { payloadAttributes } from "../derive/payload-attributes.ts";
import type { L1Block } from "../formats/l1-block.ts";

export interface PlannerOptions {
  /** L1 blocks that must lie above an origin before a block takes it: what is deep is seldom undone. */
  readonly confirmations: bigint;
  /** Milliseconds between looks at L1. */
  readonly poll: number;
  /** Told of L1 that fails; blocks keep their origin meanwhile, as long as the drift allows. */
  readonly onError: (error: Error) => void;
}

/** A block is not put off for longer than this because L1 answers late, milliseconds. */
const PATIENCE = 500;

/**
 * Says how the sequencer's next block begins: its L1 origin, and everything that follows from it by the code that
 * derivation uses. The origin advances as soon as L2's time has reached the next L1 block. Blocks whose batches would come
 * too late hold no transactions: they are the blocks that derivation makes without batches.
 */
export class BlockPlanner {
  readonly #config: RollupConfig;
  readonly #l1: L1Source;
  readonly #options: PlannerOptions;
  #current: L1Block | undefined;
  #next: L1Block | undefined;
  /** Number of L1's newest block. */
  #head = 0n;
  #asked = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  constructor(config: RollupConfig, l1: L1Source, options: PlannerOptions) {
    this.#config = config;
    this.#l1 = l1;
    this.#options = options;
  }

  /** Reads what the block on `head` may need from L1. Waits only as long as a block can wait. */
  async prepare(head: Block): Promise<void> {
    const parent = describeL2Block(head, this.#config);
    this.#adopt(parent);
    const isKnown = this.#current !== undefined && this.#next !== undefined;
    if (isKnown && performance.now() - this.#asked < this.#options.poll) return;
    this.#looking ??= this.#look(parent)
      .catch((error: Error) => this.#options.onError(error))
      .finally(() => {
        this.#looking = undefined;
      });
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE);
    });
    await Promise.race([this.#looking, patience]);
    clearTimeout(timer);
  }

  /** `undefined` when L1's blocks are not known, or the next origin is overdue and L1 does not have it. */
  readonly opening = (head: Block): BlockOpening | undefined => {
    const parent = describeL2Block(head, this.#config);
    this.#adopt(parent);
    const timestamp = parent.timestamp + this.#config.blockTime;
    const origin = this.#origin(timestamp);
    if (!origin) return undefined;
    const { block, transactions } = payloadAttributes(this.#config, parent, timestamp, origin, []);
    const isForcedOnly = this.#isBeyondDrift(timestamp, origin) || isLate(origin.number, this.#head, this.#config);
    return { attributes: block, forced: transactions, takesTransactions: !isForcedOnly };
  };

  #origin(timestamp: bigint): L1Block | undefined {
    const [current, next] = [this.#current, this.#next];
    if (!current) return undefined;
    if (next && next.timestamp <= timestamp) return next;
    return next || !this.#isBeyondDrift(timestamp, current) ? current : undefined;
  }

  #isBeyondDrift(timestamp: bigint, origin: L1Block): boolean {
    return timestamp > origin.timestamp + this.#config.maxSequencerDrift;
  }

  /** What is known belongs to another origin once the head has moved. */
  #adopt({ origin }: L2Block): void {
    if (this.#current?.hash === origin.hash) return;
    this.#current = this.#next?.hash === origin.hash ? this.#next : undefined;
    this.#next = undefined;
  }

  /** Looks again also for a next block that is known: L1 may have undone it. */
  async #look({ origin }: L2Block): Promise<void> {
    const current = this.#current ?? (await this.#l1.block(origin.hash));
    const head = await this.#l1.head();
    const number = origin.number + 1n;
    const isDeep = head.number >= number + this.#options.confirmations;
    const next = isDeep ? await this.#l1.block(number) : undefined;
    this.#asked = performance.now();
    this.#head = head.number;
    // The head may have moved on while L1 was asked.
    if (this.#current && this.#current.hash !== origin.hash) return;
    this.#current = current;
    this.#next = next?.parentHash === origin.hash ? next : undefined;
  }
}
