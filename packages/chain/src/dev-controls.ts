import type { AccountOverride, CallRequest } from "@hyperion/kernel";
import type { DevControls } from "./api.ts";
import type { BlockBuilder } from "./block-builder.ts";
import { byteKey } from "./byte-key.ts";
import type { ChainStore } from "./chain-store.ts";
import { DevJournal } from "./dev-journal.ts";
import { ChainError } from "./errors.ts";
import type { PoolEntry } from "./pool-entry.ts";
import type { StoredBlock } from "./stored-block.ts";

interface Snapshot {
  readonly head: StoredBlock;
  /** Changes of the head's state by setters. */
  readonly changes: number;
  readonly entries: readonly PoolEntry[];
  restoreClock(): void;
}

/** The controls that test suites use; every one refuses to work outside dev mode. */
export class ChainDevControls implements DevControls {
  readonly #builder: BlockBuilder;
  readonly #store: ChainStore;
  readonly #setHead: (hash: Uint8Array) => Promise<void>;
  readonly #journal: DevJournal;
  readonly #snapshots = new Map<number, Snapshot>();
  readonly #impersonated = new Set<string>();
  #impersonateAll = false;
  #lastSnapshot = 0;

  constructor(builder: BlockBuilder, store: ChainStore, setHead: (hash: Uint8Array) => Promise<void>) {
    this.#builder = builder;
    this.#store = store;
    this.#journal = new DevJournal(store);
    this.#setHead = setHead;
  }

  async setBalance(address: Uint8Array, balance: bigint): Promise<void> {
    this.#override(address, { balance });
  }

  async setNonce(address: Uint8Array, nonce: bigint): Promise<void> {
    this.#override(address, { nonce });
  }

  async setCode(address: Uint8Array, code: Uint8Array): Promise<void> {
    this.#override(address, { code });
  }

  async setStorageAt(address: Uint8Array, slot: Uint8Array, value: Uint8Array): Promise<void> {
    this.#override(address, { stateDiff: [[slot, value]] });
  }

  setNextBlockTimestamp(timestamp: bigint): void {
    const { header } = this.#store.head;
    if (timestamp <= header.timestamp) {
      throw new ChainError(
        "INVALID_TIMESTAMP",
        `timestamp ${timestamp} is not after the previous block's ${header.timestamp}`,
      );
    }
    this.#builder.clock.setNext(timestamp);
    this.#builder.rebuild();
  }

  increaseTime(seconds: bigint): bigint {
    const offset = this.#builder.clock.increase(seconds);
    this.#builder.rebuild();
    return offset;
  }

  setTime(timestamp: bigint): bigint {
    const offset = this.#builder.clock.set(timestamp);
    this.#builder.rebuild();
    return offset;
  }

  setBlockTimestampInterval(seconds: bigint | undefined): void {
    this.#builder.clock.setInterval(seconds);
    this.#builder.rebuild();
  }

  setNextBlockBaseFeePerGas(baseFeePerGas: bigint): void {
    this.#builder.setNextBlock({ baseFeePerGas });
  }

  setNextBlockPrevRandao(prevRandao: Uint8Array): void {
    this.#builder.setNextBlock({ prevRandao });
  }

  setCoinbase(coinbase: Uint8Array): void {
    this.#builder.setCoinbase(coinbase);
  }

  setBlockGasLimit(gasLimit: bigint): void {
    this.#builder.setGasLimit(gasLimit);
  }

  setMinGasPrice(price: bigint): void {
    this.#builder.pool.setMinGasPrice(price);
  }

  impersonate(address: Uint8Array): void {
    this.#impersonated.add(byteKey(address));
  }

  stopImpersonating(address: Uint8Array): void {
    this.#impersonated.delete(byteKey(address));
  }

  autoImpersonate(enabled: boolean): void {
    this.#impersonateAll = enabled;
  }

  isImpersonated(address: Uint8Array): boolean {
    return this.#impersonateAll || this.#impersonated.has(byteKey(address));
  }

  sendUnsigned(request: CallRequest & { readonly from: Uint8Array }): Uint8Array {
    return this.#builder.submitUnsigned(request);
  }

  dropTransaction(hash: Uint8Array): boolean {
    const entry = this.#builder.pool.entry(hash);
    if (!entry) return false;
    this.#builder.drop(entry);
    return true;
  }

  dropAllTransactions(): void {
    this.#builder.pool.clear();
    this.#builder.rebuild();
  }

  snapshot(): number {
    const { head } = this.#store;
    this.#snapshots.set(++this.#lastSnapshot, {
      head,
      changes: this.#journal.length,
      entries: this.#builder.pool.entries(),
      restoreClock: this.#builder.clock.save(),
    });
    return this.#lastSnapshot;
  }

  async revert(id: number): Promise<boolean> {
    const snapshot = this.#snapshots.get(id);
    if (!snapshot) return false;
    for (let later = id; later <= this.#lastSnapshot; later++) this.#snapshots.delete(later);
    this.#builder.pool.clear();
    snapshot.restoreClock();
    await this.#setHead(snapshot.head.hash);
    this.#journal.undoTo(snapshot.changes);
    this.#builder.pool.clear();
    this.#builder.reopen();
    this.#builder.pool.restore(snapshot.entries);
    return true;
  }

  async reset(): Promise<void> {
    this.#snapshots.clear();
    this.#impersonated.clear();
    this.#builder.pool.clear();
    await this.#setHead(this.#store.genesis.hash);
    this.#journal.undoTo(0);
    this.#builder.pool.clear();
    this.#builder.reopen();
  }

  /** Changes the state of the head itself, so that "latest" shows it without a new block. */
  #override(address: Uint8Array, override: AccountOverride): void {
    this.#builder.requireRunning();
    this.#builder.rebuild((kernel) => {
      kernel.override(address, override);
      this.#journal.record(kernel.commit());
    });
  }
}
