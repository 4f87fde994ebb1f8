import type { ChainConfig, PreimageOracle } from "@hyperion/kernel";
import { type BlockAttributes, type Header, Kernel, KernelError, type Tracer } from "@hyperion/kernel";
import type { BlockOverrides, BlockTracer, SessionOptions, StateSession } from "./api.ts";
import { byteKey } from "./byte-key.ts";
import type { ChainStore } from "./chain-store.ts";
import { ChainError } from "./errors.ts";
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
    const key = this.#key(start, options.blockOverrides);
    const reader = await this.#acquire(key, options.tracer !== undefined);
    return this.#run(reader, () => {
      this.#prepare(reader, key, start, options.blockOverrides);
      const { header, checkpoint } = reader.prepared!;
      const session = new ReaderSession(reader, this.#store, start.block, header);
      for (const [address, override] of options.overrides ?? []) reader.kernel.override(address, override);
      reader.relay?.watch(options.tracer);
      try {
        const result = work(session);
        if (session.left || key === undefined) reader.prepared = undefined;
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
    this.#run(reader, () => {
      this.#open(reader, parent);
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
    return this.#run(reader, () => {
      this.#open(reader, block);
      return work(reader.kernel);
    });
  }

  #prepare(reader: Reader, key: string | undefined, start: SessionStart, overrides: BlockOverrides | undefined): void {
    if (key !== undefined && reader.prepared?.key === key) return;
    this.#open(reader, start.block);
    const header = start.pending
      ? this.#replay(reader, start.block, start.pending, overrides)
      : enterBlock(reader.kernel, start.block, this.#store.parent(start.block), overrides);
    reader.prepared = { key: key ?? "", header, checkpoint: reader.kernel.checkpoint() };
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

  #open(reader: Reader, block: StoredBlock): void {
    reader.prepared = undefined;
    reader.oracle.tip = block;
    reader.kernel.open(this.#store.stateRoot(block));
  }

  /** Only plain environments of sealed blocks are worth keeping. */
  #key(start: SessionStart, overrides: BlockOverrides | undefined): string | undefined {
    if (start.pending || (overrides && Object.keys(overrides).length > 0)) return undefined;
    return byteKey(start.block.hash) + byteKey(this.#store.stateRoot(start.block));
  }

  async #acquire(key: string | undefined, tracing: boolean): Promise<Reader> {
    const readers = tracing ? this.#tracing : this.#plain;
    const limit = tracing ? 1 : this.#limit;
    const index = readers.findIndex((reader) => key !== undefined && reader.prepared?.key === key);
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
      ...(relay ? { tracer: relay } : {}),
    });
    return { kernel, oracle, relay, prepared: undefined };
  }

  #run<T>(reader: Reader, work: () => T): T {
    try {
      return work();
    } catch (error) {
      reader.prepared = undefined;
      if (error instanceof KernelError && error.code === "MISSING_PREIMAGE") {
        throw new ChainError("STATE_UNAVAILABLE", "the state of that block is not available", { cause: error });
      }
      throw error;
    }
  }
}

/** Preimages from the database; ancestors of the block the reader stands on, and of a simulated chain above it. */
class ReaderOracle implements PreimageOracle {
  readonly #store: ChainStore;
  readonly #simulated = new Map<bigint, Uint8Array>();
  tip: StoredBlock | undefined;

  constructor(store: ChainStore) {
    this.#store = store;
  }

  preimage(hash: Uint8Array): Uint8Array | undefined {
    return this.#store.preimages.get(hash);
  }

  blockHash(number: bigint): Uint8Array | undefined {
    return this.#simulated.get(number) ?? (this.tip && this.#store.ancestorHash(this.tip, number));
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
  readonly #store: ChainStore;
  readonly #block: StoredBlock;
  /** The session opened blocks of its own, so the prepared environment is gone. */
  left = false;

  constructor(reader: Reader, store: ChainStore, block: StoredBlock, header: Header) {
    this.kernel = reader.kernel;
    this.header = header;
    this.#reader = reader;
    this.#store = store;
    this.#block = block;
  }

  beginChild(attributes: Partial<BlockAttributes>): Header {
    this.left = true;
    this.kernel.open(this.#store.stateRoot(this.#block));
    return this.beginOn(this.#block.header, this.#block.hash, attributes);
  }

  beginOn(parent: Header, parentHash: Uint8Array, attributes: Partial<BlockAttributes>): Header {
    this.left = true;
    this.#reader.oracle.simulate(parent.number, parentHash);
    return this.kernel.beginBlock(parent, parentHash, { ...childDefaults(parent), ...attributes });
  }

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
