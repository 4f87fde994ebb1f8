import type { ChainConfig, PreimageOracle, StateCommit } from "@hyperion/kernel";
import { type BlockAttributes, type Header, Kernel, KernelError, type Tracer } from "@hyperion/kernel";
import { DatabaseError, type StateView } from "@hyperion/metisdb";
import type { BlockOverrides, BlockTracer, SessionOptions, StateSession } from "./api.ts";
import { byteKey } from "./byte-key.ts";
import type { Branch, ChainStore } from "./chain-store.ts";
import { ChainError, InvalidBlockError } from "./errors.ts";
import { type Executable, executeEntry, recorded } from "./execute-entry.ts";
import type { StoredBlock } from "./stored-block.ts";

export interface ReaderOptions {
  /** Kernels kept for reading, each at one state. Default 4. */
  readonly readers?: number;
  /** Bytes of cache per reading kernel. Default 64 MiB. */
  readonly readerCacheBytes?: number;
}

/** Where a session starts: the state after `block`, in the environment of `block` or of an open block on it. */
export interface SessionStart {
  readonly block: StoredBlock;
  readonly pending?: { readonly attributes: BlockAttributes; readonly entries: readonly Executable[] };
}

interface Reader {
  readonly kernel: Kernel;
  readonly oracle: ReaderOracle;
  readonly relay: TracerRelay | undefined;
  /** What the kernel is prepared for; `undefined` when it must be prepared anew. */
  prepared: { readonly key: string; readonly header: Header; readonly checkpoint: number } | undefined;
  /** Key of the state that the kernel has while nothing was executed on it. */
  stands: string | undefined;
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
  /** Least recently used first. */
  readonly #plain: Reader[] = [];
  readonly #tracing: Reader[] = [];

  constructor(config: ChainConfig, store: ChainStore, options: ReaderOptions = {}) {
    this.#config = config;
    this.#store = store;
    this.#limit = options.readers ?? 4;
    this.#cacheBytes = options.readerCacheBytes ?? 64 * 1024 * 1024;
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

  #prepare(reader: Reader, place: Place, start: SessionStart, overrides: BlockOverrides | undefined): void {
    if (isPlain(start, overrides) && reader.prepared?.key === place.key) return;
    this.#open(reader, place);
    const header = start.pending
      ? this.#replay(reader, start.block, start.pending, overrides)
      : enterBlock(reader.kernel, start.block, this.#store.parent(start.block), overrides);
    reader.prepared = { key: place.key, header, checkpoint: reader.kernel.checkpoint() };
  }

  #replay(
    { kernel }: Reader,
    block: StoredBlock,
    { attributes, entries }: NonNullable<SessionStart["pending"]>,
    overrides: BlockOverrides | undefined,
  ): Header {
    const header = kernel.beginBlock(block.header, block.hash, overridden(attributes, overrides));
    for (const entry of entries) executeEntry(kernel, entry);
    return header;
  }

  /** Brings the kernel to a state. Returns what the blocks that it executed for that changed, from the oldest. */
  #open(reader: Reader, { key, block, branch, view }: Place): StateCommit[] {
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

  async #acquire(block: StoredBlock | undefined, tracing: boolean): Promise<Reader> {
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

  async #create(tracing: boolean): Promise<Reader> {
    const oracle = new ReaderOracle(this.#store);
    const relay = tracing ? new TracerRelay() : undefined;
    const kernel = await Kernel.create({
      config: this.#config,
      oracle,
      cacheBytes: this.#cacheBytes,
      commitForm: "both",
      ...(relay ? { tracer: relay } : {}),
    });
    return { kernel, oracle, relay, prepared: undefined, stands: undefined };
  }

  /** Holds a version of the database while a reader works, and no longer: old versions keep their pages. */
  #at<T>(reader: Reader, block: StoredBlock, work: (place: Place) => T): T {
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

/** What a reader commits goes nowhere but into its own memory. */
function commitState({ kernel, oracle }: Reader): StateCommit {
  const commit = kernel.commit();
  for (const [hash, bytes] of commit.preimages) oracle.committed.set(byteKey(hash), bytes);
  return commit;
}

/**
 * A version of the database, and what was committed on top of it; ancestors of the block the reader stands on, and of a
 * simulated chain above it.
 */
class ReaderOracle implements PreimageOracle {
  readonly #store: ChainStore;
  readonly #simulated = new Map<bigint, Uint8Array>();
  /** Nodes and code by hash. */
  readonly committed: Map<string, Uint8Array> = new Map();
  view: StateView | undefined;
  tip: StoredBlock | undefined;

  constructor(store: ChainStore) {
    this.#store = store;
  }

  account(accountHash: Uint8Array): Uint8Array | undefined | null {
    return this.#flat ? this.#flat.account(accountHash) : null;
  }

  slot(accountHash: Uint8Array, slotHash: Uint8Array): Uint8Array | undefined | null {
    return this.#flat ? this.#flat.slot(accountHash, slotHash) : null;
  }

  node(owner: Uint8Array, path: Uint8Array, hash: Uint8Array, key: Uint8Array): Uint8Array | undefined {
    const committed = this.committed.size > 0 ? this.committed.get(byteKey(hash)) : undefined;
    return committed ?? this.view?.node(owner, path, { hash, key });
  }

  preimage(hash: Uint8Array): Uint8Array | undefined {
    return this.committed.get(byteKey(hash)) ?? this.#store.preimages.get(hash);
  }

  blockHash(number: bigint): Uint8Array | undefined {
    return this.#simulated.get(number) ?? (this.tip && this.#store.ancestorHash(this.tip, number));
  }

  /** The flat entries of the version are not those of the state once something was committed on it. */
  get #flat(): StateView | undefined {
    return this.committed.size === 0 ? this.view : undefined;
  }

  simulate(number: bigint, hash: Uint8Array): void {
    this.#simulated.set(number, hash);
  }

  forgetSimulated(): void {
    this.#simulated.clear();
  }
}

/** A kernel's tracer is fixed at its creation; this one passes on to whoever watches now. */
class TracerRelay implements Tracer {
  #target: Tracer | undefined;

  watch(target: Tracer | undefined): void {
    this.#target = target;
  }

  onStep(step: Parameters<NonNullable<Tracer["onStep"]>>[0]): void {
    this.#target?.onStep?.(step);
  }

  onEnter(enter: Parameters<NonNullable<Tracer["onEnter"]>>[0]): void {
    this.#target?.onEnter?.(enter);
  }

  onExit(exit: Parameters<NonNullable<Tracer["onExit"]>>[0]): void {
    this.#target?.onExit?.(exit);
  }

  onLog(log: Parameters<NonNullable<Tracer["onLog"]>>[0]): void {
    this.#target?.onLog?.(log);
  }
}

class ReaderSession implements StateSession {
  readonly kernel: Kernel;
  readonly header: Header;
  readonly #reader: Reader;
  readonly #block: StoredBlock;
  readonly #reopen: () => void;
  /** The session opened blocks of its own, so the prepared environment is gone. */
  left = false;

  constructor(reader: Reader, block: StoredBlock, header: Header, reopen: () => void) {
    this.kernel = reader.kernel;
    this.header = header;
    this.#reader = reader;
    this.#block = block;
    this.#reopen = reopen;
  }

  beginChild(attributes: Partial<BlockAttributes>): Header {
    this.left = true;
    this.#reopen();
    return this.beginOn(this.#block.header, this.#block.hash, attributes);
  }

  beginOn(parent: Header, parentHash: Uint8Array, attributes: Partial<BlockAttributes>): Header {
    this.left = true;
    this.#reader.oracle.simulate(parent.number, parentHash);
    return this.kernel.beginBlock(parent, parentHash, { ...childDefaults(parent), ...attributes });
  }

  readonly hashState = (): void => {
    this.left = true;
    commitState(this.#reader);
  };

  setBlockHash(number: bigint, hash: Uint8Array): void {
    this.#reader.oracle.simulate(number, hash);
  }

  scratch<T>(work: () => T): T {
    const checkpoint = this.kernel.checkpoint();
    try {
      return work();
    } finally {
      this.kernel.rollback(checkpoint);
    }
  }
}

/**
 * Opens a block like `block` itself on the state after it. Its system calls are not repeated: their effects are part of
 * the state already.
 */
function enterBlock(
  kernel: Kernel,
  block: StoredBlock,
  parent: StoredBlock | undefined,
  overrides: BlockOverrides | undefined,
): Header {
  const { header } = block;
  const own = {
    number: header.number,
    difficulty: header.difficulty,
    ...(header.baseFeePerGas === undefined ? {} : { baseFeePerGas: header.baseFeePerGas }),
    ...(header.excessBlobGas === undefined ? {} : { excessBlobGas: header.excessBlobGas }),
  };
  const attributes = overridden({ ...attributesOf(block), overrides: own }, overrides);
  const base = parent ?? block;
  return kernel.beginBlock(base.header, base.hash, attributes, false);
}

/** What the builder of a sealed block chose. */
function attributesOf(block: StoredBlock): BlockAttributes {
  const { header, withdrawals } = block;
  return {
    timestamp: header.timestamp,
    coinbase: header.coinbase,
    gasLimit: header.gasLimit,
    prevRandao: header.mixHash,
    extraData: header.extraData,
    ...(header.parentBeaconBlockRoot ? { parentBeaconBlockRoot: header.parentBeaconBlockRoot } : {}),
    ...(withdrawals ? { withdrawals } : {}),
    overrides: {
      difficulty: header.difficulty,
      // Dev chains may set the base fee of a block by hand.
      ...(header.baseFeePerGas === undefined ? {} : { baseFeePerGas: header.baseFeePerGas }),
    },
  };
}

function overridden(attributes: BlockAttributes, overrides: BlockOverrides = {}): BlockAttributes {
  const { number, baseFeePerGas, excessBlobGas, blobBaseFee, difficulty, ...direct } = overrides;
  const derived = Object.entries({ number, baseFeePerGas, excessBlobGas, blobBaseFee, difficulty });
  return {
    ...attributes,
    ...direct,
    overrides: {
      ...attributes.overrides,
      ...Object.fromEntries(derived.filter(([, value]) => value !== undefined)),
    },
  };
}

function childDefaults(parent: Header): BlockAttributes {
  return {
    timestamp: parent.timestamp + 1n,
    coinbase: parent.coinbase,
    gasLimit: parent.gasLimit,
    prevRandao: new Uint8Array(32),
    ...(parent.parentBeaconBlockRoot ? { parentBeaconBlockRoot: new Uint8Array(32) } : {}),
    ...(parent.withdrawalsRoot ? { withdrawals: [] } : {}),
  };
}
