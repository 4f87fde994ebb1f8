import type {
  AccountState,
  BlockAttributes,
  CallRequest,
  ChainConfig,
  ExecutionRecord,
  ForkName,
  Header,
  Kernel,
  Transaction,
} from "@hyperion/kernel";
import { Execution, KernelError } from "@hyperion/kernel";
import { ScheduleLog, type WorkerPool } from "@hyperion/parallel";
import { AccessHints } from "./access-hints.ts";
import type { BlockBuilderApi, BlockOpener, BlockOpening, LocatedReceipt, PendingBlock } from "./api.ts";
import { type BlockOptions, BlockSettings, type NextBlock } from "./block-settings.ts";
import { byteKey } from "./byte-key.ts";
import { ChainClock } from "./chain-clock.ts";
import type { ChainEmitter } from "./chain-emitter.ts";
import type { ChainStore } from "./chain-store.ts";
import { ChainError, PoolError } from "./errors.ts";
import { executeEntry, messageOf } from "./execute-entry.ts";
import { activeFork } from "./fork-schedule.ts";
import { blockLogs } from "./located-logs.ts";
import { OpenBlock } from "./open-block.ts";
import type { PoolEntry } from "./pool-entry.ts";
import { poolError } from "./pool-rules.ts";
import { PriceOrder } from "./price-order.ts";
import { type StoredBlock, sealedBlock } from "./stored-block.ts";
import { type Admission, type PendingView, type PoolOptions, TransactionPool } from "./transaction-pool.ts";
import { unsignedTransaction } from "./unsigned-transaction.ts";

export interface BuilderOptions extends BlockOptions {
  readonly pool?: PoolOptions;
  readonly workers?: WorkerPool;
}

/**
 * The open block on the head. Transactions execute the moment they arrive, so their receipts are known at once; sealing
 * only computes roots and hands the block to the database.
 */
export class BlockBuilder implements BlockBuilderApi, PendingView {
  readonly pool: TransactionPool;
  readonly clock: ChainClock = new ChainClock();
  /** How the newest blocks were executed. */
  readonly schedules: ScheduleLog = new ScheduleLog();
  readonly hints: AccessHints;
  readonly #config: ChainConfig;
  readonly #kernel: Kernel;
  readonly #store: ChainStore;
  readonly #events: ChainEmitter;
  readonly #settings: BlockSettings;
  readonly #workers: WorkerPool | undefined;
  #opener: BlockOpener | undefined;
  #open: OpenBlock | undefined;
  #halted: Error | undefined;

  constructor(config: ChainConfig, kernel: Kernel, store: ChainStore, events: ChainEmitter, options: BuilderOptions) {
    this.#config = config;
    this.#kernel = kernel;
    this.#store = store;
    this.#events = events;
    this.#settings = new BlockSettings(store.genesis.header, options);
    this.#workers = options.workers;
    this.hints = new AccessHints(kernel);
    this.pool = new TransactionPool(this, options.pool);
    store.database.onFailure((failure) => this.halt(failure));
  }

  openWith(opener: BlockOpener): void {
    this.#opener = opener;
    this.reconsider();
  }

  openTimestamp(): bigint | undefined {
    const open = this.#ensureOpen();
    return open.ready ? open.header.timestamp : undefined;
  }

  reconsider(): void {
    this.rebuild();
  }

  /** The kernel at exactly the head's state, while no block is open. */
  idleKernel(): Kernel | undefined {
    return this.#open ? undefined : this.#kernel;
  }

  /** The kernel with the open block on it. */
  pendingKernel(): Kernel {
    this.#ensureOpen();
    return this.#kernel;
  }

  header(): Header {
    return this.#ensureOpen().header;
  }

  fork(): ForkName {
    return this.#ensureOpen().fork;
  }

  account(address: Uint8Array): AccountState | undefined {
    return this.#kernel.account(address);
  }

  code(address: Uint8Array): Uint8Array {
    return this.#kernel.code(address);
  }

  rollupFee(gasLimit: bigint): bigint {
    if (!this.#config.rollup) return 0n;
    const { fixed, perMillionGas } = this.#ensureOpen().rollupPrices(this.#kernel);
    return fixed + (gasLimit * perMillionGas) / 1_000_000n;
  }

  check(raw: Uint8Array, fork: ForkName): Transaction {
    const checked = this.#kernel.checkTransaction(raw, fork);
    if (!checked.valid) throw poolError(checked.code, checked.code === "MALFORMED" ? undefined : checked.message);
    const { transaction } = checked;
    if (transaction.chainId !== undefined && transaction.chainId !== this.#config.chainId) {
      throw new PoolError("INVALID_CHAIN_ID", `have ${transaction.chainId} want ${this.#config.chainId}`);
    }
    if (transaction.gasLimit < checked.intrinsicGas) {
      throw new PoolError("INTRINSIC_GAS", `gas ${transaction.gasLimit}, minimum needed ${checked.intrinsicGas}`);
    }
    if (transaction.gasLimit < checked.floorGas) {
      throw new PoolError("FLOOR_GAS", `gas ${transaction.gasLimit}, minimum needed ${checked.floorGas}`);
    }
    return transaction;
  }

  submit(raw: Uint8Array): Uint8Array {
    this.requireRunning();
    this.#ensureOpen();
    return this.#accept(this.pool.admit(raw));
  }

  submitAll(raws: readonly Uint8Array[]): (Uint8Array | Error)[] {
    // With replaceable transactions every single one needs a checkpoint before it.
    if (raws.length === 1 || this.pool.replaceExecuted) return raws.map((raw) => caught(() => this.submit(raw)));
    this.requireRunning();
    this.#ensureOpen();
    const admissions = raws.map((raw) => caught(() => this.pool.admit(raw)));
    const together = admissions.flatMap((item) => (item instanceof Error || !item.next ? [] : item.entry));
    const refused = this.#executeTogether(together.filter((entry) => this.#isPooled(entry)));
    for (const entry of together) this.#executeSender(entry.sender, entry, this.pool.nextExecutable(entry.sender));
    return admissions.map((item) => {
      if (item instanceof Error) return item;
      this.#events.emit("newPendingTransaction", item.entry.transaction);
      return refused.get(item.entry) ?? item.entry.transaction.hash;
    });
  }

  get senderThreads(): number {
    return this.#workers?.senderThreads ?? 0;
  }

  async recoverSenders(raws: readonly Uint8Array[]): Promise<void> {
    const identities = await this.#workers?.recoverSenders(raws);
    if (this.#halted) return;
    if (identities) this.#kernel.learnSenders(raws, identities);
    else {
      this.#ensureOpen();
      this.#kernel.recoverSenders(raws);
    }
  }

  #isPooled(entry: PoolEntry): boolean {
    return this.pool.entry(entry.transaction.hash) === entry;
  }

  /** Executes signed transactions onto the open block, in order. Returns why some of them were refused for good. */
  #executeTogether(entries: readonly PoolEntry[]): Map<PoolEntry, Error> {
    const open = this.#open!;
    const refused = new Map<PoolEntry, Error>();
    if (entries.length === 0 || open.closed) return refused;
    const transactions = entries.map(({ transaction }) => transaction);
    const outcomes = this.#guard(() => {
      this.hints.load(transactions);
      return this.#kernel.executeBatch(transactions.map(({ raw }) => raw));
    });
    this.#schedule(transactions.map(({ hash }) => hash));
    for (const [index, outcome] of outcomes.entries()) {
      const entry = entries[index]!;
      if (outcome.valid) this.#include(open, entry, outcome.record, undefined);
      else if (!RETRIED.has(outcome.code)) {
        this.pool.remove(entry);
        refused.set(entry, poolError(outcome.code, outcome.message));
      }
    }
    return refused;
  }

  #schedule(hashes: readonly Uint8Array[]): void {
    this.schedules.add(hashes, this.#workers?.lastBatch);
  }

  /** Notes how a received block was executed. */
  imported(block: StoredBlock): void {
    this.#schedule(block.transactionHashes);
    this.schedules.seal(block.hash);
  }

  /** Like `submit` for a sender whose key nobody holds. @throws PoolError */
  submitUnsigned(request: CallRequest & { readonly from: Uint8Array }): Uint8Array {
    this.requireRunning();
    const { header, gasLeft } = this.#ensureOpen();
    const defaults = {
      chainId: this.#config.chainId,
      nonce: this.pool.nextNonce(request.from),
      gasLimit: gasLeft,
      baseFee: header.baseFeePerGas ?? 0n,
    };
    const transaction = unsignedTransaction(request, defaults, (bytes) => this.#kernel.keccak256(bytes));
    return this.#accept(this.pool.admitUnsigned(transaction, messageOf(transaction)));
  }

  #accept({ entry, replaced, next }: Admission): Uint8Array {
    if (replaced?.executed) this.#undo(replaced, entry);
    else if (next) this.#executeSender(entry.sender, entry, entry);
    this.#events.emit("newPendingTransaction", entry.transaction);
    return entry.transaction.hash;
  }

  hasWork(): boolean {
    if (this.#halted) return false;
    if (!this.#open && this.pool.waiting === 0) return false;
    return this.#ensureOpen().hasWork;
  }

  pending(): PendingBlock {
    return this.#ensureOpen().pending();
  }

  /** Everything needed to repeat the open block elsewhere. */
  openAttributes(): BlockAttributes {
    return this.#ensureOpen().attributes;
  }

  openEntries(): PoolEntry[] {
    return this.#ensureOpen().entries;
  }

  receipt(hash: Uint8Array): LocatedReceipt | undefined {
    return this.#open?.receipt(hash);
  }

  async seal(): Promise<StoredBlock> {
    this.requireRunning();
    await this.#store.backpressure();
    this.requireRunning();
    const open = this.#ensureOpen();
    // Opening may have failed for good.
    this.requireRunning();
    if (!open.ready) throw new ChainError("NOT_READY", "it is not known yet how the next block begins");
    const sealed = this.#guard(() => this.#kernel.sealHead());
    const commit = this.#kernel.commit();
    const transactions = open.executed.map(({ entry }) => entry.transaction);
    const execution = Execution.of(open.executed.map(({ record }) => record));
    const block = sealedBlock({ ...sealed, execution }, this.#kernel, transactions);
    this.#open = undefined;
    this.#settings.next = {};
    this.clock.sealed(sealed.header.timestamp);
    for (const entry of open.entries) this.pool.remove(entry);
    this.pool.expire(performance.now());
    this.schedules.seal(block.hash);
    this.#store.append(block, commit);
    this.announce([block]);
    if (this.pool.waiting > 0) this.#ensureOpen();
    return block;
  }

  /** Reports blocks that joined the canonical chain and watches their way to the disk. */
  announce(blocks: readonly StoredBlock[]): void {
    for (const block of blocks) {
      const logs = this.#events.listenerCount("logs") > 0 ? blockLogs(block) : [];
      if (logs.length > 0) this.#events.emit("logs", logs);
      this.#events.emit("newHead", block);
    }
    const last = blocks.at(-1);
    if (!last) return;
    this.#store.database.durable().then(
      () => this.#events.emit("persisted", last.header.number, last.hash),
      // Whoever has to know was told by the database itself.
      () => {},
    );
  }

  /** Drops the open block; its transactions wait again. The kernel is at the head's state afterwards. */
  abandon(): PoolEntry[] {
    const entries = this.#open?.entries ?? [];
    if (this.#open) this.reopen();
    return entries;
  }

  /** Continues from the head's state, which is not the one the kernel has. The open block is dropped. */
  reopen(): void {
    for (const entry of this.#open?.entries ?? []) this.pool.markExecuted(entry, false);
    this.#open = undefined;
    this.schedules.reset();
    this.#kernel.open(this.#store.headRoot);
  }

  /** Reopens the block under new settings (after `change`) and executes again what it held, in the same order. */
  rebuild(change?: (kernel: Kernel) => void): void {
    const entries = this.abandon();
    change?.(this.#kernel);
    if (entries.length > 0) this.#ensureOpen(entries);
  }

  /** Takes back transactions of blocks that left the chain. */
  reinject(raws: readonly Uint8Array[]): void {
    if (raws.length === 0) return;
    this.pool.reinject(raws);
    this.#ensureOpen();
    this.#drain();
  }

  /** Gives the open block a timestamp of now, where time has passed since it was opened. */
  refresh(): void {
    const open = this.#open;
    if (this.#opener) return;
    if (open && this.clock.timestamp(this.#store.head.header.timestamp) !== open.header.timestamp) this.rebuild();
  }

  setNextBlock(next: NextBlock): void {
    this.#settings.next = { ...this.#settings.next, ...next };
    this.rebuild();
  }

  setCoinbase(coinbase: Uint8Array): void {
    this.#settings.coinbase = coinbase;
    this.rebuild();
  }

  setGasLimit(gasLimit: bigint): void {
    this.#settings.gasLimit = gasLimit;
    this.rebuild();
  }

  /** Removes a transaction that is in no sealed block. */
  drop(entry: PoolEntry): void {
    this.pool.remove(entry);
    if (entry.executed) this.rebuild();
  }

  #ensureOpen(preferred: readonly PoolEntry[] = []): OpenBlock {
    if (this.#open) return this.#open;
    const { head } = this.#store;
    const opening = this.#opener?.(head);
    const attributes = opening?.attributes ?? this.#attributes(head.header);
    const header = this.#kernel.beginBlock(head.header, head.hash, attributes);
    const fork = activeFork(this.#config, header.number, header.timestamp);
    const ready = this.#opener === undefined || opening !== undefined;
    const closed = !ready || opening?.takesTransactions === false;
    this.#open = new OpenBlock(header, fork, attributes, { ready, closed });
    if (opening) this.#executeForced(this.#open, opening);
    if (this.#halted || closed) return this.#open;
    const again = preferred.filter((entry) => !entry.executed && this.#isPooled(entry));
    if (this.pool.replaceExecuted || again.some(({ unsigned }) => unsigned)) {
      for (const entry of again) this.#execute(entry);
    } else this.#executeTogether(again);
    this.#drain();
    return this.#open;
  }

  /** Nobody may leave out a forced transaction: where one cannot be included, there is no next block. */
  #executeForced(open: OpenBlock, { forced }: BlockOpening): void {
    for (const raw of forced) {
      const outcome = this.#guard(() => this.#kernel.execute(raw));
      if (!outcome.valid) {
        this.halt(new ChainError("INVALID_BLOCK", `a forced transaction cannot be included: ${outcome.message}`));
        return;
      }
      const transaction = this.#kernel.decodeTransaction(raw) as Transaction;
      this.#events.emit("preconfirmed", open.include(forcedEntry(transaction), outcome.record, undefined));
    }
    open.endForced();
    // Deposits spend nonces of their senders.
    if (forced.length > 1) this.pool.dropStale();
  }

  #attributes(parent: Header): BlockAttributes {
    const timestamp = this.clock.timestamp(parent.timestamp);
    const fork = activeFork(this.#config, parent.number + 1n, timestamp);
    return this.#settings.attributes(parent, fork, timestamp, (bytes) => this.#kernel.keccak256(bytes));
  }

  /** Executes what waits, best price first, each sender in nonce order. */
  #drain(): void {
    const open = this.#open!;
    if (this.pool.waiting === 0 || open.closed) return;
    const executable = this.pool
      .waitingSenders()
      .map((sender) => this.pool.nextExecutable(sender))
      .filter((entry) => entry !== undefined);
    const order = new PriceOrder(executable, open.header.baseFeePerGas ?? 0n);
    for (let best = order.take(); best && open.hasRoom; best = order.take()) {
      if (!this.#execute(best)) continue;
      const next = this.pool.nextExecutable(best.sender);
      if (next) order.add(next);
    }
  }

  /**
   * Executes the sender's transactions that are next in nonce order, from `first` on. Throws when `submitted` turns out
   * invalid.
   */
  #executeSender(sender: string, submitted: PoolEntry, first: PoolEntry | undefined): void {
    for (let entry = first; entry; entry = this.pool.nextExecutable(sender)) {
      if (!this.#execute(entry, entry === submitted)) return;
    }
  }

  /** Replaces an executed transaction: the block continues from before it. */
  #undo(replaced: PoolEntry, entry: PoolEntry): void {
    const open = this.#open!;
    const tail = open.from(replaced);
    const checkpoint = tail[0]?.checkpoint;
    if (checkpoint === undefined) {
      this.rebuild();
      return;
    }
    this.#kernel.rollback(checkpoint);
    open.remove(tail);
    for (const item of tail) this.pool.markExecuted(item.entry, false);
    this.#executeSender(entry.sender, entry, this.pool.nextExecutable(entry.sender));
    for (const item of tail) {
      if (item.entry !== replaced && !item.entry.executed) this.#execute(item.entry);
    }
  }

  /**
   * Executes one transaction onto the open block.
   *
   * @param demanding throws the reason instead of only dropping an invalid transaction
   * @returns false when it did not execute: it stays pooled when a later block may take it
   */
  #execute(entry: PoolEntry, demanding: boolean = false): boolean {
    const open = this.#open!;
    const { transaction } = entry;
    if (open.closed || transaction.gasLimit > open.gasLeft) return false;
    const checkpoint = this.pool.replaceExecuted ? this.#kernel.checkpoint() : undefined;
    const outcome = this.#guard(() => executeEntry(this.#kernel, entry), entry);
    if (!outcome.valid) {
      if (RETRIED.has(outcome.code)) return false;
      this.pool.remove(entry);
      if (demanding) throw poolError(outcome.code, outcome.message);
      return false;
    }
    this.#include(open, entry, outcome.record, checkpoint);
    return true;
  }

  #include(open: OpenBlock, entry: PoolEntry, record: ExecutionRecord, checkpoint: number | undefined): void {
    const located = open.include(entry, record, checkpoint);
    this.pool.markExecuted(entry, true);
    this.#events.emit("preconfirmed", located);
  }

  /** A defect that stops the kernel must not stop the node: the block is rebuilt without the transaction that hit it. */
  #guard<T>(work: () => T, culprit?: PoolEntry): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof KernelError) || (error.code !== "TRAP" && error.code !== "POISONED")) throw error;
      if (culprit) this.pool.remove(culprit);
      this.reopen();
      throw error;
    }
  }

  /** For good: transactions are refused and no block is sealed, while everything can still be read. */
  halt(error: Error): void {
    if (this.#halted) return;
    this.#halted = error;
    this.#events.emit("failed", error);
  }

  /** @throws ChainError HALTED */
  requireRunning(): void {
    if (!this.#halted) return;
    const { shortMessage = this.#halted.message } = this.#halted as { shortMessage?: string };
    throw new ChainError("HALTED", `no more blocks are made: ${shortMessage}`, { cause: this.#halted });
  }
}

/** Never in the pool. */
function forcedEntry(transaction: Transaction): PoolEntry {
  const [key, sender] = [byteKey(transaction.hash), byteKey(transaction.from)];
  return { transaction, key, sender, cost: 0n, sequence: 0, received: 0, executed: true };
}

function caught<T>(work: () => T): T | PoolError {
  try {
    return work();
  } catch (error) {
    if (error instanceof PoolError) return error;
    throw error;
  }
}

/** Outcomes after which a later block may take the transaction. */
const RETRIED: ReadonlySet<string> = new Set([
  "GAS_ALLOWANCE_EXCEEDED",
  "GAS_PRICE_BELOW_BASE_FEE",
  "BLOB_FEE_TOO_LOW",
  "NONCE_TOO_HIGH",
]);
