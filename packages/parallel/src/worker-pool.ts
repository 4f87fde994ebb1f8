import { Worker } from "node:worker_threads";
import type { BatchReport, KernelWorkers, WorkerTarget } from "@hyperion/kernel";
import { type ModeChoice, modeChoice, type ParallelMode } from "./mode-choice.ts";
import { type Identities, SenderThreads } from "./sender-threads.ts";
import type { WorkerData } from "./worker.ts";

/** Threads need compiled files; the path is the same from `src` and from `dist`. */
const WORKER_FILE = new URL("../dist/worker.js", import.meta.url);
/** Restarts of threads that died, per kernel memory: a defect that kills every thread must not start them for ever. */
const MOST_RESTARTS = 16;

/** More threads recover senders faster than one thread executes transactions. */
const MOST_SENDER_THREADS = 4;

export interface WorkerPoolOptions {
  /** Threads besides the one that owns the kernel. */
  readonly workers: number;
  readonly mode?: ParallelMode;
}

/** Threads that help one kernel. They start in the background; until they are ready the kernel works alone. */
export class WorkerPool implements KernelWorkers {
  readonly count: number;
  readonly least: number;
  /** Threads of `recoverSenders`. */
  readonly senderThreads: number;
  readonly #choice: ModeChoice;
  readonly #senders: SenderThreads;
  #threads: (Worker | undefined)[] = [];
  #ready: Promise<void> = Promise.resolve();
  #restarts = 0;
  #running = 0;
  #last: BatchReport | undefined;
  #failure: unknown;

  constructor({ workers, mode = "adaptive" }: WorkerPoolOptions) {
    this.count = workers;
    this.#choice = modeChoice(mode);
    this.least = this.#choice.least;
    this.senderThreads = Math.min(workers, MOST_SENDER_THREADS);
    this.#senders = new SenderThreads(this.senderThreads);
  }

  /** How the last batch ran. */
  get lastBatch(): BatchReport | undefined {
    return this.#last;
  }

  /** Threads that are at work or wait for some. */
  get running(): number {
    return this.#running;
  }

  /** Why a thread ended last, if one did. */
  get failure(): unknown {
    return this.#failure;
  }

  attach(target: WorkerTarget): void {
    this.#end();
    this.#restarts = 0;
    const generation: (Worker | undefined)[] = [];
    this.#threads = generation;
    const started = Array.from({ length: this.count }, (_, index) => this.#start(generation, target, index + 1));
    this.#ready = Promise.all(started).then(() => {});
  }

  choose(transactions: number): boolean {
    return this.#choice.choose(transactions);
  }

  /** Recovers senders beside whatever the kernel does meanwhile; the answer is for `Kernel.learnSenders`. */
  recoverSenders(transactions: readonly Uint8Array[]): Promise<Identities> {
    return this.#senders.recover(transactions);
  }

  report(batch: BatchReport): void {
    this.#last = batch;
    this.#choice.report(batch);
  }

  /** When every thread that was started has come up or failed to. */
  ready(): Promise<void> {
    return this.#ready;
  }

  /** Ends one thread as a defect would; another one takes its place. For tests. */
  async endThread(worker: number): Promise<void> {
    await this.#threads[worker - 1]?.terminate();
  }

  /** Ends the threads; the kernel works alone from now on. */
  async close(): Promise<void> {
    await Promise.all([this.#end(), this.#senders.close()]);
  }

  /** Starts a thread, and another one in its place when it dies. */
  #start(generation: (Worker | undefined)[], target: WorkerTarget, worker: number): Promise<void> {
    const { compiledCode, ...rest } = target;
    const port = compiledCode?.(worker);
    const workerData: WorkerData = { target: rest, worker, port };
    // Conditions by which the parent resolves packages to their sources do not hold for compiled files.
    const thread = new Worker(WORKER_FILE, { workerData, execArgv: [], transferList: port ? [port] : [] });
    thread.unref();
    generation[worker - 1] = thread;
    return new Promise((resolve) => {
      let started = false;
      thread.once("message", () => {
        started = true;
        this.#running++;
        resolve();
      });
      thread.once("error", (error) => {
        this.#failure = error;
        resolve();
      });
      thread.once("exit", () => {
        if (started) this.#running--;
        resolve();
        if (this.#threads !== generation || this.#restarts >= MOST_RESTARTS) return;
        this.#restarts++;
        this.#start(generation, target, worker).catch(() => {});
      });
    });
  }

  async #end(): Promise<void> {
    const threads = this.#threads;
    this.#threads = [];
    await Promise.all(threads.map((thread) => thread?.terminate()));
  }
}
