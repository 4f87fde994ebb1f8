import { readFileSync } from "node:fs";
import { WireReader, WireWriter } from "@hyperion/kernel";

/** What `assembly/entry` exports; those that take a message get its length, and return that of the answer. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  initialise(): void;
  ioInput(length: number): number;
  ioOutput(): number;
  reset(): void;
  leaveChannel(): void;
  readL1Block(length: number): void;
  tellSafeBlock(length: number): void;
  nextBlock(length: number): number;
  blockStart(length: number): number;
  systemConfigAfter(length: number): number;
  decodeFrames(length: number): number;
  addFrames(length: number): number;
  openChannelBytes(length: number): number;
  nextChannelBatch(length: number): number;
  decodeBatch(length: number): number;
}

type Told = "readL1Block" | "tellSafeBlock";
type Asked = Exclude<keyof Exports, "memory" | "initialise" | "ioInput" | "ioOutput" | "reset" | "leaveChannel" | Told>;

let compiled: WebAssembly.Module | undefined;
let stateless: DerivationModule | undefined;

/** An instance of derivation.wasm, with a memory of its own: the consensus part of derivation, as fault proofs run it. */
export class DerivationModule {
  readonly #exports: Exports;
  readonly #message = new WireWriter();

  constructor() {
    compiled ??= new WebAssembly.Module(readFileSync(new URL("../../dist/derivation.wasm", import.meta.url)));
    this.#exports = new WebAssembly.Instance(compiled).exports as unknown as Exports;
    this.#exports.initialise();
  }

  /** One for questions that leave nothing behind. */
  static get stateless(): DerivationModule {
    stateless ??= new DerivationModule();
    return stateless;
  }

  reset(): void {
    this.#exports.reset();
  }

  leaveChannel(): void {
    this.#exports.leaveChannel();
  }

  /** An empty message for the next call. */
  message(): WireWriter {
    return this.#message.reset();
  }

  /** Sends the message to an entry that has no answer. */
  tell(entry: Told): void {
    this.#exports[entry](this.#send());
  }

  /** Sends the message to an entry and returns a copy of its answer. */
  ask(entry: Asked): WireReader {
    const length = this.#exports[entry](this.#send());
    const at = this.#exports.ioOutput();
    return new WireReader(new Uint8Array(this.#exports.memory.buffer).slice(at, at + length));
  }

  #send(): number {
    const { written } = this.#message;
    const at = this.#exports.ioInput(written.length);
    new Uint8Array(this.#exports.memory.buffer).set(written, at);
    return written.length;
  }
}
