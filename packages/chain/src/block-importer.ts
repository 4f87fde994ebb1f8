import { type BlockAttributes, Execution, type Kernel, KernelError, type StateCommit } from "@hyperion/kernel";
import type { RefusedTransaction } from "./api.ts";
import type { BlockBuilder } from "./block-builder.ts";
import { bytesEqual } from "./byte-key.ts";
import type { ChainEmitter } from "./chain-emitter.ts";
import type { Branch, ChainStore } from "./chain-store.ts";
import { ChainError, InvalidBlockError } from "./errors.ts";
import { blockLogs } from "./located-logs.ts";
import { RlpError } from "./rlp.ts";
import { type StateReaders, withoutState } from "./state-readers.ts";
import { type StoredBlock, sealedBlock, splitBlock } from "./stored-block.ts";

/** Blocks that others made, and which branch is the chain. */
export class BlockImporter {
  readonly #kernel: Kernel;
  readonly #store: ChainStore;
  readonly #readers: StateReaders;
  readonly #builder: BlockBuilder;
  readonly #events: ChainEmitter;

  constructor(kernel: Kernel, store: ChainStore, readers: StateReaders, builder: BlockBuilder, events: ChainEmitter) {
    this.#kernel = kernel;
    this.#store = store;
    this.#readers = readers;
    this.#builder = builder;
    this.#events = events;
  }

  /** As `ChainApi.extendHead`. */
  async extendHead(
    attributes: BlockAttributes,
    transactions: readonly Uint8Array[],
  ): Promise<StoredBlock | RefusedTransaction> {
    this.#builder.requireRunning();
    const parent = this.#store.head;
    await this.#store.backpressure();
    // Whoever asked knows the head of that moment; what joined meanwhile makes way.
    while (!bytesEqual(this.#store.head.hash, parent.hash)) await this.setHead(parent);
    this.#builder.requireRunning();
    this.#builder.abandon();
    try {
      this.#kernel.beginBlock(parent.header, parent.hash, attributes);
      const outcomes = this.#kernel.executeBatch(transactions);
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome.valid) continue;
        this.#builder.reopen();
        return { index, outcome };
      }
      const records = outcomes.flatMap((outcome) => (outcome.valid ? outcome.record : []));
      const sealed = this.#kernel.sealHead();
      return this.#join(sealedBlock({ ...sealed, execution: Execution.of(records) }, this.#kernel));
    } catch (error) {
      this.#builder.reopen();
      throw error;
    }
  }

  /** `fresh`: it was not known before. */
  async import(rlp: Uint8Array): Promise<{ readonly block: StoredBlock; readonly fresh: boolean }> {
    this.#builder.requireRunning();
    await this.#store.backpressure();
    this.#builder.requireRunning();
    const { hash, parentHash } = this.#identify(rlp);
    const known = this.#store.block(hash);
    if (known) return { block: known, fresh: false };
    const parent = this.#store.block(parentHash);
    if (!parent) throw new ChainError("UNKNOWN_BLOCK", "the block's parent is unknown");
    const block = parent === this.#store.head ? this.#extend(rlp, parent) : await this.#addSide(rlp, parent);
    return { block, fresh: true };
  }

  #identify(rlp: Uint8Array): { readonly hash: Uint8Array; readonly parentHash: Uint8Array } {
    try {
      const { header } = splitBlock(rlp);
      return { hash: this.#kernel.keccak256(header), parentHash: this.#kernel.decodeHeader(header).parentHash };
    } catch (error) {
      const malformed =
        error instanceof RlpError || (error instanceof KernelError && error.code === "INVALID_ARGUMENT");
      throw malformed ? new InvalidBlockError("RLP_STRUCTURES_ENCODING", error.shortMessage) : error;
    }
  }

  /** Executes the block on the head's kernel; what the open block held goes back to the pool. */
  #extend(rlp: Uint8Array, parent: StoredBlock): StoredBlock {
    this.#builder.abandon();
    return this.#join(executedBlock(this.#kernel, rlp, parent));
  }

  /** Makes the block that the head's kernel has just executed the head. */
  #join(block: StoredBlock): StoredBlock {
    this.#store.append(block, this.#kernel.commit());
    this.#builder.imported(block);
    this.#forgetMined(block);
    this.#builder.announce([block]);
    return block;
  }

  async #addSide(rlp: Uint8Array, parent: StoredBlock): Promise<StoredBlock> {
    return this.#readers.extend(parent, (kernel) => {
      const block = executedBlock(kernel, rlp, parent);
      this.#store.addSide(block);
      return block;
    });
  }

  /** @throws ChainError UNKNOWN_BLOCK, STATE_UNAVAILABLE (then nothing changed) */
  async setHead(target: StoredBlock): Promise<void> {
    if (target === this.#store.head) return;
    // A branch is executed before anything changes: it may build on a state that dev controls set.
    if (this.#store.isCanonical(target.hash)) this.#switch({ ancestor: target, blocks: [] }, []);
    else await this.#readers.replay(target, (branch, commits) => this.#switch(branch, commits));
  }

  /** In one turn, so that nobody meets the new state with the old kernel. */
  #switch(branch: Branch, commits: readonly StateCommit[]): void {
    const { ancestor, blocks: added } = branch;
    const removed = this.#leave(branch, commits);
    this.#builder.reopen();
    for (const block of added) this.#forgetMined(block);
    this.#builder.reinject(removed.flatMap((block) => block.transactions.map((transaction) => transaction.raw)));
    this.#events.emit("reorg", { removed, added, ancestor });
    for (const block of removed) {
      const logs = blockLogs(block, {}, true);
      if (logs.length > 0) this.#events.emit("logs", logs);
    }
    this.#builder.announce(added);
  }

  #leave(branch: Branch, commits: readonly StateCommit[]): StoredBlock[] {
    try {
      return this.#store.switchHead(branch, commits);
    } catch (error) {
      throw withoutState(error) ?? error;
    }
  }

  #forgetMined(block: StoredBlock): void {
    for (const hash of block.transactionHashes) {
      const entry = this.#builder.pool.entry(hash);
      if (entry) this.#builder.pool.remove(entry);
    }
    this.#builder.pool.dropStale();
  }
}

function executedBlock(kernel: Kernel, rlp: Uint8Array, parent: StoredBlock): StoredBlock {
  const outcome = kernel.executeBlock(rlp, parent.header, parent.hash);
  if (!outcome.valid) throw new InvalidBlockError(outcome.code, outcome.message);
  return sealedBlock(outcome, kernel);
}
