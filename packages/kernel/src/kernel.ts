import { WireReader, WireWriter } from "./codec.ts";
import { COMMIT_FORMS, type CommitForm } from "./commit.ts";
import { KernelError } from "./errors.ts";
import { ExecutedOutcome } from "./executed-outcome.ts";
import { readRecord } from "./execution-record.ts";
import { KernelInstance } from "./instance.ts";
import { HALT_REASONS, readInvalidBlock, readInvalidTransaction } from "./outcomes.ts";
import { readSchedule } from "./parallel/batch-schedule.ts";
import {
  type AccessListItem,
  type AccountOverride,
  type AccountProof,
  type AccountState,
  type BlockAttributes,
  type BlockOutcome,
  type CallOptions,
  type CallOutcome,
  type CallRequest,
  type ChainConfig,
  FORKS,
  type ForkName,
  type GenesisBlock,
  type Header,
  type InvalidTransaction,
  type KernelApi,
  type KernelOptions,
  type KernelWorkers,
  type MemoryUse,
  type PreimageOracle,
  type SealedBlock,
  type SealedHead,
  type StateCommit,
  type Transaction,
  type TransactionOutcome,
} from "./types.ts";
import {
  readAccessList,
  readAccount,
  readHeader,
  readProof,
  readSealedBlock,
  readSealedHead,
  readTransaction,
  writeAttributes,
  writeCall,
  writeConfig,
  writeHeader,
  writeHints,
  writeOverride,
} from "./wire.ts";

const EMPTY_TRIE_ROOT = Uint8Array.from(
  Buffer.from("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421", "hex"),
);
const NO_BYTES = new Uint8Array(0);
/** In the order of `lookUps` in assembly/entry/cache.ts. */
const LOOK_UPS = ["inTurn", "dependent", "grouped"] as const;
/** Whether the sender is known, the transaction's hash, its sender. */
const IDENTITY_SIZE = 1 + 32 + 20;
const DEFAULT_CACHE_BYTES = 512 * 1024 * 1024;

/** A transaction that passes every rule that needs no state, with the least gas it must offer. */
export interface CheckedTransaction {
  readonly valid: true;
  readonly transaction: Transaction;
  readonly intrinsicGas: bigint;
  /** EIP-7623; zero before Prague. */
  readonly floorGas: bigint;
}

/** The state transition in WebAssembly behind `KernelApi`. */
export class Kernel implements KernelApi {
  readonly #config: ChainConfig;
  readonly #instance: KernelInstance;
  readonly #cacheBytes: number;
  readonly #commitForm: CommitForm;
  readonly #workers: KernelWorkers | undefined;
  readonly #oracle: PreimageOracle;
  readonly #out = new WireWriter();
  /** Whether the kernel executes received blocks in batches. */
  #importBatches = false;
  /** Root of a state without changes since `open` or `commit`: what the caches may be dropped to when they outgrow their budget. */
  #cleanRoot: Uint8Array | undefined;

  private constructor(instance: KernelInstance, commitForm: CommitForm, options: KernelOptions) {
    this.#instance = instance;
    this.#commitForm = commitForm;
    this.#config = options.config;
    this.#cacheBytes = options.cacheBytes ?? DEFAULT_CACHE_BYTES;
    this.#workers = options.workers;
    this.#oracle = options.oracle;
    this.#configure();
  }

  /** Loads and instantiates the kernel; modules are compiled once per process. The state is empty until `open` or `genesis`. */
  static async create(options: KernelOptions): Promise<Kernel> {
    const build = options.tracer ? "kernel-trace" : "kernel";
    const form = options.commitForm ?? (options.oracle.node ? "changes" : "preimages");
    return new Kernel(
      await KernelInstance.create(build, options.oracle, options.tracer, undefined, form, options.compiler),
      form,
      options,
    );
  }

  open(stateRoot: Uint8Array): void {
    if (this.#instance.poisoned) this.#renew();
    this.#ask("open", this.#out.reset().fixed(stateRoot, 32));
    this.#cleanRoot = stateRoot.slice();
  }

  stateRoot(): Uint8Array {
    return this.#ask("root", this.#out.reset()).fixed(32);
  }

  genesis(genesis: GenesisBlock): SealedBlock {
    this.open(EMPTY_TRIE_ROOT);
    for (const [address, account] of genesis.alloc) this.override(address, account);
    const out = this.#out.reset();
    writeHeader(out, genesis.header);
    return readSealedBlock(this.#ask("genesis", out));
  }

  /** `systemCalls: false` leaves out the calls of EIP-4788 and EIP-2935, as state tests and plain simulations need. */
  beginBlock(parent: Header, parentHash: Uint8Array, attributes: BlockAttributes, systemCalls: boolean = true): Header {
    this.#trimCaches();
    this.#cleanRoot = undefined;
    const out = this.#out.reset();
    writeHeader(out, parent);
    out.fixed(parentHash, 32);
    writeAttributes(out, attributes, systemCalls);
    return readHeader(this.#ask("begin", out));
  }

  execute(transaction: Uint8Array): TransactionOutcome {
    return readOutcome(this.#ask("execute", this.#out.reset().bytes(transaction)));
  }

  executeBatch(transactions: readonly Uint8Array[]): TransactionOutcome[] {
    const from = this.#inBatch(transactions.length, (parallel) => {
      const out = this.#out.reset().u8(parallel);
      out.list(transactions, (transaction) => out.bytes(transaction));
      return "executeBatch";
    });
    return transactions.map(() => readOutcome(from));
  }

  /** Recovers the senders of transactions that are about to be checked and executed, on as many threads as there are. */
  recoverSenders(transactions: readonly Uint8Array[]): void {
    if (!this.#workers?.choose(transactions.length)) return;
    const out = this.#out.reset();
    out.list(transactions, (transaction) => out.bytes(transaction));
    this.#instance.callInBatch("recoverSenders", out.written);
  }

  /**
   * Hash and sender of each transaction, as `learnSenders` takes them. `transactions`: their number u32, then each after its
   * length u32, little-endian.
   */
  identifySenders(transactions: Uint8Array): Uint8Array {
    return this.#instance.call("identifySenders", transactions);
  }

  /** Takes over what `identifySenders` of a kernel on another thread said, so that nothing has to be recovered here. */
  learnSenders(transactions: readonly Uint8Array[], identities: Uint8Array): void {
    const out = this.#out.reset().u32(transactions.length);
    for (const [index, transaction] of transactions.entries()) {
      const identity = identities.subarray(index * IDENTITY_SIZE, (index + 1) * IDENTITY_SIZE);
      out.bytes(transaction).fixed(identity, IDENTITY_SIZE);
    }
    this.#ask("learnSenders", out);
  }

  /** For tests: delays at random places of the schedule of batches; 0 ends them. */
  delayBatches(seed: number): void {
    this.#ask("stress", this.#out.reset().u32(seed));
  }

  call(request: CallRequest, options: CallOptions = {}): CallOutcome {
    const out = this.#out.reset();
    writeCall(out, request, options);
    const from = this.#ask("simulate", out);
    if (!from.bool()) return readInvalidTransaction(from);
    const halt = HALT_REASONS[from.u8()]!;
    const gasUsedBeforeRefund = from.u64();
    const output = from.bytes();
    const record = readRecord(from);
    let accessList: readonly AccessListItem[] | undefined;
    return {
      valid: true,
      halt,
      gasUsed: record.gasUsed,
      gasUsedBeforeRefund,
      output,
      get logs() {
        return record.receipt.logs;
      },
      record,
      get receipt() {
        return record.receipt;
      },
      get accessList() {
        accessList ??= readAccessList(from);
        return accessList;
      },
    };
  }

  checkpoint(): number {
    return this.#ask("mark", this.#out.reset()).u32();
  }

  rollback(checkpoint: number): void {
    const known = this.#ask("rollback", this.#out.reset().u32(checkpoint)).bool();
    if (!known) throw new KernelError("INVALID_ARGUMENT", `no checkpoint ${checkpoint} in the open block`);
  }

  seal(): SealedBlock {
    return readSealedBlock(this.#sealed(true));
  }

  /** Like `seal`, for who kept the transactions and the receipts of the block as they were executed. */
  sealHead(): SealedHead {
    return readSealedHead(this.#sealed(false));
  }

  #sealed(contents: boolean): WireReader {
    const from = this.#ask("seal", this.#out.reset().u8(contents));
    if (from.bool()) return from;
    const { code, message } = readInvalidBlock(from);
    throw new KernelError("SEAL_FAILED", `${code}: ${message}`);
  }

  executeBlock(block: Uint8Array, parent: Header, parentHash: Uint8Array, ommerRewards: boolean = true): BlockOutcome {
    this.#trimCaches();
    const from = this.#inBatch(Number.POSITIVE_INFINITY, (parallel) => {
      if (parallel !== this.#importBatches) {
        this.#ask("importBatches", this.#out.reset().u32(parallel ? Math.max(this.#workers!.least, 1) : 0));
      }
      this.#importBatches = parallel;
      const out = this.#out.reset();
      writeHeader(out, parent);
      out.fixed(parentHash, 32).u8(ommerRewards).bytes(block);
      return "importReceived";
    });
    if (!from.bool()) return readInvalidBlock(from);
    this.#cleanRoot = undefined;
    return { valid: true, ...readSealedBlock(from) };
  }

  commit(): StateCommit {
    const { result, commit } = this.#instance.collectCommit(() => this.#ask("commit", this.#out.reset()));
    const stateRoot = result.fixed(32);
    this.#cleanRoot = stateRoot.slice();
    return { stateRoot, ...commit };
  }

  prefetch(items: readonly AccessListItem[]): number {
    const out = this.#out.reset();
    writeHints(out, items);
    return this.#ask("prefetch", out).u32();
  }

  /**
   * For measurements: looks accounts up that are in memory, 20 bytes of address after the other. Each look-up after the other,
   * or only when the record before said where the next address is (`dependent`), or in the groups of `prefetch`.
   */
  lookUps(addresses: Uint8Array, how: (typeof LOOK_UPS)[number]): void {
    const out = this.#out.reset().u8(LOOK_UPS.indexOf(how));
    this.#ask("lookUps", out.u32(addresses.length / 20).fixed(addresses, addresses.length));
  }

  memory(): MemoryUse {
    const from = this.#ask("memoryUse", this.#out.reset());
    return { used: Number(from.u64()), held: Number(from.u64()), linear: this.#instance.memoryBytes };
  }

  account(address: Uint8Array): AccountState | undefined {
    this.#evict();
    const from = this.#ask("accountState", this.#out.reset().fixed(address, 20));
    return from.bool() ? readAccount(from) : undefined;
  }

  code(address: Uint8Array): Uint8Array {
    this.#evict();
    return this.#ask("accountCode", this.#out.reset().fixed(address, 20)).bytes();
  }

  storage(address: Uint8Array, slot: Uint8Array): Uint8Array {
    this.#evict();
    return this.#ask("accountStorage", this.#out.reset().fixed(address, 20).fixed(slot, 32)).fixed(32);
  }

  proof(address: Uint8Array, slots: readonly Uint8Array[]): AccountProof {
    this.#evict();
    const out = this.#out.reset().fixed(address, 20);
    return readProof(
      this.#ask(
        "accountProofs",
        out.list(slots, (slot) => out.fixed(slot, 32)),
      ),
    );
  }

  override(address: Uint8Array, override: AccountOverride): void {
    this.#cleanRoot = undefined;
    const out = this.#out.reset();
    writeOverride(out, address, override);
    this.#ask("overrideAccount", out);
  }

  decodeTransaction(raw: Uint8Array): Transaction | InvalidTransaction {
    const from = this.#ask("decode", this.#out.reset().u8(false).u32(0).bytes(raw));
    return from.bool() ? readTransaction(from, raw) : readInvalidTransaction(from);
  }

  /** Applies every validity rule of `fork` that needs neither state nor block: what a pool checks before anything else. */
  checkTransaction(raw: Uint8Array, fork: ForkName): CheckedTransaction | InvalidTransaction {
    const from = this.#ask("decode", this.#out.reset().u8(true).u32(FORKS.indexOf(fork)).bytes(raw));
    if (!from.bool()) return readInvalidTransaction(from);
    const transaction = readTransaction(from, raw);
    return { valid: true, transaction, intrinsicGas: from.u64(), floorGas: from.u64() };
  }

  decodeHeader(rlp: Uint8Array): Header {
    const from = this.#ask("headerDecode", this.#out.reset().bytes(rlp));
    if (!from.bool()) throw new KernelError("INVALID_ARGUMENT", "not the RLP of a block header");
    return readHeader(from);
  }

  encodeHeader(header: Header): Uint8Array {
    const out = this.#out.reset();
    writeHeader(out, header);
    return this.#ask("headerEncode", out).bytes();
  }

  keccak256(bytes: Uint8Array): Uint8Array {
    return this.#ask("keccak", this.#out.reset().bytes(bytes)).fixed(32);
  }

  #renew(): void {
    this.#instance.renew();
    this.#configure();
  }

  #configure(): void {
    this.#ask("commitForm", this.#out.reset().u8(COMMIT_FORMS[this.#commitForm]));
    const out = this.#out.reset();
    writeConfig(out, this.#config);
    const config = out.written.slice();
    const loaded = this.#ask("configure", out).bool();
    if (!loaded) throw new KernelError("INVALID_ARGUMENT", "the configured model is not a valid model blob");
    this.#importBatches = false;
    this.#share(config);
  }

  #share(config: Uint8Array): void {
    if (!this.#workers) return;
    const root = this.#config.inference?.defaultModel;
    const model = root && this.#oracle.preimage(root);
    const preimages = root && model ? [[root, model] as const] : [];
    this.#workers.attach({ ...this.#instance.shareWith(this.#workers.count), config, preimages });
  }

  /** Between blocks and with everything committed, caches above the budget shrink; where that is not enough they go whole. */
  #trimCaches(): void {
    const root = this.#cleanRoot;
    if (this.#evict() && root) this.open(root);
  }

  /** With everything committed, evicts down to the budget. Returns whether that was not enough. */
  #evict(): boolean {
    if (!this.#cleanRoot) return false;
    return this.#ask("evict", this.#out.reset().u64(BigInt(this.#cacheBytes))).bool();
  }

  /**
   * Sends a message that `write` makes to the entry that it names, with the workers where that is chosen and possible.
   * `transactions`: how many there are, Infinity when that is not known.
   */
  #inBatch(transactions: number, write: (parallel: boolean) => string): WireReader {
    const workers = this.#workers;
    const parallel = workers?.choose(transactions) ?? false;
    const batches = this.#instance.batches();
    const begin = performance.now();
    const name = write(parallel);
    const answer = parallel ? this.#instance.callInBatch(name, this.#out.written) : undefined;
    const from = answer ? new WireReader(answer) : this.#ask(parallel ? write(false) : name, this.#out);
    if (workers) {
      const milliseconds = performance.now() - begin;
      const ran = this.#instance.batches() !== batches;
      const schedule = answer && ran ? this.#instance.call("schedule", NO_BYTES) : undefined;
      workers.report({
        transactions: ran ? this.#instance.batchSize() : transactions,
        parallel: ran,
        abandoned: parallel && !answer,
        repeated: schedule ? this.#instance.repeatedRuns() : 0,
        longestChain: schedule ? this.#instance.longestChain() : 0,
        milliseconds,
        ...(schedule ? { schedule: () => readSchedule(new WireReader(schedule)) } : {}),
      });
    }
    return from;
  }

  #ask(name: string, message: WireWriter): WireReader {
    return new WireReader(this.#instance.call(name, message.written));
  }
}

function readOutcome(from: WireReader): TransactionOutcome {
  return from.bool() ? new ExecutedOutcome(from) : readInvalidTransaction(from);
}
