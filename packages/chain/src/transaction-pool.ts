import type { AccountState, CallRequest, ForkName, Header, Transaction } from "@hyperion/kernel";
import type { PoolStatus, TransactionPoolApi } from "./api.ts";
import { withoutSidecar } from "./blob-sidecar.ts";
import { byteKey, bytesEqual } from "./byte-key.ts";
import { PoolError } from "./errors.ts";
import type { PoolEntry } from "./pool-entry.ts";
import { checkFunds, checkPrices, effectiveTip, maximumCost, outbids } from "./pool-rules.ts";
import { SenderQueue } from "./sender-queue.ts";

export interface PoolOptions {
  /** Wei per gas; compared with the priority fee (type 0 and 1: the gas price). Default 0. */
  readonly minTip?: bigint;
  /** Wei per gas; compared with the fee cap. Default 0. */
  readonly minGasPrice?: bigint;
  /** Transactions over all senders. Default 10 000. */
  readonly globalLimit?: number;
  /** Transactions of one sender that wait. Default 256. */
  readonly senderLimit?: number;
  /** Milliseconds after which a waiting transaction is dropped. Default 3 h. */
  readonly lifetime?: number;
  /** Bytes, without blobs. Default 128 KiB. */
  readonly sizeLimit?: number;
  /** Default true; blobs themselves are dropped. */
  readonly acceptBlobs?: boolean;
  /** Transactions without EIP-155 chain id. Default true: well-known deployers rely on them. */
  readonly acceptUnprotected?: boolean;
  /** Whether a transaction that the open block has executed may still be replaced or dropped. Default false. */
  readonly replaceExecuted?: boolean;
}

export interface Admission {
  readonly entry: PoolEntry;
  readonly replaced: PoolEntry | undefined;
  /** Its nonce is the sender's next one. */
  readonly next: boolean;
}

/** What the pool asks about the open block. */
export interface PendingView {
  header(): Header;
  fork(): ForkName;
  account(address: Uint8Array): AccountState | undefined;
  code(address: Uint8Array): Uint8Array;
  /** The least wei that a transaction with that gas pays a rollup besides; 0 elsewhere. */
  rollupFee(gasLimit: bigint): bigint;
  /** Stateless validity. @throws PoolError */
  check(raw: Uint8Array, fork: ForkName): Transaction;
}

const DEFAULTS: Required<PoolOptions> = {
  minTip: 0n,
  minGasPrice: 0n,
  globalLimit: 10_000,
  senderLimit: 256,
  lifetime: 3 * 3600 * 1000,
  sizeLimit: 128 * 1024,
  acceptBlobs: true,
  acceptUnprotected: true,
  replaceExecuted: false,
};

/** A blob transaction's sidecar may be this long: nine blobs with their cell proofs. */
const SIDECAR_LIMIT = 2 * 1024 * 1024;
/** Evicting a share at once keeps the cost per addition of a full pool small. */
const EVICTED_SHARE = 64;
const EMPTY_CODE_HASH = Buffer.from("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470", "hex");
const DELEGATION_PREFIX = Buffer.from("ef0100", "hex");

/**
 * Transactions that are not in a sealed block: executed onto the open block, waiting for it, or waiting for an earlier
 * nonce.
 */
export class TransactionPool implements TransactionPoolApi {
  readonly #options: Required<PoolOptions>;
  readonly #view: PendingView;
  readonly #entries = new Map<string, PoolEntry>();
  readonly #senders = new Map<string, SenderQueue>();
  #sequence = 0;
  #executed = 0;
  #minGasPrice: bigint;

  constructor(view: PendingView, options: PoolOptions = {}) {
    this.#view = view;
    this.#options = { ...DEFAULTS, ...options };
    this.#minGasPrice = this.#options.minGasPrice;
  }

  /**
   * Validates a signed transaction and takes it in.
   *
   * @throws PoolError
   */
  admit(raw: Uint8Array): Admission {
    const limit = raw[0] === 3 ? SIDECAR_LIMIT : this.#options.sizeLimit;
    if (raw.length > limit) throw new PoolError("OVERSIZED", `transaction size ${raw.length}, limit ${limit}`);
    const stripped = withoutSidecar(raw);
    if (stripped.length > this.#options.sizeLimit) throw new PoolError("OVERSIZED");
    const transaction = this.#view.check(stripped, this.#view.fork());
    return this.#insert(transaction);
  }

  /** Takes in the message of an impersonated sender; `transaction` is its unsigned form. @throws PoolError */
  admitUnsigned(transaction: Transaction, request: CallRequest): Admission {
    return this.#insert(transaction, request);
  }

  #insert(transaction: Transaction, unsigned?: CallRequest): Admission {
    const key = byteKey(transaction.hash);
    if (this.#entries.has(key)) throw new PoolError("ALREADY_KNOWN");
    if (!unsigned) this.#checkPolicy(transaction);
    checkPrices(transaction, this.#view.header(), this.#options.minTip, this.#minGasPrice);
    const sender = byteKey(transaction.from);
    // Nothing of a message without signature is posted.
    const cost = maximumCost(transaction) + (unsigned ? 0n : this.#view.rollupFee(transaction.gasLimit));
    const { replaced, next } = this.#checkSender(transaction, cost, sender, unsigned !== undefined);
    if (!replaced) this.#makeRoom(transaction, sender);
    const entry: PoolEntry = {
      transaction,
      key,
      sender,
      cost,
      sequence: this.#sequence++,
      received: performance.now(),
      executed: false,
      ...(unsigned ? { unsigned } : {}),
    };
    if (replaced) this.remove(replaced);
    this.#add(entry);
    return { entry, replaced, next };
  }

  #checkPolicy(tx: Transaction): void {
    if (tx.type === 3 && !this.#options.acceptBlobs) throw new PoolError("BLOBS_NOT_ACCEPTED");
    if (tx.type === 0 && tx.chainId === undefined && !this.#options.acceptUnprotected) {
      throw new PoolError("NOT_REPLAY_PROTECTED");
    }
  }

  /** Nonce, replacement, code and funds. */
  #checkSender(tx: Transaction, cost: bigint, sender: string, unsigned: boolean): Omit<Admission, "entry"> {
    const own = this.#senders.get(sender);
    const same = own?.get(tx.nonce);
    if (same && (!same.executed || this.#options.replaceExecuted)) {
      if (!outbids(tx, same.transaction)) throw new PoolError("REPLACEMENT_UNDERPRICED");
    }
    const account = this.#view.account(tx.from);
    const next = account?.nonce ?? 0n;
    const replaced = same && (!same.executed || this.#options.replaceExecuted) ? same : undefined;
    if (tx.nonce < next && !replaced) {
      throw new PoolError("NONCE_TOO_LOW", `next nonce ${next}, tx nonce ${tx.nonce}`);
    }
    if (!unsigned) this.#checkCode(tx, account);
    // The open block has already charged what a replaced, executed transaction cost.
    if (!replaced?.executed) {
      const waitingCost = own?.waitingCost ?? 0n;
      checkFunds(cost + waitingCost - (replaced?.cost ?? 0n), account);
    }
    return { replaced, next: tx.nonce === next };
  }

  /** EIP-3607, relaxed by EIP-7702 for delegated accounts. */
  #checkCode(tx: Transaction, account: AccountState | undefined): void {
    if (!account || bytesEqual(account.codeHash, EMPTY_CODE_HASH)) return;
    const code = this.#view.code(tx.from);
    if (code.length === 23 && bytesEqual(code.subarray(0, 3), DELEGATION_PREFIX)) return;
    if (code.length > 0) throw new PoolError("SENDER_NOT_EOA");
  }

  #makeRoom(tx: Transaction, sender: string): void {
    const waiting = this.#senders.get(sender)?.waiting ?? 0;
    if (waiting >= this.#options.senderLimit) {
      throw new PoolError("ACCOUNT_LIMIT", `${waiting} transactions of this sender wait`);
    }
    if (this.#entries.size - this.#executed < this.#options.globalLimit) return;
    this.#evictWorst(tx);
  }

  /** Drops the cheapest waiting transactions; the newcomer must be better than the worst of them. */
  #evictWorst(tx: Transaction): void {
    const baseFee = this.#view.header().baseFeePerGas ?? 0n;
    const worst = [...this.#entries.values()]
      .filter((entry) => !entry.executed)
      .map((entry) => ({ entry, tip: effectiveTip(entry.transaction, baseFee) }))
      .sort((a, b) => (a.tip < b.tip ? -1 : a.tip > b.tip ? 1 : b.entry.sequence - a.entry.sequence))
      .slice(0, Math.max(1, Math.floor(this.#options.globalLimit / EVICTED_SHARE)));
    const tip = effectiveTip(tx, baseFee);
    if (!worst[0] || tip <= worst[0].tip) throw new PoolError("POOL_FULL");
    for (const { entry, tip: price } of worst) if (price < tip) this.remove(entry);
  }

  /** Takes in transactions again; those that are no longer valid are dropped. */
  reinject(raws: readonly Uint8Array[]): void {
    for (const raw of raws) {
      try {
        this.admit(raw);
      } catch (error) {
        if (!(error instanceof PoolError)) throw error;
      }
    }
  }

  /** The sender's next executable transaction that waits. */
  nextExecutable(sender: string): PoolEntry | undefined {
    const own = this.#senders.get(sender);
    if (!own || own.waiting === 0) return undefined;
    const entry = own.get(this.#view.account(own.any().transaction.from)?.nonce ?? 0n);
    return entry && !entry.executed ? entry : undefined;
  }

  /** Senders with waiting transactions. */
  waitingSenders(): string[] {
    const senders: string[] = [];
    for (const [sender, own] of this.#senders) if (own.waiting > 0) senders.push(sender);
    return senders;
  }

  get waiting(): number {
    return this.#entries.size - this.#executed;
  }

  markExecuted(entry: PoolEntry, executed: boolean): void {
    if (entry.executed === executed) return;
    const own = this.#senders.get(entry.sender);
    if (own?.get(entry.transaction.nonce) !== entry) {
      entry.executed = executed;
      return;
    }
    own.markExecuted(entry, executed);
    this.#executed += executed ? 1 : -1;
  }

  entry(hash: Uint8Array): PoolEntry | undefined {
    return this.#entries.get(byteKey(hash));
  }

  remove(entry: PoolEntry): void {
    if (!this.#entries.delete(entry.key)) return;
    if (entry.executed) this.#executed--;
    const own = this.#senders.get(entry.sender)!;
    own.remove(entry);
    if (own.size === 0) this.#senders.delete(entry.sender);
  }

  clear(): void {
    this.#entries.clear();
    this.#senders.clear();
    this.#executed = 0;
  }

  /** Takes entries back as waiting, unchecked: they were valid in the state they return to. */
  restore(entries: readonly PoolEntry[]): void {
    for (const entry of entries) this.#add({ ...entry, executed: false });
  }

  /** Forgets waiting transactions that are too old. */
  expire(now: number): void {
    for (const entry of this.#entries.values()) {
      if (!entry.executed && now - entry.received > this.#options.lifetime) this.remove(entry);
    }
  }

  /** Forgets waiting transactions whose nonce the head has passed. */
  dropStale(): void {
    for (const entry of [...this.#entries.values()]) {
      const nonce = this.#view.account(entry.transaction.from)?.nonce ?? 0n;
      if (!entry.executed && entry.transaction.nonce < nonce) this.remove(entry);
    }
  }

  setMinGasPrice(price: bigint): void {
    this.#minGasPrice = price;
  }

  get replaceExecuted(): boolean {
    return this.#options.replaceExecuted;
  }

  entries(): PoolEntry[] {
    return [...this.#entries.values()];
  }

  get(hash: Uint8Array): Transaction | undefined {
    return this.entry(hash)?.transaction;
  }

  status(): PoolStatus {
    const { pending, queued } = this.content();
    return { pending: pending.length, queued: queued.length };
  }

  content(): { readonly pending: readonly Transaction[]; readonly queued: readonly Transaction[] } {
    const pending: Transaction[] = [];
    const queued: Transaction[] = [];
    for (const own of this.#senders.values()) this.#classify(own, pending, queued);
    return { pending, queued };
  }

  contentFrom(address: Uint8Array): {
    readonly pending: readonly Transaction[];
    readonly queued: readonly Transaction[];
  } {
    const pending: Transaction[] = [];
    const queued: Transaction[] = [];
    const own = this.#senders.get(byteKey(address));
    if (own) this.#classify(own, pending, queued);
    return { pending, queued };
  }

  nextNonce(address: Uint8Array): bigint {
    let nonce = this.#view.account(address)?.nonce ?? 0n;
    const own = this.#senders.get(byteKey(address));
    while (own?.get(nonce)) nonce++;
    return nonce;
  }

  #classify(own: SenderQueue, pending: Transaction[], queued: Transaction[]): void {
    const entries = [...own.values()].sort((a, b) => (a.transaction.nonce < b.transaction.nonce ? -1 : 1));
    let next = this.#view.account(entries[0]!.transaction.from)?.nonce ?? 0n;
    for (const { transaction, executed } of entries) {
      const ready = executed || transaction.nonce === next;
      if (!executed && ready) next++;
      (ready ? pending : queued).push(transaction);
    }
  }

  #add(entry: PoolEntry): void {
    this.#entries.set(entry.key, entry);
    const own = this.#senders.get(entry.sender) ?? new SenderQueue();
    own.add(entry);
    this.#senders.set(entry.sender, own);
  }
}
