/**
 * What the chain offers to the packages above it (sequencer, RPC, node). Bytes, hashes and addresses are `Uint8Array`;
 * amounts, gas, block numbers and timestamps (seconds) are `bigint`; indexes and counts are `number`.
 *
 * Lookups of blocks, receipts and transactions are synchronous (memory or memory-mapped pages). State access is
 * asynchronous, because readers of old states may live on other threads.
 */

import type {
  AccountOverride,
  AccountProof,
  AccountState,
  BlockAttributes,
  CallOptions,
  CallOutcome,
  CallRequest,
  ChainConfig,
  Header,
  KernelApi,
  Log,
  Receipt,
  SealedBlock,
  Tracer,
  Transaction,
  TransactionOutcome,
  Withdrawal,
} from "@hyperion/kernel";
import type { ScheduledBatch } from "@hyperion/parallel";

export type BlockTag = "latest" | "pending" | "safe" | "finalized" | "earliest";

/** A tag, a canonical number, or a block hash (32 bytes, canonical or not). */
export type BlockRef = BlockTag | bigint | Uint8Array;

/** A sealed block. `transactions`, `ommers` and `rlp` are decoded or assembled on first access. */
export interface Block {
  readonly header: Header;
  readonly hash: Uint8Array;
  /** Length of the block's RLP in bytes. */
  readonly size: number;
  readonly rlp: Uint8Array;
  readonly headerRlp: Uint8Array;
  readonly transactions: readonly Transaction[];
  readonly transactionCount: number;
  readonly transactionHashes: readonly Uint8Array[];
  readonly ommers: readonly Header[];
  readonly ommerHashes: readonly Uint8Array[];
  /** Absent before Shanghai. */
  readonly withdrawals?: readonly Withdrawal[];
}

/** The open block: its header as known so far (roots, bloom and hash are not), and what it contains. */
export interface PendingBlock {
  readonly header: Header;
  readonly transactions: readonly Transaction[];
  readonly receipts: readonly LocatedReceipt[];
  readonly gasUsed: bigint;
}

/** Where a transaction stands: in a sealed block, in the open block (`blockHash` absent), or only in the pool (no `index`). */
export interface LocatedTransaction {
  readonly transaction: Transaction;
  readonly blockHash?: Uint8Array;
  readonly blockNumber?: bigint;
  readonly blockTimestamp?: bigint;
  readonly baseFeePerGas?: bigint;
  readonly index?: number;
}

export interface LocatedReceipt {
  readonly receipt: Receipt;
  readonly transaction: Transaction;
  /** Absent while the block is open: the receipt is a preconfirmation by the sequencer. */
  readonly blockHash?: Uint8Array;
  readonly blockNumber: bigint;
  readonly blockTimestamp: bigint;
  readonly index: number;
  /** Index within the block of the receipt's first log. */
  readonly firstLogIndex: number;
}

export interface LocatedLog {
  readonly log: Log;
  readonly blockHash?: Uint8Array;
  readonly blockNumber: bigint;
  readonly blockTimestamp: bigint;
  readonly transactionHash: Uint8Array;
  readonly transactionIndex: number;
  readonly logIndex: number;
  /** True when the block left the canonical chain. */
  readonly removed: boolean;
}

export interface LogFilter {
  readonly addresses?: readonly Uint8Array[];
  /** Per position: absent or empty matches anything, otherwise any of the values. At most four positions. */
  readonly topics?: readonly (readonly Uint8Array[] | undefined)[];
}

export interface LogQuery extends LogFilter {
  /** Either one block by hash … */
  readonly blockHash?: Uint8Array;
  /** … or an inclusive canonical range. */
  readonly fromBlock?: bigint;
  readonly toBlock?: bigint;
  /** Above this many results the query fails with `QueryLimitError`. Default: unlimited. */
  readonly limit?: number;
}

/** Replaces fields of the block a call runs in (fourth parameter of eth_call, eth_simulateV1). */
export interface BlockOverrides {
  readonly number?: bigint;
  readonly timestamp?: bigint;
  readonly gasLimit?: bigint;
  readonly coinbase?: Uint8Array;
  readonly prevRandao?: Uint8Array;
  readonly baseFeePerGas?: bigint;
  readonly excessBlobGas?: bigint;
  /** Price of blob gas whatever the excess says. */
  readonly blobBaseFee?: bigint;
  readonly difficulty?: bigint;
}

export type StateOverrides = readonly (readonly [address: Uint8Array, override: AccountOverride])[];

export interface SessionOptions {
  readonly overrides?: StateOverrides;
  readonly blockOverrides?: BlockOverrides;
  /** Runs on the tracing build; the tracer sees everything the session executes. */
  readonly tracer?: Tracer;
}

/**
 * Exclusive use of a kernel whose state is that of the referenced block and whose open block is that same block's
 * environment (so NUMBER, TIMESTAMP, BASEFEE are the referenced block's). Everything done in a session is discarded.
 */
export interface StateSession {
  readonly kernel: KernelApi;
  /** Header of the environment after block overrides. */
  readonly header: Header;
  /** Reopens the state with a fresh open block as the *child* of the referenced block: eth_simulateV1's starting point. */
  beginChild(attributes: Partial<BlockAttributes>): Header;
  /** Continues a simulated chain: opens a block on one sealed within this session. */
  beginOn(parent: Header, parentHash: Uint8Array, attributes: Partial<BlockAttributes>): Header;
  /** Answers BLOCKHASH for simulated ancestors. */
  setBlockHash(number: bigint, hash: Uint8Array): void;
  /** Brings the tries up to date with what was executed, so that proofs show it. */
  readonly hashState: () => void;
  /** Runs `work` and undoes its effects on the state. */
  scratch<T>(work: () => T): T;
}

/** Observes the re-execution of a block. `kernel` gives the state before and after each transaction. */
export interface BlockTracer {
  readonly tracer: Tracer;
  begin?(transaction: Transaction, index: number, kernel: KernelApi, header: Header): void;
  end?(transaction: Transaction, index: number, outcome: TransactionOutcome, kernel: KernelApi): void;
}

export interface ChainEvents {
  /** A block joined the canonical chain, in order; after a reorg once per new block. */
  newHead: [block: Block];
  /** A transaction entered the pool. */
  newPendingTransaction: [transaction: Transaction];
  /** A transaction was executed onto the open block. */
  preconfirmed: [receipt: LocatedReceipt];
  /** Logs of a block that joined (removed = false) or left (removed = true) the canonical chain. */
  logs: [logs: readonly LocatedLog[]];
  /** The canonical chain switched branches; `logs` and `newHead` follow. */
  reorg: [change: { readonly removed: readonly Block[]; readonly added: readonly Block[]; readonly ancestor: Block }];
  /** The block and everything before it survive a crash. */
  persisted: [number: bigint, hash: Uint8Array];
  /** Writing failed (disk full, …): no transaction is taken and no block sealed any more. */
  failed: [error: Error];
}

/** The first transaction that a block cannot have, by its place in what was given. */
export interface RefusedTransaction {
  readonly index: number;
  readonly outcome: TransactionOutcome & { readonly valid: false };
}

export interface ChainApi {
  readonly config: ChainConfig;
  readonly pool: TransactionPoolApi;
  readonly builder: BlockBuilderApi;
  readonly dev: DevControls;

  on<K extends keyof ChainEvents>(event: K, listener: (...args: ChainEvents[K]) => void): void;
  off<K extends keyof ChainEvents>(event: K, listener: (...args: ChainEvents[K]) => void): void;

  head(): Block;
  safe(): Block;
  finalized(): Block;
  genesis(): Block;
  /** `undefined` when unknown; `pending` is not a sealed block: use `pending()`. */
  block(ref: BlockRef): Block | undefined;
  header(ref: BlockRef): Header | undefined;
  /** The canonical hash at a height. */
  canonicalHash(number: bigint): Uint8Array | undefined;
  isCanonical(hash: Uint8Array): boolean;
  /** How a block was executed lately on several threads: its batches that were; none when none was. */
  schedule(hash: Uint8Array): ScheduledBatch[];
  /** The open block; opens one when none is open. */
  pending(): PendingBlock;
  /** Receipts of a sealed block, or of the open one for "pending". */
  receipts(ref: BlockRef): readonly LocatedReceipt[] | undefined;
  /** Sealed, in the open block, or in the pool. */
  transaction(hash: Uint8Array): LocatedTransaction | undefined;
  transactionAt(ref: BlockRef, index: number): LocatedTransaction | undefined;
  /** Of a sealed block; with `pending` also of the open block. */
  receipt(hash: Uint8Array, options?: { readonly pending?: boolean }): LocatedReceipt | undefined;
  /** Resolves as soon as the transaction executed onto the open block; `undefined` after the timeout. */
  waitForReceipt(hash: Uint8Array, timeoutMilliseconds: number): Promise<LocatedReceipt | undefined>;
  /** Logs in chain order. Throws `QueryLimitError`, `UnknownBlockError`, `InvalidRangeError`. */
  logs(query: LogQuery): Promise<LocatedLog[]>;
  /** Logs of the open block. */
  pendingLogs(filter: LogFilter): LocatedLog[];

  /** All state access throws `UnknownBlockError` or `StateUnavailableError`. */
  account(ref: BlockRef, address: Uint8Array): Promise<AccountState | undefined>;
  code(ref: BlockRef, address: Uint8Array): Promise<Uint8Array>;
  storage(ref: BlockRef, address: Uint8Array, slot: Uint8Array): Promise<Uint8Array>;
  proof(ref: BlockRef, address: Uint8Array, slots: readonly Uint8Array[]): Promise<AccountProof>;
  call(ref: BlockRef, request: CallRequest, options?: CallOptions & SessionOptions): Promise<CallOutcome>;
  /** Runs `work` synchronously with a kernel at the block's state (see `StateSession`). */
  session<T>(ref: BlockRef, options: SessionOptions, work: (session: StateSession) => T): Promise<T>;
  /**
   * Re-executes a block on its parent's state; `until` (transaction index) stops after that transaction and traces only
   * it, otherwise every transaction is traced.
   */
  traceBlock(ref: BlockRef, tracer: BlockTracer, until?: number): Promise<void>;
  /**
   * Builds a block that does not join the chain. The outcome names the first transaction that does not apply; of the
   * candidates, which follow, those that do not are left out.
   */
  buildBlock(
    parent: BlockRef,
    attributes: BlockAttributes,
    transactions: readonly Uint8Array[],
    candidates?: readonly Uint8Array[],
  ): Promise<SealedBlock | RefusedTransaction>;

  /** As `buildBlock` on the head, which the block then is: it is executed once. */
  extendHead(attributes: BlockAttributes, transactions: readonly Uint8Array[]): Promise<Block | RefusedTransaction>;

  /** Validates, executes and stores one block (RLP); it becomes head when it extends the head. Throws `InvalidBlockError`. */
  importBlock(rlp: Uint8Array): Promise<Block>;
  /** Imports concatenated block RLPs. Blocks already known are skipped. Returns the number imported. */
  importBlocks(rlp: Uint8Array): Promise<number>;
  /**
   * Makes a stored block the head, switching branches when needed; transactions that fell out return to the pool.
   *
   * A branch beside the chain is executed again. Where dev setters changed the state between its blocks, that is in none
   * of them and the branch is refused (STATE_UNAVAILABLE), before anything has changed. A block of the chain itself needs
   * no execution: going back to it always works, and so do `evm_revert` and `anvil_reset`, which go nowhere else.
   */
  setHead(hash: Uint8Array): Promise<void>;
  setSafe(hash: Uint8Array): void;
  setFinalized(hash: Uint8Array): void;
  /** Resolves when everything sealed so far is durable. */
  flush(): Promise<void>;
  /** Waits for writes, then closes the kernels and the database. The open block is dropped (`Ordering.stop` seals it). */
  close(): Promise<void>;
}

export type PoolErrorCode =
  | "MALFORMED"
  | "TYPE_NOT_SUPPORTED"
  | "OVERSIZED"
  | "ALREADY_KNOWN"
  | "INVALID_SENDER"
  | "INVALID_CHAIN_ID"
  | "NOT_REPLAY_PROTECTED"
  | "NONCE_TOO_LOW"
  | "NONCE_TOO_HIGH"
  | "NONCE_IS_MAX"
  | "INSUFFICIENT_FUNDS"
  | "INTRINSIC_GAS"
  | "FLOOR_GAS"
  | "GAS_LIMIT"
  | "GAS_LIMIT_CAP"
  | "FEE_CAP_BELOW_BASE_FEE"
  | "TIP_ABOVE_FEE_CAP"
  | "UNDERPRICED"
  | "REPLACEMENT_UNDERPRICED"
  | "SENDER_NOT_EOA"
  | "INITCODE_SIZE"
  | "BLOB_INVALID"
  | "BLOBS_NOT_ACCEPTED"
  | "AUTHORIZATION_INVALID"
  | "ACCOUNT_LIMIT"
  | "POOL_FULL"
  | "CONFLICT"
  | "NO_SEQUENCER";

export interface PoolStatus {
  /** Executable now: executed onto the open block, or waiting for gas in the next. */
  readonly pending: number;
  /** Waiting for a missing nonce. */
  readonly queued: number;
}

export interface TransactionPoolApi {
  get(hash: Uint8Array): Transaction | undefined;
  status(): PoolStatus;
  /** Every transaction, by sender then nonce. */
  content(): { readonly pending: readonly Transaction[]; readonly queued: readonly Transaction[] };
  contentFrom(address: Uint8Array): {
    readonly pending: readonly Transaction[];
    readonly queued: readonly Transaction[];
  };
  /** The nonce after the sender's last executable transaction: eth_getTransactionCount("pending"). */
  nextNonce(address: Uint8Array): bigint;
}

/** How a block begins where its builder does not choose: on a rollup all of this follows from L1. */
export interface BlockOpening {
  readonly attributes: BlockAttributes;
  /** Executed before everything else, whatever becomes of them: deposits. */
  readonly forced: readonly Uint8Array[];
  /** Whether transactions of the pool may follow. */
  readonly takesTransactions: boolean;
}

/** Says how the block on `parent` begins; `undefined` while that is not known: transactions wait. */
export type BlockOpener = (parent: Block) => BlockOpening | undefined;

/** Where transactions enter. Used by `Ordering` implementations; RPC submits through `Ordering.submit`. */
export interface BlockBuilderApi {
  /** From now on blocks begin as `opener` says. */
  openWith(opener: BlockOpener): void;
  /** Timestamp of the open block; `undefined` while the opener does not know how it begins. */
  openTimestamp(): bigint | undefined;
  /** Opens the block again, asking the opener anew, and executes again what it held. */
  reconsider(): void;
  /** Validates, pools, and executes onto the open block what became executable. Throws `PoolError`. Returns the hash. */
  submit(raw: Uint8Array): Uint8Array;
  /** As `submit` for each in order; those that do not depend on another are executed together. Errors are returned. */
  submitAll(raws: readonly Uint8Array[]): (Uint8Array | Error)[];
  /** Threads that recover senders for `recoverSenders`. */
  readonly senderThreads: number;
  /** Recovers, on those threads, the senders of transactions that `submitAll` is about to be called with. */
  recoverSenders(raws: readonly Uint8Array[]): Promise<void>;
  /** A block sealed now would contain transactions. */
  hasWork(): boolean;
  /** Gives the open block the present time, executing again what it holds. */
  refresh(): void;
  /**
   * Seals the open block (opening one first when needed) and makes it the head, once the database is not too far behind.
   * Throws `ChainError` NOT_READY while the opener does not know how the block begins.
   */
  seal(): Promise<Block>;
}

/** Dev mode only. Each call is atomic and rebuilds the open block where that is affected. */
export interface DevControls {
  setBalance(address: Uint8Array, balance: bigint): Promise<void>;
  setNonce(address: Uint8Array, nonce: bigint): Promise<void>;
  setCode(address: Uint8Array, code: Uint8Array): Promise<void>;
  setStorageAt(address: Uint8Array, slot: Uint8Array, value: Uint8Array): Promise<void>;
  /** For the next block only. Throws `InvalidTimestampError` when not after the head's. */
  setNextBlockTimestamp(timestamp: bigint): void;
  /** Moves the chain's clock; returns its total offset in seconds. */
  increaseTime(seconds: bigint): bigint;
  /** Sets the chain's clock; returns the offset in seconds from the wall clock. */
  setTime(timestamp: bigint): bigint;
  /** Fixed distance between block timestamps in seconds; `undefined` returns to the clock. */
  setBlockTimestampInterval(seconds: bigint | undefined): void;
  /** For the next block only. */
  setNextBlockBaseFeePerGas(baseFee: bigint): void;
  setNextBlockPrevRandao(prevRandao: Uint8Array): void;
  setCoinbase(coinbase: Uint8Array): void;
  setBlockGasLimit(gasLimit: bigint): void;
  setMinGasPrice(price: bigint): void;
  impersonate(address: Uint8Array): void;
  stopImpersonating(address: Uint8Array): void;
  autoImpersonate(enabled: boolean): void;
  isImpersonated(address: Uint8Array): boolean;
  /** Executes an unsigned transaction of an impersonated sender onto the open block. Throws `PoolError`. Returns its hash. */
  sendUnsigned(request: CallRequest & { readonly from: Uint8Array }): Uint8Array;
  /** Returns false when the pool does not hold it. */
  dropTransaction(hash: Uint8Array): boolean;
  dropAllTransactions(): void;
  /** Remembers head, pool and clock. Returns the snapshot's id, counting from 1. */
  snapshot(): number;
  /** Returns to the snapshot and forgets it and later ones. False when unknown. */
  revert(id: number): Promise<boolean>;
  /** Back to genesis with an empty pool. */
  reset(): Promise<void>;
}
