import type { ChainConfig, StateCommit } from "@hyperion/kernel";
import type { Database, DatabaseChange, StateUpdate } from "@hyperion/metisdb";
import type { BlockRef } from "./api.ts";
import { byteKey, bytesEqual } from "./byte-key.ts";
import { ChainError } from "./errors.ts";
import { LruCache } from "./lru-cache.ts";
import type { Preimages } from "./preimages.ts";
import { type HeaderCodec, StoredBlock } from "./stored-block.ts";

/** Encoded bytes of the blocks kept decoded in memory. */
const CACHE_WEIGHT = 32 * 1024 * 1024;
const BLOCKHASH_WINDOW = 256n;
/** Changes by which the database may lag behind before block production waits for it. */
const MAX_WRITES_IN_FLIGHT = 8;

/** Names of the pointers into the canonical chain. */
export const POINTERS = { head: "head", safe: "safe", finalized: "finalized" } as const;

const META = {
  genesis: "genesis",
  chainId: "chain-id",
  model: "default-model",
  ...POINTERS,
} as const;

/** From the canonical chain to a block beside it. */
export interface Branch {
  /** The newest canonical block that the branch descends from. */
  readonly ancestor: StoredBlock;
  /** Oldest first; empty for a canonical block. */
  readonly blocks: readonly StoredBlock[];
}

/** The blocks of the database, decoded and cached, and the pointers into the canonical chain. */
export class ChainStore {
  readonly database: Database;
  readonly codec: HeaderCodec;
  readonly preimages: Preimages;
  readonly #blocks = new LruCache<StoredBlock>(CACHE_WEIGHT);
  #genesis!: StoredBlock;
  #head!: StoredBlock;
  #safe!: StoredBlock;
  #finalized!: StoredBlock;

  constructor(database: Database, preimages: Preimages, codec: HeaderCodec) {
    this.database = database;
    this.preimages = preimages;
    this.codec = codec;
  }

  /**
   * Continues the stored chain, or starts one with the given genesis.
   *
   * @throws ChainError GENESIS_MISMATCH when the database belongs to another chain
   */
  initialise(genesis: StoredBlock, commit: StateCommit, config: ChainConfig): void {
    const identity = identityOf({
      genesis: genesis.hash,
      chainId: config.chainId,
      defaultModel: config.inference?.defaultModel,
    });
    const stored = this.database.meta(META.genesis) !== undefined;
    if (stored) this.#checkIdentity(identity);
    else this.#writeGenesis(genesis, commit, identity);
    this.#genesis = genesis;
    this.#remember(genesis);
    this.#head = this.#pointer(META.head) ?? genesis;
    this.#safe = this.#pointer(META.safe) ?? genesis;
    this.#finalized = this.#pointer(META.finalized) ?? genesis;
  }

  #checkIdentity(identity: readonly IdentityPart[]): void {
    const other = identity.find(({ meta, value }) => {
      const stored = this.database.meta(meta);
      return stored === undefined || !bytesEqual(stored, value);
    });
    if (!other) return;
    throw new ChainError(
      "GENESIS_MISMATCH",
      `${this.database.directory} holds a chain with another ${other.what}: use its configuration or another data directory`,
    );
  }

  #writeGenesis(genesis: StoredBlock, commit: StateCommit, identity: readonly IdentityPart[]): void {
    this.database.append(stateUpdate(genesis, commit), {
      blocks: [genesis.record],
      canonize: [genesis.record],
      meta: [[META.head, genesis.hash], ...identity.map(({ meta, value }) => [meta, value] as const)],
    });
  }

  /** Waits while the database is too far behind. @throws DatabaseError WRITE_FAILED */
  async backpressure(): Promise<void> {
    if (this.database.inFlight >= MAX_WRITES_IN_FLIGHT) await this.database.durable();
    await this.database.backpressure();
  }

  get genesis(): StoredBlock {
    return this.#genesis;
  }

  get head(): StoredBlock {
    return this.#head;
  }

  get safe(): StoredBlock {
    return this.#safe;
  }

  get finalized(): StoredBlock {
    return this.#finalized;
  }

  /** `undefined` for unknown blocks and for "pending". */
  block(ref: BlockRef): StoredBlock | undefined {
    if (ref instanceof Uint8Array) return this.#byHash(ref);
    if (typeof ref === "bigint") return this.#byNumber(ref);
    switch (ref) {
      case "latest":
        return this.#head;
      case "safe":
        return this.#safe;
      case "finalized":
        return this.#finalized;
      case "earliest":
        return this.#genesis;
      case "pending":
        return undefined;
    }
  }

  canonicalHash(number: bigint): Uint8Array | undefined {
    if (number < 0n || number > this.#head.header.number) return undefined;
    if (number === this.#head.header.number) return this.#head.hash;
    return this.database.canonicalHash(number);
  }

  isCanonical(hash: Uint8Array): boolean {
    const number = this.database.blockNumber(hash);
    const canonical = number === undefined ? undefined : this.canonicalHash(number);
    return canonical !== undefined && bytesEqual(canonical, hash);
  }

  parent(block: StoredBlock): StoredBlock | undefined {
    return this.#byHash(block.header.parentHash);
  }

  /** BLOCKHASH for a block that builds on `tip`. */
  ancestorHash(tip: StoredBlock, number: bigint): Uint8Array | undefined {
    const distance = tip.header.number - number;
    if (distance < 0n || distance >= BLOCKHASH_WINDOW) return undefined;
    if (this.isCanonical(tip.hash)) return this.canonicalHash(number);
    let block: StoredBlock | undefined = tip;
    while (block && block.header.number > number) block = this.parent(block);
    return block?.hash;
  }

  /** Root of the head's state: the header's, unless dev controls changed the state since. */
  get headRoot(): Uint8Array {
    return this.database.head.root;
  }

  /** Changes the state of the head without a block. */
  changeHeadState(commit: Pick<StateCommit, "stateRoot" | "changes">, meta: DatabaseChange["meta"]): void {
    this.database.append(stateUpdate(this.#head, commit), meta ? { meta } : {});
  }

  /** Stores a block whose parent is the head, and makes it the head. */
  append(block: StoredBlock, commit: StateCommit): void {
    this.database.append(stateUpdate(block, commit), {
      blocks: [block.record],
      canonize: [block.record],
      meta: [[META.head, block.hash]],
    });
    this.#remember(block);
    this.#head = block;
  }

  /** Stores a block without making it canonical. Its state is not stored: it follows from its branch. */
  addSide(block: StoredBlock): void {
    this.database.write({ blocks: [block.record] });
    this.#remember(block);
  }

  /** @throws ChainError UNKNOWN_BLOCK when an ancestor is not stored */
  branchTo(block: StoredBlock): Branch {
    const blocks: StoredBlock[] = [];
    let ancestor = block;
    for (; !this.isCanonical(ancestor.hash); ancestor = this.#requireParent(ancestor)) blocks.unshift(ancestor);
    return { ancestor, blocks };
  }

  /**
   * Makes the last block of a branch the head.
   *
   * @param commits what each of the branch's blocks changes in the state
   * @returns blocks that left the canonical chain, newest first
   * @throws DatabaseError HEIGHT_PRUNED when the state of the ancestor is gone
   */
  switchHead({ ancestor, blocks }: Branch, commits: readonly StateCommit[]): StoredBlock[] {
    const removed: StoredBlock[] = [];
    for (let old = this.#head; !bytesEqual(old.hash, ancestor.hash); old = this.#requireParent(old)) removed.push(old);
    const safe = this.#notAbove(this.#safe, ancestor);
    const finalized = this.#notAbove(this.#finalized, ancestor);
    const head = blocks.at(-1) ?? ancestor;
    this.database.write({
      rollback: ancestor.header.number,
      states: blocks.map((block, index) => stateUpdate(block, commits[index]!)),
      decanonize: removed.map((block) => block.record),
      canonize: blocks.map((block) => block.record),
      meta: [
        [META.head, head.hash],
        [META.safe, safe.hash],
        [META.finalized, finalized.hash],
        // Executed again, a block leaves the state that its header says.
        ...blocks.map((block) => [devChangesName(block.hash), undefined] as const),
      ],
    });
    this.#head = head;
    this.#safe = safe;
    this.#finalized = finalized;
    return removed;
  }

  setSafe(block: StoredBlock): void {
    this.#safe = block;
    this.database.write({ meta: [[META.safe, block.hash]] });
  }

  setFinalized(block: StoredBlock): void {
    this.#finalized = block;
    this.database.write({ meta: [[META.finalized, block.hash]] });
  }

  #notAbove(block: StoredBlock, ancestor: StoredBlock): StoredBlock {
    return block.header.number > ancestor.header.number ? ancestor : block;
  }

  #requireParent(block: StoredBlock): StoredBlock {
    const parent = block.header.number === 0n ? undefined : this.parent(block);
    if (!parent) throw new ChainError("UNKNOWN_BLOCK", "the block does not descend from this chain's genesis");
    return parent;
  }

  #byNumber(number: bigint): StoredBlock | undefined {
    const hash = this.canonicalHash(number);
    return hash && this.#byHash(hash);
  }

  #byHash(hash: Uint8Array): StoredBlock | undefined {
    if (hash.length !== 32) return undefined;
    const cached = this.#blocks.get(byteKey(hash));
    if (cached) return cached;
    const record = this.database.block(hash);
    if (!record) return undefined;
    const block = new StoredBlock(record, this.codec);
    this.#remember(block);
    return block;
  }

  #remember(block: StoredBlock): void {
    const weight = 1024 + block.record.body.length + block.record.execution.bytes.length;
    this.#blocks.set(byteKey(block.hash), block, weight);
  }

  #pointer(name: string): StoredBlock | undefined {
    const hash = this.database.meta(name);
    return hash && this.#byHash(hash);
  }
}

/** What makes a chain this chain: blocks executed under another of these would give other results. */
interface IdentityPart {
  readonly meta: string;
  readonly what: string;
  readonly value: Uint8Array;
}

export interface ChainIdentity {
  /** Hash of block 0. */
  readonly genesis: Uint8Array;
  readonly chainId: bigint;
  /** Root of the model; `undefined` where there is none. */
  readonly defaultModel: Uint8Array | undefined;
}

export function identityOf({ genesis, chainId, defaultModel }: ChainIdentity): IdentityPart[] {
  return [
    { meta: META.genesis, what: "genesis", value: genesis },
    { meta: META.chainId, what: "chain id", value: Buffer.from(chainId.toString()) },
    { meta: META.model, what: "default model", value: defaultModel ?? new Uint8Array(0) },
  ];
}

function stateUpdate(
  block: StoredBlock,
  { stateRoot, changes }: Pick<StateCommit, "stateRoot" | "changes">,
): StateUpdate {
  return { number: block.header.number, root: stateRoot, change: changes };
}

/** Where the number of changes that dev controls made after a block is kept, and what undoes each. */
export function devChangesName(hash: Uint8Array, index?: number): string {
  return `dev-changes:${Buffer.from(hash).toString("hex")}${index === undefined ? "" : `:${index}`}`;
}
