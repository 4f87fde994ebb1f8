import { setTimeout as delay } from "node:timers/promises";
import type { Checkpointer } from "./checkpointer.ts";
import type { DatabaseError } from "./errors.ts";
import type { Layer } from "./layer.ts";
import type { FramedPayload } from "./log/frame.ts";
import type { Overlay } from "./overlay.ts";
import type { Position } from "./position.ts";

/** Records wait this long for company, so that what every block changes is written to the tables less often. */
const GATHER_MS = 1000;
/** As many bytes do not wait. */
const GATHER_BYTES = 8 * 1024 * 1024;
/** Per transaction of the tables. */
const BATCH_BYTES = 8 * 1024 * 1024;

/** A change waits in memory twice: as a record for log and tables, and as a layer for readers. */
const COPIES = 2;

/** Makes records durable and says so with `onAcknowledged`. */
export interface RecordLog {
  append(sequence: number, framed: Uint8Array): void;
  /** The tables have these records now. */
  drop(sequence: number): Promise<void>;
}

export interface PipelineOptions {
  readonly overlay: Overlay;
  readonly checkpointer: Checkpointer;
  readonly position: Position;
  /** Memory for what waits, both copies of it. */
  readonly pendingBytes: number;
  /** The horizon that the options ask for when the head is at this height. */
  readonly horizonFor: (head: bigint) => bigint | undefined;
  /** The tables changed. */
  readonly onCheckpoint: (position: Position) => void;
  /** Called once; nothing is written afterwards. */
  readonly onFailure: (failure: DatabaseError) => void;
}

interface PendingRecord {
  readonly sequence: number;
  readonly payload: Uint8Array;
  readonly head: bigint | undefined;
}

/** From memory to the log to the tables: what was handed over, what is durable, what is in the tables. */
export class Pipeline {
  readonly #options: PipelineOptions;
  #log: RecordLog | undefined;
  readonly #pending: PendingRecord[] = [];
  /** Of records, one copy. */
  #pendingBytes = 0;
  #handedOver: number;
  #acknowledged: number;
  #position: Position;
  /** Last record of the overlay's older generation. */
  #aged: number | undefined;
  #horizon: bigint;
  #failure: DatabaseError | undefined;
  #running: Promise<void> | undefined;
  #hurry = false;
  #waiters: (() => void)[] = [];
  readonly #gatherBytes: number;
  #gather: AbortController | undefined;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#gatherBytes = Math.min(GATHER_BYTES, options.pendingBytes / (2 * COPIES));
    this.#position = options.position;
    this.#horizon = options.position.horizon;
    this.#handedOver = options.position.sequence;
    this.#acknowledged = options.position.sequence;
  }

  start(log: RecordLog): void {
    this.#log = log;
  }

  get failure(): DatabaseError | undefined {
    return this.#failure;
  }

  /** Number of the next record. */
  get nextSequence(): number {
    return this.#handedOver + 1;
  }

  get unacknowledged(): number {
    return this.#handedOver - this.#acknowledged;
  }

  /** Oldest height that may still be asked for: what is below is gone, or about to go. */
  get horizon(): bigint {
    return this.#horizon;
  }

  get position(): Position {
    return this.#position;
  }

  /** @param head height of the state behind the record */
  push({ framed, payload }: FramedPayload, layers: readonly Layer[], head: bigint | undefined): void {
    this.#take(payload, layers, head);
    this.#log!.append(this.#handedOver, framed);
  }

  /** Takes a record that the log has already. */
  resume(payload: Uint8Array, layers: readonly Layer[], head: bigint | undefined): void {
    this.#take(payload, layers, head);
    this.acknowledge(this.#handedOver);
  }

  #take(payload: Uint8Array, layers: readonly Layer[], head: bigint | undefined): void {
    const sequence = this.nextSequence;
    this.#handedOver = sequence;
    for (const layer of layers) this.#options.overlay.push(layer);
    this.#pending.push({ sequence, payload, head });
    this.#pendingBytes += payload.length;
  }

  acknowledge(sequence: number): void {
    this.#acknowledged = sequence;
    this.#wake();
    this.#schedule();
  }

  fail(failure: DatabaseError): void {
    if (this.#failure) return;
    this.#failure = failure;
    this.#options.onFailure(failure);
    this.#wake();
  }

  durable(): Promise<void> {
    const wanted = this.#handedOver;
    return this.#until(() => this.#acknowledged >= wanted);
  }

  async backpressure(): Promise<void> {
    if (this.#failure) throw this.#failure;
    await this.#until(() => this.#pendingBytes * COPIES <= this.#options.pendingBytes);
  }

  flush(): Promise<void> {
    const wanted = this.#handedOver;
    this.#hurry = this.#position.sequence < wanted;
    this.#gather?.abort();
    this.#schedule();
    return this.#until(() => this.#position.sequence >= wanted);
  }

  /** Raises the horizon; history below goes with the next checkpoints. */
  async prune(horizon: bigint): Promise<void> {
    await this.flush();
    if (horizon > this.#horizon) this.#horizon = horizon;
    this.#schedule();
    await this.#until(() => this.#position.horizon >= this.#horizon);
  }

  /** Waits for the checkpoint under way. */
  async stop(): Promise<void> {
    this.#gather?.abort();
    await this.#running;
  }

  async #until(reached: () => boolean): Promise<void> {
    while (!reached()) {
      if (this.#failure) throw this.#failure;
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }

  #schedule(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#hasWork()) this.#schedule();
    });
  }

  #hasWork(): boolean {
    return !this.#failure && (this.#ready() || this.#position.horizon < this.#horizon);
  }

  #ready(): boolean {
    return this.#pending.length > 0 && this.#pending[0]!.sequence <= this.#acknowledged;
  }

  async #run(): Promise<void> {
    // The caller's turn ends first.
    await Promise.resolve();
    while (this.#hasWork()) {
      if (this.#ready() && !this.#hurry && this.#pendingBytes < this.#gatherBytes) await this.#company();
      try {
        await this.#checkpoint();
      } catch (error) {
        this.fail(error as DatabaseError);
      }
    }
  }

  async #company(): Promise<void> {
    this.#gather = new AbortController();
    await delay(GATHER_MS, undefined, { signal: this.#gather.signal, ref: false }).catch(() => {});
    this.#gather = undefined;
  }

  async #checkpoint(): Promise<void> {
    if (this.#aged === undefined) {
      this.#options.overlay.age();
      this.#aged = this.#handedOver;
    }
    const batch = this.#batch(this.#aged);
    const head = batch.findLast((record) => record.head !== undefined)?.head;
    const wanted = head === undefined ? undefined : this.#options.horizonFor(head);
    if (wanted !== undefined && wanted > this.#horizon) this.#horizon = wanted;
    const { position } = await this.#options.checkpointer.run({
      records: batch.map(({ payload }) => payload),
      horizon: this.#horizon,
    });
    this.#position = position;
    this.#pending.splice(0, batch.length);
    for (const { payload } of batch) this.#pendingBytes -= payload.length;
    if (this.#pending.length === 0) this.#hurry = false;
    if (position.sequence >= this.#aged) {
      this.#options.overlay.forget();
      this.#aged = undefined;
    }
    this.#options.onCheckpoint(position);
    await this.#log!.drop(position.sequence);
    this.#wake();
  }

  #batch(last: number): PendingRecord[] {
    const batch: PendingRecord[] = [];
    let bytes = 0;
    for (const record of this.#pending) {
      if (record.sequence > Math.min(last, this.#acknowledged) || bytes > BATCH_BYTES) break;
      batch.push(record);
      bytes += record.payload.length;
    }
    return batch;
  }
}
