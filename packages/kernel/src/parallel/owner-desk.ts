import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { CompiledCode } from "../types.ts";
import {
  ANSWER,
  ANSWERED,
  ARGUMENTS,
  ASKED,
  CALL,
  CALLS,
  controlWords,
  FAILED,
  mailboxOf,
  REQUESTS,
  REST,
  STATE,
} from "./control.ts";

/** A batch ended without a result; it has to run serially. Never leaves the kernel's package. */
export class BatchAbandoned extends Error {}

type HostCall = (...operands: (number | bigint)[]) => number;

/** Where the owner of a state answers what workers ask its host while a batch runs. */
export class OwnerDesk {
  readonly #words: Int32Array;
  readonly #workers: number;
  readonly #host: Readonly<Record<string, unknown>>;
  readonly #compiled: ((handle: number) => CompiledCode | undefined) | undefined;
  /** By worker, where code is sent to those who interpret until it arrives. */
  readonly #ports = new Map<number, MessagePort>();
  #closing = false;

  /** `host`: the owner's own imports; `compiled`: what a handle of compiled code stands for, where code is compiled. */
  constructor(
    memory: WebAssembly.Memory,
    control: number,
    workers: number,
    host: Readonly<Record<string, unknown>>,
    compiled: ((handle: number) => CompiledCode | undefined) | undefined,
  ) {
    this.#compiled = compiled;
    this.#words = controlWords(memory, control);
    this.#workers = workers;
    this.#host = host;
  }

  /** A new line to a worker, in place of the one to the thread that it was before: where compiled code arrives. */
  connect(worker: number): MessagePort {
    this.#ports.get(worker)?.close();
    const { port1, port2 } = new MessageChannel();
    port1.unref();
    this.#ports.set(worker, port1);
    return port2;
  }

  /** Serves who waits, or rests for a moment. @throws BatchAbandoned when somebody gave the batch up */
  rest(): void {
    if (!this.#closing && Atomics.load(this.#words, FAILED) !== 0) throw new BatchAbandoned();
    if (Atomics.load(this.#words, REQUESTS) === 0) Atomics.wait(this.#words, REQUESTS, 0, REST);
    for (let worker = 1; worker <= this.#workers; worker++) this.#serve(worker, mailboxOf(worker));
  }

  /** Tells everybody that the batch is given up. */
  fail(): void {
    Atomics.store(this.#words, FAILED, 1);
  }

  /** Runs `work` as the end of a batch that was given up. */
  close<T>(work: () => T): T {
    this.#closing = true;
    try {
      return work();
    } finally {
      this.#closing = false;
    }
  }

  #serve(worker: number, box: number): void {
    if (Atomics.load(this.#words, box + STATE) !== ASKED) return;
    try {
      const answer = this.#answer(box);
      if (CALLS[this.#words[box + CALL]!] === "compiledCode") this.#send(worker, answer);
      Atomics.store(this.#words, box + ANSWER, answer);
    } catch {
      // What a transaction reads before its time may not exist; running serially shows whether it is missing.
      this.fail();
    }
    Atomics.store(this.#words, box + STATE, ANSWERED);
    Atomics.sub(this.#words, REQUESTS, 1);
    Atomics.notify(this.#words, box + STATE);
  }

  /** A compiled module goes to the worker as a message, which is there before the answer. */
  #send(worker: number, handle: number): void {
    const code = handle === 0 ? undefined : this.#compiled?.(handle);
    if (code) this.#ports.get(worker)?.postMessage(code);
  }

  #answer(box: number): number {
    const name = CALLS[this.#words[box + CALL]!]!;
    const operands = this.#words.subarray(box + ARGUMENTS, box + ANSWER);
    const call = this.#host[name] as HostCall;
    if (name === "blockHash") {
      return call(BigInt(operands[0]! >>> 0) | (BigInt(operands[1]! >>> 0) << 32n), operands[2]!);
    }
    return call(...operands);
  }
}
