import { Worker } from "node:worker_threads";
import type { CallEvidence } from "../evidence.ts";
import { isNetwork } from "../network-blob.ts";
import type { AnswerRequest } from "../request.ts";
import { RequestError } from "../request.ts";
import type { Completion, Embeddings, Job, Message, ModelSource, Order, Result, Task, ThreadData } from "./protocol.ts";

/** A model that answers, by its root or its name. */
export interface ServedModel extends ModelSource {
  readonly name: string;
}

export interface InferenceServiceOptions {
  /** The first answers when no other is named. */
  readonly models: readonly ServedModel[];
  /** Models that are asked for by their roots only: those of the chain's registry. */
  readonly lookUp?: (root: Uint8Array) => Uint8Array | undefined;
  /** Requests that may wait besides the one that runs. */
  readonly queue: number;
  /** Most tokens of an answer, whatever was asked for. */
  readonly maxTokens: number;
  /** Blobs kept in memory, in bytes. */
  readonly residentBytes: number;
  /** Threads that share the work of one request; useful from some ten million parameters on. */
  readonly threads: number;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Text as it is made, and the tokens so far. */
  readonly onText?: (text: string, tokens: number) => void;
}

/** Threads need compiled files; the path is the same from `src` and from `dist`. */
const THREAD_FILE = new URL("../../dist/service/thread.js", import.meta.url);
/** A thread that does not notice within this time that its job was given up is ended. */
const GRACE_MS = 2_000;

interface Entry {
  readonly job: Job;
  readonly model: ServedModel;
  readonly options: RunOptions;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
  /** Undoes what was set up for the job. */
  readonly release: () => void;
}

/** Models for users outside the chain, in a thread of their own: one request runs, others wait in line. */
export class InferenceService {
  readonly models: readonly ServedModel[];
  readonly #options: InferenceServiceOptions;
  readonly #cancelled = new Int32Array(new SharedArrayBuffer(4));
  readonly #waiting: Entry[] = [];
  #running: Entry | undefined;
  #thread: Worker | undefined;
  /** Roots of the models that the thread has. */
  #known = new Set<string>();
  #jobs = 0;
  #closed = false;

  constructor(options: InferenceServiceOptions) {
    this.models = options.models;
    this.#options = options;
  }

  /** The language model of that name or root (0x…); the first when none is named. Throws `RequestError`. */
  find(name?: string): ServedModel {
    const found = name === undefined ? this.models[0] : (this.#named(name) ?? this.#lookUp(name));
    if (!found || isNetworkBlob(found)) {
      throw new RequestError("UNKNOWN_MODEL", `there is no model ${(name ?? "").slice(0, 80)} here`);
    }
    return found;
  }

  /** The model of that root (0x…), networks over images included: what `examine` takes. */
  findRoot(root: string): ServedModel | undefined {
    return this.#named(root) ?? this.#lookUp(root);
  }

  #named(name: string): ServedModel | undefined {
    const wanted = name.toLowerCase();
    return this.models.find((model) => model.name === name || hexOf(model.root) === wanted);
  }

  #lookUp(name: string): ServedModel | undefined {
    const root = name.toLowerCase();
    if (!/^0x[0-9a-f]{64}$/.test(root)) return undefined;
    const bytes = Buffer.from(root.slice(2), "hex");
    const blob = this.#options.lookUp?.(bytes);
    return blob && { name: root, root: bytes, bytes: blob.length, blob };
  }

  /** Answers a request. Rejects with `RequestError`. */
  complete(model: ServedModel, request: AnswerRequest, options: RunOptions = {}): Promise<Completion> {
    const { maxTokens } = this.#options;
    const bounded = { ...request, maxTokens: Math.min(request.maxTokens || maxTokens, maxTokens) };
    return this.#enqueue(model, { kind: "answer", request: bounded }, options) as Promise<Completion>;
  }

  /** The directions of texts. Rejects with `RequestError`. */
  embed(model: ServedModel, texts: readonly string[], options: RunOptions = {}): Promise<Embeddings> {
    return this.#enqueue(model, { kind: "embed", texts }, options) as Promise<Embeddings>;
  }

  /** Computes a call of the precompile anew; `registered`: of a model of the registry. Rejects with `RequestError`. */
  examine(
    model: ServedModel,
    call: { readonly calldata: Uint8Array; readonly gas: bigint; readonly registered: boolean },
    options: RunOptions = {},
  ): Promise<CallEvidence> {
    return this.#enqueue(model, { kind: "examine", ...call }, options) as Promise<CallEvidence>;
  }

  /** Ends the thread; what waits is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    const gone = new RequestError("CANCELLED", "the node is shutting down");
    for (const entry of this.#waiting.splice(0)) this.#settle(entry, () => entry.reject(gone));
    const thread = this.#thread;
    this.#failRunning(gone);
    await thread?.terminate();
  }

  #enqueue(model: ServedModel, task: Task, options: RunOptions): Promise<Result> {
    const { signal } = options;
    if (this.#closed || signal?.aborted) return Promise.reject(givenUp());
    if (this.#running && this.#waiting.length >= this.#options.queue) {
      return Promise.reject(new RequestError("BUSY", "too many requests are waiting for a model"));
    }
    return new Promise((resolve, reject) => {
      // Job numbers are i32 and never 0, which is what stands in `cancelled` at first.
      this.#jobs = (this.#jobs % 0x7fffffff) + 1;
      const job: Job = { kind: "job", id: this.#jobs, root: hexOf(model.root), task };
      const abort = (): void => this.#cancel(entry);
      const release = (): void => signal?.removeEventListener("abort", abort);
      const entry: Entry = { job, model, options, resolve, reject, release };
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.push(entry);
      this.#startNext();
    });
  }

  #startNext(): void {
    if (this.#running || this.#closed) return;
    const entry = this.#waiting.shift();
    if (!entry) return;
    this.#running = entry;
    this.#thread ??= this.#startThread();
    this.#thread.ref();
    const { root } = entry.job;
    if (!this.#known.has(root)) {
      const { bytes, blob } = entry.model;
      const order: Order = { kind: "model", root, source: { root: entry.model.root, bytes, blob } };
      this.#thread.postMessage(order);
      this.#known.add(root);
    }
    this.#thread.postMessage(entry.job);
  }

  #startThread(): Worker {
    const { residentBytes, threads } = this.#options;
    const workerData: ThreadData = { residentBytes, threads, cancelled: this.#cancelled };
    this.#known = new Set();
    const thread = new Worker(THREAD_FILE, { workerData });
    thread.on("message", (message: Message) => this.#receive(message));
    const end = (error: unknown): void => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      this.#failRunning(new RequestError("FAILED", "the thread that runs models ended", { cause: error }));
      this.#startNext();
    };
    thread.on("error", end);
    thread.on("exit", end);
    return thread;
  }

  #receive(message: Message): void {
    const entry = this.#running;
    if (entry?.job.id !== message.id) return;
    if (message.kind === "text") {
      if (!entry.options.signal?.aborted) entry.options.onText?.(message.text, message.tokens);
      return;
    }
    this.#running = undefined;
    this.#thread?.unref();
    this.#settle(entry, () => {
      if (message.kind === "result") entry.resolve(message.result);
      else entry.reject(new RequestError(message.code, message.message));
    });
    this.#startNext();
  }

  /** Takes a job out of the line, or asks the thread to end it. */
  #cancel(entry: Entry): void {
    const place = this.#waiting.indexOf(entry);
    if (place >= 0) {
      this.#waiting.splice(place, 1);
      this.#settle(entry, () => entry.reject(givenUp()));
      return;
    }
    if (this.#running !== entry) return;
    Atomics.store(this.#cancelled, 0, entry.job.id);
    const thread = this.#thread;
    const insist = (): void => {
      if (this.#running === entry) void thread?.terminate();
    };
    setTimeout(insist, GRACE_MS).unref();
  }

  #failRunning(error: Error): void {
    const entry = this.#running;
    this.#running = undefined;
    if (entry) this.#settle(entry, () => entry.reject(error));
  }

  #settle(entry: Entry, conclude: () => void): void {
    entry.release();
    conclude();
  }
}

const isNetworkBlob = ({ blob }: ServedModel): boolean => typeof blob !== "string" && isNetwork(blob);

const givenUp = (): RequestError => new RequestError("CANCELLED", "the request was given up");

const hexOf = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`;
