/**
 * The kernel's vocabulary on the TypeScript side. Bytes, hashes (32) and addresses (20) are `Uint8Array`; amounts, gas,
 * numbers and timestamps (seconds) are `bigint`. Consensus outcomes are values, never exceptions.
 */
import type { MessagePort } from "node:worker_threads";
import type { Execution } from "./execution.ts";
import type { ExecutionRecord } from "./execution-record.ts";
import type { BatchSchedule } from "./parallel/batch-schedule.ts";
import type { Log, Receipt } from "./receipt.ts";

/** Hard forks in activation order; the index is the fork's number in the kernel. */
export const FORKS = [
  "frontier",
  "homestead",
  "tangerineWhistle",
  "spuriousDragon",
  "byzantium",
  "constantinople",
  "petersburg",
  "istanbul",
  "berlin",
  "london",
  "paris",
  "shanghai",
  "cancun",
  "prague",
  "osaka",
] as const;

export type ForkName = (typeof FORKS)[number];

/** A fork becomes active at a block number (up to Paris) or a timestamp (from Shanghai). */
export interface ForkActivation {
  readonly fork: ForkName;
  readonly block?: bigint;
  readonly timestamp?: bigint;
}

/** An OP Stack rollup: Isthmus is active from genesis on, on top of Prague. */
export interface RollupRules {
  /** EIP-1559 parameters of children of blocks whose extra data names none; both above zero. */
  readonly baseFeeDenominator: number;
  readonly elasticity: number;
  /** First timestamp of Jovian; absent: never. */
  readonly jovianTime?: bigint;
}

/** EIP-7840 / EIP-7892: blob limits from a timestamp on. */
export interface BlobParameters {
  readonly timestamp: bigint;
  readonly target: number;
  readonly max: number;
  readonly baseFeeUpdateFraction: bigint;
}

export interface ChainConfig {
  readonly chainId: bigint;
  readonly forks: readonly ForkActivation[];
  readonly blobSchedule: readonly BlobParameters[];
  /** EIP-6110 deposit contract; default: mainnet's. */
  readonly depositContract?: Uint8Array;
  /** Turns on the inference precompile at 0x…0999; absent: an ordinary empty account. */
  readonly inference?: { readonly defaultModel: Uint8Array };
  readonly rollup?: RollupRules;
}

/**
 * Resolves hashes to their bytes: trie nodes and contract code by keccak, model chunks by root. The node's database or a
 * witness.
 *
 * A database of versioned, flat state answers `account`, `slot` and `node` too, for the state that the kernel opened or
 * committed last: what a commit hands over has to be there before the kernel is called again.
 */
export interface PreimageOracle {
  preimage(hash: Uint8Array): Uint8Array | undefined;
  /** Slim RLP of an account by its hashed address; `undefined`: there is none; `null`: unknown, the kernel walks the trie. */
  account?(accountHash: Uint8Array): Uint8Array | undefined | null;
  /** Value of a slot without leading zeros; as `account`. */
  slot?(accountHash: Uint8Array, slotHash: Uint8Array): Uint8Array | undefined | null;
  /**
   * RLP of the node at a path (one nibble per byte) of the state trie (`owner` empty) or of an account's storage; it has
   * the given keccak hash. `undefined`: `preimage` is asked for the hash. If the node is a leaf, `key` (32 bytes, beginning
   * with the path) mostly is its key: what the walk is looking for. Only the hash can tell.
   */
  node?(owner: Uint8Array, path: Uint8Array, hash: Uint8Array, key: Uint8Array): Uint8Array | undefined;
  /** Hash of an ancestor for BLOCKHASH; `undefined` when unknown. */
  blockHash(number: bigint): Uint8Array | undefined;
}

export interface Withdrawal {
  readonly index: bigint;
  readonly validatorIndex: bigint;
  readonly address: Uint8Array;
  /** Gwei, EIP-4895. */
  readonly amount: bigint;
}

export interface Header {
  readonly parentHash: Uint8Array;
  readonly ommersHash: Uint8Array;
  readonly coinbase: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly transactionsRoot: Uint8Array;
  readonly receiptsRoot: Uint8Array;
  readonly logsBloom: Uint8Array;
  readonly difficulty: bigint;
  readonly number: bigint;
  readonly gasLimit: bigint;
  readonly gasUsed: bigint;
  readonly timestamp: bigint;
  readonly extraData: Uint8Array;
  readonly mixHash: Uint8Array;
  readonly nonce: Uint8Array;
  readonly baseFeePerGas?: bigint;
  readonly withdrawalsRoot?: Uint8Array;
  readonly blobGasUsed?: bigint;
  readonly excessBlobGas?: bigint;
  readonly parentBeaconBlockRoot?: Uint8Array;
  readonly requestsHash?: Uint8Array;
}

/** What a block builder chooses; the kernel derives the rest (base fee, excess blob gas, roots) from the parent. */
export interface BlockAttributes {
  readonly timestamp: bigint;
  readonly coinbase: Uint8Array;
  readonly gasLimit: bigint;
  readonly prevRandao: Uint8Array;
  readonly extraData?: Uint8Array;
  readonly parentBeaconBlockRoot?: Uint8Array;
  readonly withdrawals?: readonly Withdrawal[];
  /** Dev and simulation only: replaces a derived value. */
  readonly overrides?: Partial<Pick<Header, "number" | "baseFeePerGas" | "excessBlobGas" | "difficulty">> & {
    /** Price of blob gas whatever the header's excess says. */
    readonly blobBaseFee?: bigint;
  };
}

export interface AccessListItem {
  readonly address: Uint8Array;
  readonly storageKeys: readonly Uint8Array[];
}

/** EIP-7702. `authority` is absent when the signature does not recover. */
export interface Authorization {
  readonly chainId: bigint;
  readonly address: Uint8Array;
  readonly nonce: bigint;
  readonly yParity: number;
  readonly r: bigint;
  readonly s: bigint;
  readonly authority?: Uint8Array;
}

/**
 * A decoded transaction; fields absent from its type are `undefined`. Type 126 is a deposit of a rollup: no nonce and no
 * signature of its own, both read as zero.
 */
export interface Transaction {
  readonly type: 0 | 1 | 2 | 3 | 4 | 126;
  readonly hash: Uint8Array;
  readonly raw: Uint8Array;
  readonly from: Uint8Array;
  readonly chainId?: bigint;
  readonly nonce: bigint;
  readonly gasLimit: bigint;
  readonly gasPrice?: bigint;
  readonly maxFeePerGas?: bigint;
  readonly maxPriorityFeePerGas?: bigint;
  readonly maxFeePerBlobGas?: bigint;
  readonly to?: Uint8Array;
  readonly value: bigint;
  readonly data: Uint8Array;
  readonly accessList?: readonly AccessListItem[];
  readonly blobVersionedHashes?: readonly Uint8Array[];
  readonly authorizationList?: readonly Authorization[];
  readonly deposit?: DepositFields;
  /** Legacy: as signed (27/28 or EIP-155); typed: equal to yParity. */
  readonly v: bigint;
  readonly r: bigint;
  readonly s: bigint;
}

/** What only deposits have. */
export interface DepositFields {
  /** What makes the deposit unique, 32 bytes. */
  readonly sourceHash: Uint8Array;
  /** Wei that come into being on the sender. */
  readonly mint: bigint;
  readonly isSystemTransaction: boolean;
}

/** Why the top-level frame ended: the kernel's status codes by name. */
export type HaltReason =
  | "success"
  | "revert"
  | "outOfGas"
  | "stackUnderflow"
  | "stackOverflow"
  | "invalidJump"
  | "invalidOpcode"
  | "staticCallViolation"
  | "returnDataOutOfBounds"
  | "callDepthExceeded"
  | "insufficientBalance"
  | "createCollision"
  | "invalidCode"
  | "codeSizeExceeded"
  | "initCodeSizeExceeded"
  | "nonceOverflow"
  | "precompileFailure"
  | "memoryLimit";

/** One decoded code per transaction validity rule; names follow the execution spec tests' exceptions. */
export type TransactionErrorCode =
  | "MALFORMED"
  | "TYPE_NOT_SUPPORTED"
  | "INVALID_SIGNATURE"
  | "INVALID_CHAIN_ID"
  | "NONCE_TOO_LOW"
  | "NONCE_TOO_HIGH"
  | "NONCE_IS_MAX"
  | "INSUFFICIENT_FUNDS"
  | "INTRINSIC_GAS_TOO_LOW"
  | "FLOOR_GAS_TOO_LOW"
  | "GAS_LIMIT_EXCEEDS_MAXIMUM"
  | "GAS_ALLOWANCE_EXCEEDED"
  | "GAS_PRICE_BELOW_BASE_FEE"
  | "PRIORITY_FEE_ABOVE_MAX_FEE"
  | "SENDER_NOT_EOA"
  | "INITCODE_SIZE_EXCEEDED"
  | "BLOB_FEE_TOO_LOW"
  | "BLOB_COUNT_EXCEEDED"
  | "ZERO_BLOBS"
  | "BLOB_VERSION_INVALID"
  | "CONTRACT_CREATION_NOT_ALLOWED"
  | "EMPTY_AUTHORIZATION_LIST";

export interface InvalidTransaction {
  readonly valid: false;
  readonly code: TransactionErrorCode;
  readonly message: string;
}

export interface ExecutedTransaction {
  readonly valid: true;
  /** The receipt and what belongs to it, as bytes. */
  readonly record: ExecutionRecord;
  readonly hash: Uint8Array;
  readonly from: Uint8Array;
  readonly receipt: Receipt;
  readonly halt: HaltReason;
  readonly output: Uint8Array;
}

export type TransactionOutcome = InvalidTransaction | ExecutedTransaction;

/** An unsigned message for eth_call, estimation and tracing. Missing fields take the RPC defaults (zero, block gas limit). */
export interface CallRequest {
  readonly from?: Uint8Array;
  readonly to?: Uint8Array;
  readonly gas?: bigint;
  readonly gasPrice?: bigint;
  readonly maxFeePerGas?: bigint;
  readonly maxPriorityFeePerGas?: bigint;
  readonly maxFeePerBlobGas?: bigint;
  readonly blobVersionedHashes?: readonly Uint8Array[];
  readonly value?: bigint;
  readonly data?: Uint8Array;
  readonly nonce?: bigint;
  readonly accessList?: readonly AccessListItem[];
  readonly authorizationList?: readonly Authorization[];
}

export interface CallOptions {
  /** Applies every transaction validity rule (nonce, balance, fees); default false as eth_call does. */
  readonly validate?: boolean;
  /** Keeps the effects in the pending state (eth_simulateV1, impersonated sends); default false. */
  readonly keep?: boolean;
  /** eth_simulateV1 `movePrecompileToAddress`: from → to. */
  readonly movedPrecompiles?: readonly (readonly [Uint8Array, Uint8Array])[];
}

export type CallOutcome =
  | InvalidTransaction
  | {
      readonly valid: true;
      readonly halt: HaltReason;
      readonly gasUsed: bigint;
      /** Highest gas ever consumed before refunds: the lower bound for a gas estimate. */
      readonly gasUsedBeforeRefund: bigint;
      readonly output: Uint8Array;
      readonly logs: readonly Log[];
      /** Without hash and sender. */
      readonly record: ExecutionRecord;
      readonly receipt: Receipt;
      /** Every account and slot the call touched (EIP-2930 form). */
      readonly accessList: readonly AccessListItem[];
    };

/** A sealed block without what its transactions were executed to. */
export interface SealedHead {
  readonly header: Header;
  readonly hash: Uint8Array;
  /** Full block RLP: [header, transactions, ommers, withdrawals?]. */
  readonly rlp: Uint8Array;
  /** EIP-7685 requests: type byte ‖ data, without empty ones. */
  readonly requests: readonly Uint8Array[];
}

export interface SealedBlock extends SealedHead {
  readonly transactions: readonly Uint8Array[];
  readonly execution: Execution;
}

/** `code` names the broken rule as the execution spec tests' BlockException / TransactionException do. */
export interface InvalidBlock {
  readonly valid: false;
  readonly code: string;
  readonly message: string;
}

export type BlockOutcome = InvalidBlock | ({ readonly valid: true } & SealedBlock);

/**
 * What the state holds that it did not at the last commit, by key. A key occurs at most once; `undefined` removes.
 * Accounts are slim RLP: [nonce, balance, storage root, code hash] with nothing for the root of an empty trie and the hash
 * of no code. Slot values have no leading zeros. Nodes are branches and extensions not embedded in their parent: leaves
 * follow from accounts and slots.
 */
export interface StateChange {
  readonly accounts: readonly (readonly [accountHash: Uint8Array, account: Uint8Array | undefined])[];
  readonly slots: readonly (readonly [accountHash: Uint8Array, slotHash: Uint8Array, value: Uint8Array | undefined])[];
  /** `owner` is empty for the state trie; a path has one nibble per byte. */
  readonly nodes: readonly (readonly [owner: Uint8Array, path: Uint8Array, rlp: Uint8Array | undefined])[];
  readonly code: readonly (readonly [codeHash: Uint8Array, code: Uint8Array])[];
  /** Accounts that lost all slots and storage nodes before those above come. */
  readonly wipedStorage?: readonly Uint8Array[];
}

/** What must become durable with the block; which of the two forms is filled in says `KernelOptions.commitForm`. */
export interface StateCommit {
  readonly stateRoot: Uint8Array;
  readonly changes: StateChange;
  /** New trie nodes and code by keccak hash. */
  readonly preimages: readonly (readonly [hash: Uint8Array, bytes: Uint8Array])[];
}

export interface AccountState {
  readonly nonce: bigint;
  readonly balance: bigint;
  readonly codeHash: Uint8Array;
  readonly storageRoot: Uint8Array;
}

/** EIP-1186. */
export interface AccountProof extends AccountState {
  readonly accountProof: readonly Uint8Array[];
  readonly storageProof: readonly {
    readonly key: Uint8Array;
    readonly value: bigint;
    readonly proof: readonly Uint8Array[];
  }[];
}

/** State override of eth_call and eth_simulateV1, genesis allocation, and the dev-mode setters. */
export interface AccountOverride {
  readonly balance?: bigint;
  readonly nonce?: bigint;
  readonly code?: Uint8Array;
  /** Replaces the whole storage. */
  readonly state?: readonly (readonly [key: Uint8Array, value: Uint8Array])[];
  /** Replaces single slots. */
  readonly stateDiff?: readonly (readonly [key: Uint8Array, value: Uint8Array])[];
}

export interface GenesisBlock {
  readonly header: Omit<Header, "stateRoot" | "transactionsRoot" | "receiptsRoot" | "logsBloom" | "ommersHash">;
  readonly alloc: readonly (readonly [address: Uint8Array, account: AccountOverride])[];
}

/** One interpreter step, delivered by the tracing build before the instruction runs. Views are valid during the call only. */
export interface TraceStep {
  readonly pc: number;
  readonly op: number;
  readonly gas: bigint;
  readonly gasCost: bigint;
  readonly depth: number;
  readonly refund: bigint;
  readonly address: Uint8Array;
  /** 32-byte big-endian words, bottom first. */
  stack(): Uint8Array[];
  memory(): Uint8Array;
  returnData(): Uint8Array;
}

export interface TraceEnter {
  readonly kind: "CALL" | "CALLCODE" | "DELEGATECALL" | "STATICCALL" | "CREATE" | "CREATE2" | "SELFDESTRUCT";
  readonly depth: number;
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly input: Uint8Array;
  readonly gas: bigint;
  readonly value: bigint;
  readonly precompile: boolean;
}

export interface TraceExit {
  readonly depth: number;
  readonly halt: HaltReason;
  readonly gasUsed: bigint;
  readonly output: Uint8Array;
}

/** Observer of an execution; only kernels created with a tracer call it. */
export interface Tracer {
  onStep?(step: TraceStep): void;
  onEnter?(enter: TraceEnter): void;
  onExit?(exit: TraceExit): void;
  onLog?(log: Log): void;
}

export interface KernelOptions {
  readonly config: ChainConfig;
  readonly oracle: PreimageOracle;
  /** Chooses the tracing build: exact per-instruction gas, several times slower. */
  readonly tracer?: Tracer;
  /** Bytes of cached state and trie; above, what was not used lately is evicted between blocks. Default 512 MiB. */
  readonly cacheBytes?: number;
  /** What commits hand over; default: changes to an oracle that finds nodes by their path, else preimages. */
  readonly commitForm?: "changes" | "preimages" | "both";
  /** Threads that help to execute batches of transactions; the kernel does without them by default. */
  readonly workers?: KernelWorkers;
  /** Who compiles code that runs often; without one all code is interpreted. Tracing never runs compiled code. */
  readonly compiler?: CodeCompiler;
}

/** Code compiled for the kernel's memory (packages/metisvm). */
export interface CompiledCode {
  /** Below 16 bits a slot from 1 to 4095, above them which of the slot's tenants this is. The same in every instance. */
  readonly handle: number;
  readonly module: WebAssembly.Module;
}

/** Asked while a frame waits to run: answers at once with what it has. No result depends on the answer. */
export interface CodeCompiler {
  /** Gas that code spends before the first question about it. */
  readonly gasBeforeRequest: bigint;
  request(hash: Uint8Array, fork: ForkName, code: () => Uint8Array): CompiledCode | undefined;
  /** A module that could not be bound to a kernel; its code stays interpreted. */
  failed(error: Error): void;
}

/** What an instance on another thread is made from; it can be sent there. */
export interface WorkerTarget {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Address of the region through which the instances work together. */
  readonly control: number;
  /** The owner's seed of its tables. */
  readonly seed: Uint8Array;
  /** The chain's configuration as the kernel reads it, and the model that it names. */
  readonly config: Uint8Array;
  readonly preimages: readonly (readonly [hash: Uint8Array, bytes: Uint8Array])[];
  /** Where code is compiled: gas that code spends before it is asked for. */
  readonly gasBeforeRequest?: bigint;
  /** And where it arrives at the thread that is about to become worker `worker`, to be transferred there. */
  readonly compiledCode?: (worker: number) => MessagePort;
}

/** How a batch ran. */
export interface BatchReport {
  readonly transactions: number;
  readonly parallel: boolean;
  /** The workers' result could not be used, and the batch ran serially after all. */
  readonly abandoned: boolean;
  /** Runs of transactions beyond the first. */
  readonly repeated: number;
  /** Most transactions that were known to depend on one another in a row. */
  readonly longestChain: number;
  readonly milliseconds: number;
  /** Who ran what and when; of a batch that ran in parallel. */
  readonly schedule?: () => BatchSchedule;
}

/** Threads with instances of the kernel, and the choice of when to use them. No result depends on either. */
export interface KernelWorkers {
  /** Threads besides the kernel's own. */
  readonly count: number;
  /** Lets the threads work for a kernel from now on; those for an earlier memory of it end. */
  attach(target: WorkerTarget): void;
  /** Fewest transactions that are executed in parallel. */
  readonly least: number;
  /** Whether the next batch runs in parallel. */
  choose(transactions: number): boolean;
  report(batch: BatchReport): void;
}

/** Bytes of a kernel's memory. */
export interface MemoryUse {
  /** Cached state in use. */
  readonly used: number;
  /** With what eviction left free for more state. */
  readonly held: number;
  /** All linear memory, which only grows; pages that were never written are not resident. */
  readonly linear: number;
}

/**
 * One instance of the state transition over one state. Not re-entrant; a node keeps one for the head and others for
 * historical reads and tracing.
 */
export interface KernelApi {
  /** Drops all cached state and continues from `stateRoot`. */
  open(stateRoot: Uint8Array): void;
  stateRoot(): Uint8Array;
  genesis(genesis: GenesisBlock): SealedBlock;

  /** Starts a block on `parent`: derives base fee and excess blob gas, runs the pre-block system calls. */
  beginBlock(parent: Header, parentHash: Uint8Array, attributes: BlockAttributes): Header;
  /** Executes a signed transaction onto the open block. Invalid transactions leave no trace. */
  execute(transaction: Uint8Array): TransactionOutcome;
  /** As `execute` for each in order, on as many threads as there are. */
  executeBatch(transactions: readonly Uint8Array[]): TransactionOutcome[];
  /** Executes an unsigned message onto the open block's state. */
  call(request: CallRequest, options?: CallOptions): CallOutcome;
  /** Marks the open block's state and accumulators (gas, receipts, logs); `rollback` returns to the mark. */
  checkpoint(): number;
  rollback(checkpoint: number): void;
  /** Ends the open block: withdrawals, requests, rewards (before Paris), roots, header. */
  seal(): SealedBlock;
  /** Validates and executes a received block against every header, body and transaction rule. On failure the state is unchanged. */
  executeBlock(block: Uint8Array, parent: Header, parentHash: Uint8Array, ommerRewards?: boolean): BlockOutcome;
  /** Hashes the state and hands over what is new since the last commit. */
  commit(): StateCommit;
  /**
   * Loads accounts and slots that transactions will need, between transactions. Never changes a result.
   *
   * @returns how many of them were not in memory
   */
  prefetch(items: readonly AccessListItem[]): number;
  memory(): MemoryUse;

  account(address: Uint8Array): AccountState | undefined;
  code(address: Uint8Array): Uint8Array;
  storage(address: Uint8Array, slot: Uint8Array): Uint8Array;
  proof(address: Uint8Array, slots: readonly Uint8Array[]): AccountProof;
  override(address: Uint8Array, override: AccountOverride): void;

  decodeTransaction(raw: Uint8Array): Transaction | InvalidTransaction;
  decodeHeader(rlp: Uint8Array): Header;
  encodeHeader(header: Header): Uint8Array;
  keccak256(bytes: Uint8Array): Uint8Array;
}
