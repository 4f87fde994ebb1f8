import type { BlockAttributes, ChainConfig, CodeCompiler, Header, StateCommit } from "@hyperion/kernel";
import { Kernel, KernelError } from "@hyperion/kernel";
import { DatabaseError, type StateView } from "@hyperion/metisdb";
import type { BlockOverrides, BlockTracer, SessionOptions, StateSession } from "./api.ts";
import { attributesOf, enterBlock, overridden } from "./block-environment.ts";
import { byteKey } from "./byte-key.ts";
import type { Branch, ChainStore } from "./chain-store.ts";
import { ChainError, InvalidBlockError } from "./errors.ts";
import { type Executable, executeEntry, recorded } from "./execute-entry.ts";
import { commitState, ReaderOracle, ReaderSession, type StateReader, TracerRelay } from "./state-reader.ts";
import type { StoredBlock } from "./stored-block.ts";

export interface ReaderOptions {
  /** Kernels kept for reading, each at one state. Default 4. */
  readonly readers?: number;
  /** Bytes of cache per reading kernel. Default 64 MiB. */
  readonly readerCacheBytes?: number;
  /** Who compiles code that runs often; without one all code is interpreted. */
  readonly compiler?: CodeCompiler;
}

/** Where a session starts: the state after `block`, in the environment of `block` or of an open block on it. */
export interface SessionStart {
  readonly block: StoredBlock;
  readonly pending?: { readonly attributes: BlockAttributes; readonly entries: readonly Executable[] };
}

/** The state after a block: that of its newest canonical ancestor, and the blocks between. */
interface Place {
  readonly key: string;
  readonly block: StoredBlock;
  readonly branch: Branch;
  readonly view: StateView;
}

/**
 * Kernels for everything that must not disturb the head's: past states, simulations, tracing. The last few states stay
 * open, so that repeated calls on one block find warm caches.
 */
export class StateReaders {
  readonly #config: ChainConfig;
  readonly #store: ChainStore;
  readonly #limit: number;
  readonly #cacheBytes: number;
  readonly #compiler: CodeCompiler | undefined;
  /** Least recently used first. */
  readonly #plain: StateReader[] = [];
  readonly #tracing: StateReader[] = [];

  constructor(config: ChainConfig, store: ChainStore, options: ReaderOptions = {}) {
    this.#config = config;
    this.#store = store;
    this.#limit = options.readers ?? 4;
    this.#cacheBytes = options.readerCacheBytes ?? 64 * 1024 * 1024;
    this.#compiler = options.compiler;
  }

  /**
   * Runs `work` with a kernel at a state; its effects are discarded.
   *
   * @throws ChainError STATE_UNAVAILABLE when the database no longer holds the state
   */
  async session<T>(start: SessionStart, options: SessionOptions, work: (session: StateSession) => T): Promise<T> {
    const keep = isPlain(start, options.blockOverrides);
    const reader = await this.#acquire(keep ? start.block : undefined, options.tracer !== undefined);
    return this.#at(reader, start.block, (place) => {
      this.#prepare(reader, place, start, options.blockOverrides);
      const { header, checkpoint } = reader.prepared!;
      const session = new ReaderSession(reader, start.block, header, () => this.#open(reader, place));
      for (const [address, override] of options.overrides ?? []) reader.kernel.override(address, override);
      reader.relay?.watch(options.tracer);
      try {
        const result = work(session);
        if (session.left || !keep) reader.prepared = undefined;
        else reader.kernel.rollback(checkpoint);
        return result;
      } finally {
        reader.relay?.watch(undefined);
        reader.oracle.forgetSimulated();
      }
    });
  }

  /** Executes a block again on its parent's state under a tracer. */
  async trace(block: StoredBlock, parent: StoredBlock, tracer: BlockTracer, until?: number): Promise<void> {
    const reader = await this.#acquire(undefined, true);
    this.#at(reader, parent, (place) => {
      this.#open(reader, place);
      const { kernel, relay } = reader;
      kernel.beginBlock(parent.header, parent.hash, attributesOf(block));
      const last = until ?? block.transactionCount - 1;
      for (let index = 0; index <= last; index++) {
        const transaction = block.transactions[index]!;
        if (until !== undefined && index < until) {
          executeEntry(kernel, recorded(transaction));
          continue;
        }
        tracer.begin?.(transaction, index, kernel, block.header);
        relay?.watch(tracer.tracer);
        const outcome = executeEntry(kernel, recorded(transaction));
        relay?.watch(undefined);
        tracer.end?.(transaction, index, outcome, kernel);
      }
    });
  }

  /** Runs `work` with a kernel opened at the state after a block, no block open. */
  async bare<T>(block: StoredBlock, work: (kernel: Kernel) => T): Promise<T> {
    const reader = await this.#acquire(undefined, false);
    return this.#at(reader, block, (place) => {
      this.#open(reader, place);
      return work(reader.kernel);
    });
  }

  /** Like `bare` for work that executes a block, which is likely to be the parent of the next. */
  async extend(parent: StoredBlock, work: (kernel: Kernel) => StoredBlock): Promise<StoredBlock> {
    const reader = await this.#acquire(parent, false);
    return this.#at(reader, parent, (place) => {
      this.#open(reader, place);
      const block = work(reader.kernel);
      commitState(reader);
      reader.stands = placeKey(block, place.branch, place.view);
      return block;
    });
  }

  /** Executes the branch that ends with a block, on its canonical ancestor's state. */
  async replay<T>(target: StoredBlock, work: (branch: Branch, commits: readonly StateCommit[]) => T): Promise<T> {
    const reader = await this.#acquire(undefined, false);
    return this.#at(reader, target, (place) => {
      reader.stands = undefined;
      return work(place.branch, this.#open(reader, place));
    });
  }

  #prepare(reader: StateReader, place: Place, start: SessionStart, overrides: BlockOverrides | undefined): void {
    if (isPlain(start, overrides) && reader.prepared?.key === place.key) return;
    this.#open(reader, place);
    const header = start.pending
      ? this.#replay(reader, start.block, start.pending, overrides)
      : enterBlock(reader.kernel, start.block, this.#store.parent(start.block), overrides);
    reader.prepared = { key: place.key, header, checkpoint: reader.kernel.checkpoint() };
  }

  #replay(
    { kernel }: StateReader,
    block: StoredBlock,
    { attributes, entries }: NonNullable<SessionStart["pending"]>,
    overrides: BlockOverrides | undefined,
  ): Header {
    const header = kernel.beginBlock(block.header, block.hash, overridden(attributes, overrides));
    for (const entry of entries) executeEntry(kernel, entry);
    return header;
  }

  /** Brings the kernel to a state. Returns what the blocks that it executed for that changed, from the oldest. */
  #open(reader: StateReader, { key, block, branch, view }: Place): StateCommit[] {
    const stands = reader.stands === key;
    reader.prepared = undefined;
    reader.stands = undefined;
    const commits: StateCommit[] = [];
    if (!stands) {
      reader.oracle.committed.clear();
      reader.kernel.open(view.root);
      let parent = branch.ancestor;
      for (const next of branch.blocks) {
        reader.oracle.tip = parent;
        executeAgain(reader.kernel, next, parent);
        commits.push(commitState(reader));
        parent = next;
      }
    }
    reader.oracle.tip = block;
    return commits;
  }

  async #acquire(block: StoredBlock | undefined, tracing: boolean): Promise<StateReader> {
    const readers = tracing ? this.#tracing : this.#plain;
    const limit = tracing ? 1 : this.#limit;
    const hash = block && byteKey(block.hash);
    const index = readers.findIndex(
      ({ prepared, stands }) => hash !== undefined && (prepared?.key ?? stands)?.startsWith(hash),
    );
    const reader =
      index >= 0
        ? readers.splice(index, 1)[0]!
        : readers.length < limit
          ? await this.#create(tracing)
          : readers.shift()!;
    readers.push(reader);
    return reader;
  }

  async #create(tracing: boolean): Promise<StateReader> {
    const oracle = new ReaderOracle(this.#store);
    const relay = tracing ? new TracerRelay() : undefined;
    const kernel = await Kernel.create({
      config: this.#config,
      oracle,
      cacheBytes: this.#cacheBytes,
      commitForm: "both",
      ...(relay ? { tracer: relay } : {}),
      ...(this.#compiler && { compiler: this.#compiler }),
    });
    return { kernel, oracle, relay, prepared: undefined, stands: undefined };
  }

  /** Holds a version of the database while a reader works, and no longer: old versions keep their pages. */
  #at<T>(reader: StateReader, block: StoredBlock, work: (place: Place) => T): T {
    try {
      const branch = this.#store.branchTo(block);
      const view = this.#store.database.view(branch.ancestor.header.number);
      reader.oracle.view = view;
      try {
        return work({ key: placeKey(block, branch, view), block, branch, view });
      } finally {
        reader.oracle.view = undefined;
        view.release();
      }
    } catch (error) {
      reader.prepared = undefined;
      reader.stands = undefined;
      throw withoutState(error) ?? error;
    }
  }
}

/** The error of a state that is not there any more; `undefined` for other errors. */
export function withoutState(error: unknown): ChainError | undefined {
  const pruned = error instanceof DatabaseError && (error.code === "HEIGHT_PRUNED" || error.code === "HEIGHT_UNKNOWN");
  if (pruned) return new ChainError("STATE_UNAVAILABLE", error.shortMessage, { cause: error });
  if (error instanceof KernelError && error.code === "MISSING_PREIMAGE") {
    return new ChainError("STATE_UNAVAILABLE", "the state of that block is not available", { cause: error });
  }
  return undefined;
}

/** Begins with the block's hash. Another ancestor or root means another state below the same block. */
function placeKey(block: StoredBlock, { ancestor }: Branch, { root }: StateView): string {
  return byteKey(block.hash) + byteKey(ancestor.hash) + byteKey(root);
}

/** Only plain environments of sealed blocks are worth keeping. */
function isPlain(start: SessionStart, overrides: BlockOverrides | undefined): boolean {
  return !start.pending && (!overrides || Object.keys(overrides).length === 0);
}

function executeAgain(kernel: Kernel, block: StoredBlock, parent: StoredBlock): void {
  const outcome = kernel.executeBlock(block.rlp, parent.header, parent.hash);
  if (outcome.valid) return;
  const cause = new InvalidBlockError(outcome.code, outcome.message);
  throw new ChainError("STATE_UNAVAILABLE", "the state of that branch was changed by hand and is gone", { cause });
}
