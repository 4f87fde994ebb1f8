import { Worker } from "node:worker_threads";
import type { SenderTask } from "./sender-thread.ts";

/** Threads need compiled files; the path is the same from `src` and from `dist`. */
const THREAD_FILE = new URL("../dist/sender-thread.js", import.meta.url);
/** Threads that may die before no more are started. */
const MOST_FAILURES = 16;

/** Hashes and senders, as `Kernel.learnSenders` takes them; `undefined` when the thread died. */
export type Identities = Uint8Array | undefined;

interface Thread {
  readonly worker: Worker;
  /** In the order in which they were asked. */
  readonly waiting: ((identities: Identities) => void)[];
}

/**
 * Threads that recover senders while the one that owns the kernel does something else. They start with the first task, and
 * again after a death; whatever they do not answer has to be recovered by who asked.
 */
export class SenderThreads {
  readonly #count: number;
  #threads: Thread[] = [];
  #failures = 0;
  #closed = false;

  constructor(count: number) {
    this.#count = count;
  }

  recover(transactions: readonly Uint8Array[]): Promise<Identities> {
    const thread = this.#leastBusy();
    if (!thread) return Promise.resolve(undefined);
    const task = packed(transactions);
    return new Promise((resolve) => {
      thread.waiting.push(resolve);
      thread.worker.postMessage(task, [task.buffer]);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const threads = this.#threads;
    this.#threads = [];
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  }

  #leastBusy(): Thread | undefined {
    while (!this.#closed && this.#threads.length < this.#count && this.#failures < MOST_FAILURES) {
      this.#threads.push(this.#start());
    }
    return this.#threads.reduce<Thread | undefined>(
      (least, thread) => (least && least.waiting.length <= thread.waiting.length ? least : thread),
      undefined,
    );
  }

  #start(): Thread {
    // Conditions by which the parent resolves packages to their sources do not hold for compiled files.
    const worker = new Worker(THREAD_FILE, { execArgv: [] });
    const thread: Thread = { worker, waiting: [] };
    worker.unref();
    worker.on("message", (identities: Uint8Array) => thread.waiting.shift()?.(identities));
    // The end follows an error.
    worker.on("error", () => {});
    worker.once("exit", () => {
      this.#failures++;
      this.#threads = this.#threads.filter((other) => other !== thread);
      for (const resolve of thread.waiting.splice(0)) resolve(undefined);
    });
    return thread;
  }
}

function packed(transactions: readonly Uint8Array[]): SenderTask {
  const size = transactions.reduce((sum, { length }) => sum + 4 + length, 4);
  const bytes = new Uint8Array(new ArrayBuffer(size));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, transactions.length, true);
  let at = 4;
  for (const transaction of transactions) {
    view.setUint32(at, transaction.length, true);
    bytes.set(transaction, at + 4);
    at += 4 + transaction.length;
  }
  return bytes;
}
