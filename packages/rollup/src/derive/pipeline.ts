import { bytesToHex, hexToBytes } from "viem";
import type { RollupConfig } from "../config/rollup-config.ts";
import type { SingularBatch } from "../formats/batch.ts";
import type { L1Ref } from "../formats/l1-block.ts";
import { DerivationModule } from "../wasm/derivation-module.ts";
import { writeConfig, writeL1Ref } from "../wasm/messages.ts";
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

/** The safe chain by number: spans may overlap it. */
export interface SafeChain {
  block(number: bigint): Pick<L2Block, "hash" | "origin"> | undefined;
  /** The sequencer's transactions of a block. */
  sequenced(number: bigint): readonly Uint8Array[];
}

/** Answers of `nextBlock`. */
const NEEDS_L1 = 0;
const BLOCK = 1;
const NEEDS_L2 = 2;

const NO_HASH = new Uint8Array(32);

/**
 * From the batcher's data to blocks, one L1 block after the other, under Holocene's rules: the host of derivation.wasm
 * (`assembly/pipeline`). The same L1 blocks give the same batches.
 */
export class DerivationPipeline {
  readonly #config: RollupConfig;
  readonly #chain: SafeChain;
  readonly #module = new DerivationModule();
  #current: L1Ref | undefined;

  constructor(config: RollupConfig, chain: SafeChain) {
    this.#config = config;
    this.#chain = chain;
  }

  /** The L1 block being read. */
  get origin(): L1Ref | undefined {
    return this.#current;
  }

  reset(): void {
    this.#module.reset();
    this.#current = undefined;
  }

  /** Leaves out the rest of the channel: what it held before turned out to be no valid block. */
  dropChannel(): void {
    this.#module.leaveChannel();
  }

  /** Goes on to the next L1 block. `payloads`: calldata or blobs of the batcher's transactions in it, in order. */
  advance(l1: L1Ref, payloads: readonly Uint8Array[]): void {
    const out = this.#module.message();
    writeL1Ref(out, l1);
    out.list(payloads, (payload) => out.bytes(payload));
    this.#module.tell("readL1Block");
    this.#current = l1;
  }

  /**
   * The block that follows `parent`, the safe head; `undefined` when the next L1 block has to tell.
   *
   * @throws OriginMismatchError
   */
  next(parent: L2Block): SingularBatch | undefined {
    for (;;) {
      const out = this.#module.message();
      writeConfig(out, this.#config);
      out.u64(parent.number).fixed(hexToBytes(parent.hash), 32).u64(parent.timestamp);
      out.u64(parent.origin.number).fixed(hexToBytes(parent.origin.hash), 32);
      const from = this.#module.ask("nextBlock");
      const answer = from.u8();
      if (answer === NEEDS_L1) return undefined;
      if (answer === NEEDS_L2) this.#tell(from.u64());
      else if (answer !== BLOCK) throw new OriginMismatchError();
      else {
        const [timestamp, epochNumber, epochHash] = [from.u64(), from.u64(), bytesToHex(from.fixed(32))];
        const transactions = from.list(() => from.bytes());
        return { kind: "singular", parentHash: parent.hash, timestamp, epochNumber, epochHash, transactions };
      }
    }
  }

  #tell(number: bigint): void {
    const block = this.#chain.block(number);
    const transactions = block ? this.#chain.sequenced(number) : [];
    const out = this.#module.message();
    out.u64(number).u8(block !== undefined);
    out.fixed(block ? hexToBytes(block.hash) : NO_HASH, 32).u64(block?.origin.number ?? 0n);
    out.u32(transactions.length).u32(transactions.reduce((sum, raw) => sum + 4 + raw.length, 0));
    for (const raw of transactions) out.bytes(raw);
    this.#module.tell("tellSafeBlock");
  }
}
