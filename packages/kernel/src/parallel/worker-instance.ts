import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { CompiledFunctions } from "../compiled-functions.ts";
import { curve, initCurves } from "../curves.ts";
import { type CompiledCode, FORKS, type WorkerTarget } from "../types.ts";
import {
  ACTIVE,
  ANSWER,
  ARGUMENTS,
  ASKED,
  CALL,
  CALLS,
  clock,
  controlWords,
  FAILED,
  IDLE,
  JOB,
  mailboxOf,
  REQUESTS,
  REST,
  STATE,
} from "./control.ts";

type Exports = Readonly<Record<string, (...operands: number[]) => number>>;

/** Longest rest of a worker that waits for an answer, milliseconds; then it looks whether the batch still runs. */
const PATIENCE = 20;

const NO_BYTES = new Uint8Array(0);

/** Thrown through the kernel when a batch was given up. */
class Abandoned extends Error {}

/** An instance of the kernel on another thread, over the memory of the one that owns the state. */
export class WorkerInstance {
  readonly #memory: WebAssembly.Memory;
  readonly #words: Int32Array;
  readonly #box: number;
  readonly #exports: Exports;
  readonly #preimages: ReadonlyMap<string, Uint8Array>;
  readonly #port: MessagePort | undefined;
  readonly #functions: CompiledFunctions | undefined;
  /** Compiled code that arrived, by handle, and the handle that is being asked for. */
  readonly #arrived = new Map<number, CompiledCode>();
  #wanted = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  private constructor(target: Omit<WorkerTarget, "compiledCode">, worker: number, port: MessagePort | undefined) {
    this.#port = port;
    this.#memory = target.memory;
    this.#words = controlWords(target.memory, target.control);
    this.#box = mailboxOf(worker);
    this.#preimages = new Map(target.preimages.map(([hash, bytes]) => [keyOf(hash), bytes]));
    const instance = new WebAssembly.Instance(target.module, this.#imports());
    this.#exports = instance.exports as unknown as Exports;
    this.#tell("initialise", target.seed);
    const { gasBeforeRequest } = target;
    if (port && gasBeforeRequest !== undefined) {
      const compiler = { gasBeforeRequest, request: () => this.#arrived.get(this.#wanted), failed: () => {} };
      this.#functions = new CompiledFunctions(compiler, target.memory, instance.exports);
    }
    this.#tell("configure", target.config);
    const place = new Uint8Array(8);
    new DataView(place.buffer).setUint32(0, target.control, true);
    new DataView(place.buffer).setUint32(4, worker, true);
    this.#tell("attach", place);
  }

  /** `worker`: its number, from 1 on; `port`: its end of `target.compiledCode`. */
  static async create(
    target: Omit<WorkerTarget, "compiledCode">,
    worker: number,
    port: MessagePort | undefined,
  ): Promise<WorkerInstance> {
    await initCurves();
    return new WorkerInstance(target, worker, port);
  }

  /**
   * Takes part in every batch from now on; returns only by an exception, when the instance cannot be used any longer.
   * `started` is called before the first wait.
   */
  serve(started: () => void): never {
    let seen = Atomics.load(this.#words, JOB);
    started();
    while (true) {
      seen = this.#exports.awaitJob!(seen);
      this.#join();
    }
  }

  #join(): void {
    try {
      this.#exports.join!();
    } catch (error) {
      Atomics.store(this.#words, FAILED, 1);
      Atomics.store(this.#words, this.#box + STATE, IDLE);
      Atomics.sub(this.#words, ACTIVE, 1);
      if (!(error instanceof Abandoned)) throw error;
    }
  }

  #tell(name: string, message: Uint8Array): void {
    const input = this.#exports.ioInput!(message.length) >>> 0;
    this.#view(input + message.length).set(message, input);
    this.#exports[name]!(message.length);
  }

  /** Memory up to `end` at least. */
  #view(end: number): Uint8Array {
    if (end > this.#bytes.length) {
      // Another thread grew the memory: growing by nothing lets this one see it.
      this.#memory.grow(0);
      this.#bytes = new Uint8Array(this.#memory.buffer);
    }
    return this.#bytes;
  }

  #copy(pointer: number, length: number): Uint8Array {
    const at = pointer >>> 0;
    return this.#view(at + length).slice(at, at + length);
  }

  #write(bytes: Uint8Array, out: number, capacity: number): number {
    const at = out >>> 0;
    if (bytes.length <= capacity >>> 0) this.#view(at + bytes.length).set(bytes, at);
    return bytes.length;
  }

  /** Asks the owner's host and waits for the answer. */
  #ask(call: number, ...operands: number[]): number {
    const words = this.#words;
    const box = this.#box;
    words[box + CALL] = call;
    for (const [index, operand] of operands.entries()) words[box + ARGUMENTS + index] = operand;
    Atomics.store(words, box + STATE, ASKED);
    Atomics.add(words, REQUESTS, 1);
    Atomics.notify(words, REQUESTS);
    while (Atomics.load(words, box + STATE) === ASKED) {
      if (Atomics.load(words, FAILED) !== 0) throw new Abandoned();
      Atomics.wait(words, box + STATE, ASKED, PATIENCE);
    }
    Atomics.store(words, box + STATE, IDLE);
    if (Atomics.load(words, FAILED) !== 0) throw new Abandoned();
    return words[box + ANSWER]!;
  }

  /** Handle of compiled code that is installed here, as the owner has it; 0 = none. */
  #compiledCode(hash: number, bytes: number, length: number, fork: number): number {
    if (!this.#functions) return 0;
    this.#wanted = this.#ask(CALLS.indexOf("compiledCode"), hash, bytes, length, fork);
    for (let sent = receiveMessageOnPort(this.#port!); sent; sent = receiveMessageOnPort(this.#port!)) {
      const code = sent.message as CompiledCode;
      this.#arrived.set(code.handle, code);
    }
    return this.#functions.request(NO_BYTES, FORKS[fork]!, () => NO_BYTES);
  }

  #preimage(hash: number, out: number, capacity: number): number {
    const known = this.#preimages.get(keyOf(this.#copy(hash, 32)));
    return known ? this.#write(known, out, capacity) : this.#ask(CALLS.indexOf("preimage"), hash, out, capacity);
  }

  #imports(): WebAssembly.Imports {
    return {
      env: { memory: this.#memory },
      host: {
        preimage: (hash: number, out: number, capacity: number): number => this.#preimage(hash, out, capacity),
        node: (...operands: number[]): number => this.#ask(CALLS.indexOf("node"), ...operands),
        account: (...operands: number[]): number => this.#ask(CALLS.indexOf("account"), ...operands),
        slot: (...operands: number[]): number => this.#ask(CALLS.indexOf("slot"), ...operands),
        blockHash: (number: bigint, out: number): number =>
          this.#ask(
            CALLS.indexOf("blockHash"),
            Number(number & 0xffff_ffffn),
            Number((number >> 32n) & 0xffff_ffffn),
            out,
          ),
        emit: (): void => {
          throw new Error("a worker commits nothing");
        },
        curve: (op: number, input: number, length: number, out: number, capacity: number): number => {
          const result = curve(op, this.#copy(input, length));
          return result ? this.#write(result, out, capacity) : -1;
        },
        compiledCode: (hash: number, bytes: number, length: number, fork: number): number =>
          this.#compiledCode(hash, bytes, length, fork),
        rest: (): void => {
          if (Atomics.load(this.#words, FAILED) !== 0) throw new Abandoned();
          Atomics.wait(this.#words, FAILED, 0, REST);
        },
        abandon: (): void => {
          throw new Abandoned();
        },
        clock,
      },
    };
  }
}

function keyOf(hash: Uint8Array): string {
  return Buffer.from(hash).toString("latin1");
}
