import { readFileSync } from "node:fs";
import { MachineError } from "./errors.ts";
import type { Image } from "./image.ts";
import { TEXT_BASE } from "./translate/layout.ts";

interface Exports {
  open(base: number, words: number): void;
  setInstruction(index: number, word: number): void;
  registers(): number;
  memoryStart(): number;
  programCounter(): number;
  setProgramCounter(address: number): number;
  steps(): bigint;
  executions(index: number): bigint;
  reach(address: bigint): number;
  run(limit: bigint): number;
}

/** Why a run came back: all its steps were made, behind an `ecall`, or at an instruction that cannot be executed. */
export type Stop = "limit" | "call" | "fault";

const STOPS: readonly Stop[] = ["limit", "call", "fault"];
const ADDRESS_LIMIT = 0x8100_0000;
const modules = new Map<boolean, WebAssembly.Module>();

export interface EmulatorOptions {
  /** Counts how often each instruction is executed, at a third of the speed. */
  readonly profile?: boolean;
}

/** An RV64IM machine with an image in it (docs/spec/rv64-image.md). Addresses are those of the machine. */
export class Emulator {
  readonly #exports: Exports;
  readonly #memory: WebAssembly.Memory;
  readonly #start: number;

  /** A machine with this text and memory of zeros. */
  constructor(text: Uint32Array, { profile = false }: EmulatorOptions = {}) {
    this.#memory = new WebAssembly.Memory({ initial: 1 });
    const instance = new WebAssembly.Instance(compiled(profile), { env: { memory: this.#memory } });
    this.#exports = instance.exports as unknown as Exports;
    this.#exports.open(TEXT_BASE, text.length);
    for (const [index, word] of text.entries()) this.#exports.setInstruction(index, word);
    this.#start = this.#exports.memoryStart() >>> 0;
    this.programCounter = TEXT_BASE;
  }

  /** A machine with the image's text and segments. */
  static load({ text, segments }: Image, options?: EmulatorOptions): Emulator {
    const emulator = new Emulator(text, options);
    for (const { address, bytes } of segments) emulator.write(address, bytes);
    return emulator;
  }

  /** Instructions executed so far; an `ecall` counts. */
  get steps(): bigint {
    return BigInt.asUintN(64, this.#exports.steps());
  }

  /** Address of the next instruction. */
  get programCounter(): number {
    return this.#exports.programCounter() >>> 0;
  }

  set programCounter(address: number) {
    if (this.#exports.setProgramCounter(address) === 0) {
      throw new MachineError("OUT_OF_BOUNDS", `no instruction at 0x${address.toString(16)}`);
    }
  }

  register(index: number): bigint {
    return this.#view().getBigUint64(this.#registerAt(index), true);
  }

  setRegister(index: number, value: bigint): void {
    if (index !== 0) this.#view().setBigUint64(this.#registerAt(index), BigInt.asUintN(64, value), true);
  }

  /** A copy of `length` bytes of memory. */
  read(address: number, length: number): Uint8Array {
    const at = this.#reach(address, length);
    return new Uint8Array(this.#memory.buffer).slice(at, at + length);
  }

  write(address: number, bytes: Uint8Array): void {
    const at = this.#reach(address, bytes.length);
    new Uint8Array(this.#memory.buffer).set(bytes, at);
  }

  /** Executes up to `limit` instructions. At a fault, the next instruction is the one that cannot be executed. */
  run(limit: bigint): Stop {
    return STOPS[this.#exports.run(limit)]!;
  }

  /** How often the instruction with this index was executed; counted with the option `profile` alone. */
  executions(index: number): bigint {
    return this.#exports.executions(index);
  }

  /** Where the bytes are in the emulator's memory, which is made to hold them. */
  #reach(address: number, length: number): number {
    if (address < 0 || length > ADDRESS_LIMIT - 8 - address || !this.#exports.reach(BigInt(address + length))) {
      throw new MachineError("OUT_OF_BOUNDS", `${length} bytes at 0x${address.toString(16)} are not all in memory`);
    }
    return this.#start + address;
  }

  #registerAt(index: number): number {
    if (!Number.isInteger(index) || index < 0 || index > 31) throw new RangeError(`there is no register x${index}`);
    return this.#exports.registers() + 8 * index;
  }

  #view(): DataView {
    return new DataView(this.#memory.buffer);
  }
}

function compiled(profile: boolean): WebAssembly.Module {
  const known = modules.get(profile);
  if (known) return known;
  const file = new URL(`../dist/emulator${profile ? "-profile" : ""}.wasm`, import.meta.url);
  const module = new WebAssembly.Module(readFileSync(file));
  modules.set(profile, module);
  return module;
}
