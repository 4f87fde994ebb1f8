import type { BlockAttributes, Header, Kernel, PreimageOracle, StateCommit, Tracer } from "@hyperion/kernel";
import type { StateView } from "@hyperion/metisdb";
import type { StateSession } from "./api.ts";
import { childDefaults } from "./block-environment.ts";
import { byteKey } from "./byte-key.ts";
import type { ChainStore } from "./chain-store.ts";
import type { StoredBlock } from "./stored-block.ts";

/** A kernel for states other than the head's. */
export interface StateReader {
  readonly kernel: Kernel;
  readonly oracle: ReaderOracle;
  readonly relay: TracerRelay | undefined;
  /** What the kernel is prepared for; `undefined` when it must be prepared anew. */
  prepared: { readonly key: string; readonly header: Header; readonly checkpoint: number } | undefined;
  /** Key of the state that the kernel has while nothing was executed on it. */
  stands: string | undefined;
}

/** What a reader commits goes nowhere but into its own memory. */
export function commitState({ kernel, oracle }: StateReader): StateCommit {
  const commit = kernel.commit();
  for (const [hash, bytes] of commit.preimages) oracle.committed.set(byteKey(hash), bytes);
  return commit;
}

/**
 * A version of the database, and what was committed on top of it; ancestors of the block the reader stands on, and of a
 * simulated chain above it.
 */
export class ReaderOracle implements PreimageOracle {
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
export class TracerRelay implements Tracer {
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

/** What a reader lets its user do at the state where it stands. */
export class ReaderSession implements StateSession {
  readonly kernel: Kernel;
  readonly header: Header;
  readonly #reader: StateReader;
  readonly #block: StoredBlock;
  readonly #reopen: () => void;
  /** The session opened blocks of its own, so the prepared environment is gone. */
  left = false;

  constructor(reader: StateReader, block: StoredBlock, header: Header, reopen: () => void) {
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
