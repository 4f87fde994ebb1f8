import type { LocatedReceipt } from "./api.ts";
import { byteKey } from "./byte-key.ts";
import type { ChainEmitter } from "./chain-emitter.ts";

type Resolve = (receipt: LocatedReceipt | undefined) => void;

/** Callers that wait for a transaction to execute (EIP-7966). */
export class ReceiptWaiters {
  readonly #waiting = new Map<string, Set<Resolve>>();

  constructor(events: ChainEmitter) {
    events.on("preconfirmed", (receipt) => this.#resolve(receipt));
  }

  /** `undefined` after the timeout (milliseconds). */
  wait(hash: Uint8Array, timeout: number): Promise<LocatedReceipt | undefined> {
    const key = byteKey(hash);
    return new Promise((resolve) => {
      const waiters = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, waiters);
      const settle: Resolve = (receipt) => {
        clearTimeout(timer);
        waiters.delete(settle);
        if (waiters.size === 0 && this.#waiting.get(key) === waiters) this.#waiting.delete(key);
        resolve(receipt);
      };
      const timer = setTimeout(settle, timeout, undefined);
      waiters.add(settle);
    });
  }

  /** Answers everyone with `undefined`. */
  close(): void {
    for (const waiters of this.#waiting.values()) for (const settle of [...waiters]) settle(undefined);
  }

  #resolve(receipt: LocatedReceipt): void {
    if (this.#waiting.size === 0) return;
    for (const settle of [...(this.#waiting.get(byteKey(receipt.transaction.hash)) ?? [])]) settle(receipt);
  }
}
