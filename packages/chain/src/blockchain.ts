import {
  type AccountProof,
  type AccountState,
  type BlockAttributes,
  type CallOptions,
  type CallOutcome,
  type CallRequest,
  type ChainConfig,
  Execution,
  type GenesisBlock,
  type Header,
  Kernel,
  type KernelApi,
  KernelError,
  type PreimageOracle,
  type SealedBlock,
  type StateCommit,
  type Transaction,
  type TransactionOutcome,
} from "@hyperion/kernel";
import type { Database, StateView } from "@hyperion/metisdb";
import type { ScheduledBatch, WorkerPool } from "@hyperion/parallel";
import type {
  BlockRef,
  BlockTracer,
  ChainApi,
  ChainEvents,
  LocatedLog,
  LocatedReceipt,
  LocatedTransaction,
  LogFilter,
  LogQuery,
  PendingBlock,
  SessionOptions,
  StateSession,
} from "./api.ts";
import { BlockBuilder, type BuilderOptions } from "./block-builder.ts";
import { bytesEqual } from "./byte-key.ts";
import { ChainEmitter } from "./chain-emitter.ts";
import { type Branch, ChainStore } from "./chain-store.ts";
import { ChainDevControls } from "./dev-controls.ts";
import { ChainError, InvalidBlockError } from "./errors.ts";
import { blockLogs, locatedLogs } from "./located-logs.ts";
import { queryLogs } from "./log-query.ts";
import { type ModelLookup, Preimages } from "./preimages.ts";
import { ReceiptWaiters } from "./receipt-waiters.ts";
import { RlpError, rlpItem } from "./rlp.ts";
import { type ReaderOptions, type SessionStart, StateReaders, withoutState } from "./state-readers.ts";
import { type StoredBlock, sealedBlock, splitBlock } from "./stored-block.ts";
import type { TransactionPool } from "./transaction-pool.ts";

export interface BlockchainOptions extends BuilderOptions, ReaderOptions {
  readonly config: ChainConfig;
  readonly genesis: GenesisBlock;
  readonly database: Database;
  /** What `config.inference.defaultModel` and other model roots stand for. */
  readonly models?: ModelLookup;
  /** Bytes of cached state in the head's kernel. */
  readonly cacheBytes?: number;
  /** Threads that help to execute blocks; closed with the chain. */
  readonly workers?: WorkerPool;
}

/**
 * Answers the head's kernel; the store that it asks needs that kernel for itself. Until there is one, nothing is known:
 * genesis does not build on the stored state.
 */
class HeadOracle implements PreimageOracle {
  readonly #preimages: Preimages;
  readonly #state: StateView;
  store: ChainStore | undefined;

  constructor(preimages: Preimages, state: StateView) {
    this.#preimages = preimages;
    this.#state = state;
  }

  account(accountHash: Uint8Array): Uint8Array | undefined | null {
    return this.store ? this.#state.account(accountHash) : null;
  }

  slot(accountHash: Uint8Array, slotHash: Uint8Array): Uint8Array | undefined | null {
    return this.store ? this.#state.slot(accountHash, slotHash) : null;
  }

  node(owner: Uint8Array, path: Uint8Array, hash: Uint8Array, key: Uint8Array): Uint8Array | undefined {
    return this.store && this.#state.node(owner, path, { hash, key });
  }

  preimage(hash: Uint8Array): Uint8Array | undefined {
    return this.#preimages.get(hash);
  }

  blockHash(number: bigint): Uint8Array | undefined {
    return this.store?.ancestorHash(this.store.head, number);
  }
}

/** The canonical chain, the open block on it, and every state it remembers. */
export class Blockchain implements ChainApi {
  readonly config: ChainConfig;
  readonly builder: BlockBuilder;
  readonly dev: ChainDevControls;
  readonly #kernel: Kernel;
  readonly #store: ChainStore;
  readonly #events: ChainEmitter;
  readonly #readers: StateReaders;
  readonly #waiters: ReceiptWaiters;
  readonly #workers: WorkerPool | undefined;

  private constructor(options: BlockchainOptions, kernel: Kernel, store: ChainStore) {
    this.config = options.config;
    this.#kernel = kernel;
    this.#workers = options.workers;
    this.#store = store;
    this.#events = new ChainEmitter();
    this.#waiters = new ReceiptWaiters(this.#events);
    this.#readers = new StateReaders(options.config, store, options);
    this.builder = new BlockBuilder(options.config, kernel, store, this.#events, options);
    this.dev = new ChainDevControls(this.builder, store, (hash) => this.setHead(hash));
  }

  /**
   * Opens the chain of a database at its last durable block, or starts it from genesis. The database is closed with the
   * chain.
   *
   * @throws ChainError GENESIS_MISMATCH
   */
  static async open(options: BlockchainOptions): Promise<Blockchain> {
    const { config, database } = options;
    const preimages = new Preimages(database, options.models);
    const oracle = new HeadOracle(preimages, database.head);
    const kernel = await Kernel.create({
      config,
      oracle,
      ...(options.cacheBytes === undefined ? {} : { cacheBytes: options.cacheBytes }),
      ...(options.compiler && { compiler: options.compiler }),
      ...(options.workers ? { workers: options.workers } : {}),
    });
    const store = new ChainStore(database, preimages, kernel);
    const sealed = kernel.genesis(options.genesis);
    store.initialise(sealedBlock(sealed, kernel), kernel.commit(), config);
    oracle.store = store;
    kernel.open(store.headRoot);
    return new Blockchain(options, kernel, store);
  }

  get pool(): TransactionPool {
    return this.builder.pool;
  }

  on<K extends keyof ChainEvents>(event: K, listener: (...args: ChainEvents[K]) => void): void {
    this.#events.on(event, listener as never);
  }

  off<K extends keyof ChainEvents>(event: K, listener: (...args: ChainEvents[K]) => void): void {
    this.#events.off(event, listener as never);
  }

  head(): StoredBlock {
    return this.#store.head;
  }

  safe(): StoredBlock {
    return this.#store.safe;
  }

  finalized(): StoredBlock {
    return this.#store.finalized;
  }

  genesis(): StoredBlock {
    return this.#store.genesis;
  }

  block(ref: BlockRef): StoredBlock | undefined {
    return this.#store.block(ref);
  }

  header(ref: BlockRef): Header | undefined {
    return ref === "pending" ? this.builder.pending().header : this.#store.block(ref)?.header;
  }

  canonicalHash(number: bigint): Uint8Array | undefined {
    return this.#store.canonicalHash(number);
  }

  isCanonical(hash: Uint8Array): boolean {
    return this.#store.isCanonical(hash);
  }

  pending(): PendingBlock {
    return this.builder.pending();
  }

  receipts(ref: BlockRef): readonly LocatedReceipt[] | undefined {
    return ref === "pending" ? this.builder.pending().receipts : this.#store.block(ref)?.receipts;
  }

  transaction(hash: Uint8Array): LocatedTransaction | undefined {
    const pooled = this.pool.get(hash);
    if (pooled) return this.#locatePooled(hash, pooled);
    const location = this.#store.database.transaction(hash);
    return location && this.transactionAt(location.number, location.index);
  }

  #locatePooled(hash: Uint8Array, transaction: Transaction): LocatedTransaction {
    const receipt = this.builder.receipt(hash);
    if (!receipt) return { transaction };
    const { blockNumber, blockTimestamp, index } = receipt;
    return { transaction, blockNumber, blockTimestamp, index, ...baseFeeOf(this.builder.header()) };
  }

  transactionAt(ref: BlockRef, index: number): LocatedTransaction | undefined {
    if (ref === "pending") {
      const transaction = this.builder.pending().transactions[index];
      return transaction && this.#locatePooled(transaction.hash, transaction);
    }
    const block = this.#store.block(ref);
    const transaction = block?.transactions[index];
    if (!block || !transaction) return undefined;
    const { hash: blockHash, header } = block;
    const { number: blockNumber, timestamp: blockTimestamp } = header;
    return { transaction, blockHash, blockNumber, blockTimestamp, index, ...baseFeeOf(header) };
  }

  receipt(hash: Uint8Array, options: { readonly pending?: boolean } = {}): LocatedReceipt | undefined {
    const pending = this.builder.receipt(hash);
    if (pending) return options.pending ? pending : undefined;
    const location = this.#store.database.transaction(hash);
    return location && this.#store.block(location.number)?.receipts[location.index];
  }

  async waitForReceipt(hash: Uint8Array, timeoutMilliseconds: number): Promise<LocatedReceipt | undefined> {
    return this.receipt(hash, { pending: true }) ?? this.#waiters.wait(hash, timeoutMilliseconds);
  }

  logs(query: LogQuery): Promise<LocatedLog[]> {
    return queryLogs(this.#store, query);
  }

  pendingLogs(filter: LogFilter): LocatedLog[] {
    return locatedLogs(this.builder.pending().receipts, filter);
  }

  async account(ref: BlockRef, address: Uint8Array): Promise<AccountState | undefined> {
    return this.#read(ref, (kernel) => kernel.account(address));
  }

  async code(ref: BlockRef, address: Uint8Array): Promise<Uint8Array> {
    return this.#read(ref, (kernel) => kernel.code(address));
  }

  async storage(ref: BlockRef, address: Uint8Array, slot: Uint8Array): Promise<Uint8Array> {
    return this.#read(ref, (kernel) => kernel.storage(address, slot));
  }

  #read<T>(ref: BlockRef, work: (kernel: KernelApi) => T): Promise<T> | T {
    if (ref === "pending") return work(this.builder.pendingKernel());
    const idle = this.builder.idleKernel();
    if (idle && this.#store.block(ref) === this.#store.head) return work(idle);
    return this.session(ref, {}, ({ kernel }) => work(kernel));
  }

  /** Against the block's state root; for "pending" against the root that the open block would have now. */
  async proof(ref: BlockRef, address: Uint8Array, slots: readonly Uint8Array[]): Promise<AccountProof> {
    return this.session(ref, {}, ({ kernel, hashState }) => {
      if (ref === "pending") hashState();
      return kernel.proof(address, slots);
    });
  }

  async call(ref: BlockRef, request: CallRequest, options: CallOptions & SessionOptions = {}): Promise<CallOutcome> {
    const { overrides, blockOverrides, tracer, ...callOptions } = options;
    if (ref === "pending" && !overrides && !blockOverrides && !tracer && !callOptions.keep) {
      return this.builder.pendingKernel().call(request, callOptions);
    }
    return this.session(ref, options, ({ kernel }) => kernel.call(request, callOptions));
  }

  async session<T>(ref: BlockRef, options: SessionOptions, work: (session: StateSession) => T): Promise<T> {
    return this.#readers.session(this.#sessionStart(ref), options, work);
  }

  #sessionStart(ref: BlockRef): SessionStart {
    if (ref !== "pending") return { block: this.#require(ref) };
    const pending = { attributes: this.builder.openAttributes(), entries: this.builder.openEntries() };
    return { block: this.#store.head, pending };
  }

  async traceBlock(ref: BlockRef, tracer: BlockTracer, until?: number): Promise<void> {
    const block = this.#require(ref);
    if (block.header.number === 0n) throw new ChainError("UNKNOWN_BLOCK", "genesis is not traceable");
    if (until !== undefined && until >= block.transactionCount) {
      throw new ChainError("UNKNOWN_BLOCK", `the block has no transaction ${until}`);
    }
    return this.#readers.trace(block, this.#require(block.header.parentHash), tracer, until);
  }

  async buildBlock(
    parent: BlockRef,
    attributes: BlockAttributes,
    transactions: readonly Uint8Array[],
    candidates: readonly Uint8Array[] = [],
  ): Promise<
    SealedBlock | { readonly index: number; readonly outcome: TransactionOutcome & { readonly valid: false } }
  > {
    const block = this.#require(parent);
    return this.#readers.bare(block, (kernel) => {
      kernel.beginBlock(block.header, block.hash, attributes);
      for (const [index, raw] of transactions.entries()) {
        const outcome = kernel.execute(raw);
        if (!outcome.valid) return { index, outcome };
      }
      for (const raw of candidates) kernel.execute(raw);
      return kernel.seal();
    });
  }

  async extendHead(
    attributes: BlockAttributes,
    transactions: readonly Uint8Array[],
  ): Promise<
    StoredBlock | { readonly index: number; readonly outcome: TransactionOutcome & { readonly valid: false } }
  > {
    this.builder.requireRunning();
    const parent = this.#store.head;
    await this.#store.backpressure();
    // Whoever asked knows the head of that moment; what joined meanwhile makes way.
    while (!bytesEqual(this.#store.head.hash, parent.hash)) await this.setHead(parent.hash);
    this.builder.requireRunning();
    this.builder.abandon();
    try {
      this.#kernel.beginBlock(parent.header, parent.hash, attributes);
      const outcomes = this.#kernel.executeBatch(transactions);
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome.valid) continue;
        this.builder.reopen();
        return { index, outcome };
      }
      const records = outcomes.flatMap((outcome) => (outcome.valid ? outcome.record : []));
      const sealed = this.#kernel.sealHead();
      return this.#join(sealedBlock({ ...sealed, execution: Execution.of(records) }, this.#kernel));
    } catch (error) {
      this.builder.reopen();
      throw error;
    }
  }

  async importBlock(rlp: Uint8Array): Promise<StoredBlock> {
    return (await this.#import(rlp)).block;
  }

  async #import(rlp: Uint8Array): Promise<{ readonly block: StoredBlock; readonly fresh: boolean }> {
    this.builder.requireRunning();
    await this.#store.backpressure();
    this.builder.requireRunning();
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
    this.builder.abandon();
    return this.#join(executedBlock(this.#kernel, rlp, parent));
  }

  /** Makes the block that the head's kernel has just executed the head. */
  #join(block: StoredBlock): StoredBlock {
    this.#store.append(block, this.#kernel.commit());
    this.builder.imported(block);
    this.#forgetMined(block);
    this.builder.announce([block]);
    return block;
  }

  async #addSide(rlp: Uint8Array, parent: StoredBlock): Promise<StoredBlock> {
    return this.#readers.extend(parent, (kernel) => {
      const block = executedBlock(kernel, rlp, parent);
      this.#store.addSide(block);
      return block;
    });
  }

  async importBlocks(rlp: Uint8Array): Promise<number> {
    let imported = 0;
    for (let at = 0; at < rlp.length; ) {
      const { end } = rlpItem(rlp, at);
      const { fresh } = await this.#import(rlp.subarray(at, end));
      if (fresh) imported++;
      at = end;
    }
    return imported;
  }

  /** @throws ChainError UNKNOWN_BLOCK, STATE_UNAVAILABLE (then nothing changed) */
  async setHead(hash: Uint8Array): Promise<void> {
    const target = this.#require(hash);
    if (target === this.#store.head) return;
    // A branch is executed before anything changes: it may build on a state that dev controls set.
    if (this.#store.isCanonical(target.hash)) this.#switch({ ancestor: target, blocks: [] }, []);
    else await this.#readers.replay(target, (branch, commits) => this.#switch(branch, commits));
  }

  /** In one turn, so that nobody meets the new state with the old kernel. */
  #switch(branch: Branch, commits: readonly StateCommit[]): void {
    const { ancestor, blocks: added } = branch;
    const removed = this.#leave(branch, commits);
    this.builder.reopen();
    for (const block of added) this.#forgetMined(block);
    this.builder.reinject(removed.flatMap((block) => block.transactions.map((transaction) => transaction.raw)));
    this.#events.emit("reorg", { removed, added, ancestor });
    for (const block of removed) {
      const logs = blockLogs(block, {}, true);
      if (logs.length > 0) this.#events.emit("logs", logs);
    }
    this.builder.announce(added);
  }

  #leave(branch: Branch, commits: readonly StateCommit[]): StoredBlock[] {
    try {
      return this.#store.switchHead(branch, commits);
    } catch (error) {
      throw withoutState(error) ?? error;
    }
  }

  setSafe(hash: Uint8Array): void {
    this.#store.setSafe(this.#require(hash));
  }

  setFinalized(hash: Uint8Array): void {
    this.#store.setFinalized(this.#require(hash));
  }

  flush(): Promise<void> {
    return this.#store.database.durable();
  }

  schedule(hash: Uint8Array): ScheduledBatch[] {
    return this.builder.schedules.batches(hash);
  }

  async close(): Promise<void> {
    this.#waiters.close();
    await this.#workers?.close();
    await this.#store.database.close();
  }

  #forgetMined(block: StoredBlock): void {
    for (const hash of block.transactionHashes) {
      const entry = this.pool.entry(hash);
      if (entry) this.pool.remove(entry);
    }
    this.pool.dropStale();
  }

  #require(ref: BlockRef): StoredBlock {
    const block = this.#store.block(ref);
    if (!block) throw new ChainError("UNKNOWN_BLOCK", "header not found");
    return block;
  }
}

function executedBlock(kernel: Kernel, rlp: Uint8Array, parent: StoredBlock): StoredBlock {
  const outcome = kernel.executeBlock(rlp, parent.header, parent.hash);
  if (!outcome.valid) throw new InvalidBlockError(outcome.code, outcome.message);
  return sealedBlock(outcome, kernel);
}

function baseFeeOf(header: Header): { baseFeePerGas?: bigint } {
  return header.baseFeePerGas === undefined ? {} : { baseFeePerGas: header.baseFeePerGas };
}
