import type { Hex } from "viem";
import type { RollupConfig } from "../config/rollup-config.ts";
import type { SingularBatch } from "../formats/batch.ts";
import type { L1Block, L1Ref } from "../formats/l1-block.ts";
import { type SystemConfig, updatedSystemConfig } from "../formats/system-config.ts";
import type { L1Source } from "./l1-source.ts";
import type { L2Block } from "./l2-block.ts";
import type { L2Engine } from "./l2-engine.ts";
import { depositsOnly, type PayloadAttributes, payloadAttributes } from "./payload-attributes.ts";
import { DerivationPipeline, OriginMismatchError } from "./pipeline.ts";
import { findSafeStart } from "./sync-start.ts";

/** What one step did. `idle`: L1 has nothing new. */
export type DerivationStep = "derived" | "advanced" | "reset" | "idle";

/** A safe block, and the L1 block whose data made it so. */
interface DerivedFrom {
  readonly l2: L2Block;
  readonly l1: L1Ref;
}

/** Deposits made an invalid block: there is nothing left to derive the next block from. */
export class DerivationError extends Error {
  readonly code = "INVALID_DEPOSITS";
  readonly shortMessage: string;

  constructor(reason: string) {
    super(`the deposits of a block do not execute: ${reason}`);
    this.name = "DerivationError";
    this.shortMessage = reason;
  }
}

/** Follows L1 and keeps the chain's safe and finalized heads at what L1 says. Nobody but L1 is believed. */
export class Deriver {
  readonly #config: RollupConfig;
  readonly #l1: L1Source;
  readonly #engine: L2Engine;
  readonly #pipeline: DerivationPipeline;
  /** As of the L1 block being read: whose transactions count as the batcher's. */
  #systemConfig: SystemConfig | undefined;
  #exhausted: L1Ref | undefined;
  /** An unsafe origin that the L1 chain being read has. */
  #checked: Hex | undefined;
  /** Ascending; from the finalized head on. */
  #history: DerivedFrom[] = [];

  constructor(config: RollupConfig, l1: L1Source, engine: L2Engine) {
    this.#config = config;
    this.#l1 = l1;
    this.#engine = engine;
    this.#pipeline = new DerivationPipeline(config, engine);
  }

  /** The newest L1 block from which everything has been derived. */
  get origin(): L1Ref | undefined {
    return this.#exhausted;
  }

  /** Steps until L1 has nothing new. */
  async catchUp(): Promise<void> {
    while ((await this.step()) !== "idle");
  }

  /**
   * Derives the next block, or reads the next L1 block. A failed step may be repeated: nothing was lost.
   *
   * @throws DerivationError, and whatever L1 source and chain throw
   */
  async step(): Promise<DerivationStep> {
    if (!this.#pipeline.origin) return this.#start();
    const safe = this.#engine.safe();
    try {
      const batch = this.#pipeline.next(safe);
      return batch ? await this.#derive(batch, safe) : await this.#advance();
    } catch (error) {
      if (!(error instanceof OriginMismatchError)) throw error;
      return this.#reset();
    }
  }

  async #derive(batch: SingularBatch, safe: L2Block): Promise<DerivationStep> {
    const origin = await this.#l1.block(batch.epochHash);
    if (!origin) return this.#reset();
    const attributes = payloadAttributes(this.#config, safe, batch.timestamp, origin, batch.transactions);
    const block = this.#consolidated(safe, attributes) ?? (await this.#build(attributes));
    this.#engine.setSafe(block.hash);
    this.#history.push({ l2: block, l1: this.#pipeline.origin! });
    return "derived";
  }

  /** The unsafe block at this height, when it is the one. */
  #consolidated(safe: L2Block, attributes: PayloadAttributes): L2Block | undefined {
    const number = safe.number + 1n;
    return this.#engine.matches(number, attributes) ? this.#engine.block(number) : undefined;
  }

  async #build(attributes: PayloadAttributes): Promise<L2Block> {
    const outcome = await this.#engine.build(attributes);
    if (outcome.valid) return outcome.block;
    this.#pipeline.dropChannel();
    const forced = depositsOnly(attributes);
    const replaced = this.#consolidated(this.#engine.safe(), forced);
    if (replaced) return replaced;
    const replacement = await this.#engine.build(forced);
    if (!replacement.valid) throw new DerivationError(replacement.reason);
    return replacement.block;
  }

  async #advance(): Promise<DerivationStep> {
    const current = this.#pipeline.origin!;
    this.#exhausted = current;
    const next = await this.#l1.block(current.number + 1n);
    if (!next) return (await this.#isUndone(current)) ? this.#reset() : "idle";
    if (next.parentHash !== current.hash) return this.#reset();
    await this.#read(next, this.#systemConfig!);
    await this.#finalize();
    return "advanced";
  }

  /** Whether L1 left the block read last, or the origin of the unsafe head, as an L1 does that lost blocks. */
  async #isUndone(current: L1Ref): Promise<boolean> {
    if (!(await this.#isCanonical(current))) return true;
    const { origin } = this.#engine.unsafe();
    if (origin.hash === this.#checked || origin.number > current.number) return false;
    const known = origin.number === current.number ? current : await this.#l1.block(origin.number);
    if (known?.hash !== origin.hash) return true;
    this.#checked = origin.hash;
    return false;
  }

  async #read(block: L1Block, before: SystemConfig): Promise<void> {
    const { batchInbox, systemConfigAddress } = this.#config;
    const systemConfig = updatedSystemConfig(before, block.logs, systemConfigAddress);
    const payloads = await this.#l1.payloads(block, batchInbox, systemConfig.batcher);
    this.#systemConfig = systemConfig;
    this.#pipeline.advance(block, payloads);
  }

  async #isCanonical(ref: L1Ref): Promise<boolean> {
    return (await this.#l1.block(ref.number))?.hash === ref.hash;
  }

  /** L1 undid blocks: back to the last safe block that what is left of it still gives. */
  async #reset(): Promise<DerivationStep> {
    this.#pipeline.reset();
    this.#exhausted = undefined;
    this.#checked = undefined;
    while (this.#history.length > 0 && !(await this.#isCanonical(this.#history.at(-1)!.l1))) this.#history.pop();
    await this.#start();
    return "reset";
  }

  /** Begins to read early enough that every channel that is still open is seen from its first frame. */
  async #start(): Promise<DerivationStep> {
    const known = this.#history.at(-1)?.l2;
    const start = await findSafeStart(this.#config, this.#l1, this.#engine, known);
    if (!start) return "idle";
    const { safe, base, origin } = start;
    if (this.#engine.safe().hash !== safe.hash) this.#engine.setSafe(safe.hash);
    await this.#dropForeignUnsafe(safe);
    await this.#read(origin, base.systemConfig);
    return "advanced";
  }

  /** Unsafe blocks stay only while their L1 origins are canonical, or not known yet. */
  async #dropForeignUnsafe(safe: L2Block): Promise<void> {
    const head = await this.#l1.head();
    let good = safe;
    for (let number = safe.number + 1n; number <= this.#engine.unsafe().number; number++) {
      const block = this.#engine.block(number)!;
      const isKnown = block.origin.number <= head.number;
      if (isKnown && block.origin.hash !== good.origin.hash) {
        if ((await this.#l1.block(block.origin.number))?.hash !== block.origin.hash) break;
      }
      good = block;
    }
    if (good.hash !== this.#engine.unsafe().hash) await this.#engine.setUnsafe(good.hash);
  }

  /** A safe block is final when the L1 data that it came from is. */
  async #finalize(): Promise<void> {
    const l1 = await this.#l1.finalized();
    if (!l1) return;
    const last = this.#history.findLastIndex((entry) => entry.l1.number <= l1.number);
    if (last < 0) return;
    const { l2 } = this.#history[last]!;
    if (l2.number > this.#engine.finalized().number) this.#engine.setFinalized(l2.hash);
    this.#history.splice(0, last);
  }
}
