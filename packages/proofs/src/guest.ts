import { Emulator, type EmulatorOptions } from "./emulator.ts";
import { MachineError } from "./errors.ts";
import type { Entry, Image } from "./image.ts";
import { A0, A7, T0 } from "./riscv/registers.ts";
import { Ecall, PANIC } from "./translate/calls.ts";
import { DATA_BASE, MEMORY_BASE } from "./translate/layout.ts";
import { START } from "./translate/translate.ts";

/** Imported functions by `module.name`. Numbers stand for i32, bigints for i64. */
export type GuestImports = Readonly<Record<string, (...values: readonly never[]) => number | bigint | undefined>>;

export interface GuestOptions extends EmulatorOptions {
  /** Instructions that one call may take; default 2^40. */
  readonly stepLimit?: bigint;
}

/** A translated module in an emulator, used as an instance of the module: its exports are called, its imports are functions. */
export class Guest {
  readonly emulator: Emulator;
  readonly #image: Image;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #imports: GuestImports;
  readonly #stepLimit: bigint;

  constructor(image: Image, imports: GuestImports = {}, { stepLimit = 1n << 40n, ...options }: GuestOptions = {}) {
    this.emulator = Emulator.load(image, options);
    this.#image = image;
    this.#entries = new Map(image.entries.map((entry) => [entry.name, entry]));
    this.#imports = imports;
    this.#stepLimit = stepLimit;
    if (this.#entries.has(START)) this.call(START);
  }

  /** Bytes of the module's memory. */
  get memorySize(): number {
    const size = this.emulator.read(DATA_BASE, 8);
    return Number(new DataView(size.buffer).getBigUint64(0, true));
  }

  /** A copy of `length` bytes from an address of the module on. */
  read(address: number, length: number): Uint8Array {
    return this.emulator.read(MEMORY_BASE + this.#checked(address, length), length);
  }

  write(address: number, bytes: Uint8Array): void {
    this.emulator.write(MEMORY_BASE + this.#checked(address, bytes.length), bytes);
  }

  /**
   * Calls an exported function.
   *
   * @throws MachineError `PANIC` where the module traps, `EXIT` when it ends with another status, `STEP_LIMIT`, `FAULT` (no
   *   translated module does), `UNKNOWN_CALL` for an import that is not there; whatever an import throws
   */
  call(name: string, ...values: readonly (number | bigint)[]): number | bigint | undefined {
    const entry = this.#entries.get(name);
    if (!entry) throw new RangeError(`the image has no entry ${name}`);
    const { emulator } = this;
    if (entry.parameters.length > 8) throw new RangeError(`${name} has over eight parameters`);
    for (const [i, size] of entry.parameters.entries()) emulator.setRegister(A0 + i, canonical(values[i]!, size));
    emulator.setRegister(T0, BigInt(entry.address));
    emulator.programCounter = this.#image.caller;
    this.#run(name);
    return fromRegister(emulator.register(A0), entry.result);
  }

  /** Runs until the called function returns. */
  #run(name: string): void {
    const { emulator } = this;
    const end = emulator.steps + this.#stepLimit;
    for (;;) {
      const stop = emulator.run(end - emulator.steps);
      if (stop === "limit") throw new MachineError("STEP_LIMIT", `${name} takes over ${this.#stepLimit} instructions`);
      if (stop === "fault") {
        throw new MachineError("FAULT", `${name} cannot go on at 0x${emulator.programCounter.toString(16)}`);
      }
      const number = Number(emulator.register(A7));
      if (number === Ecall.returned) return;
      if (number === Ecall.exit) throw exited(name, Number(BigInt.asUintN(8, emulator.register(A0))));
      this.#answer(number);
    }
  }

  #answer(number: number): void {
    const imported = this.#image.imports[number - Ecall.firstImport];
    const implementation = imported && this.#imports[imported.name];
    if (!implementation) throw new MachineError("UNKNOWN_CALL", `nobody answers ${imported?.name ?? `call ${number}`}`);
    const values = imported.parameters.map((size, i) => fromRegister(this.emulator.register(A0 + i), size));
    const result = implementation(...(values as never[]));
    if (imported.result !== 0) this.emulator.setRegister(A0, canonical(result!, imported.result));
  }

  #checked(address: number, length: number): number {
    const at = address >>> 0;
    if (at + length <= this.memorySize) return at;
    throw new MachineError("OUT_OF_BOUNDS", `${length} bytes at ${at} are not all in the module's memory`);
  }
}

function exited(name: string, status: number): MachineError {
  if (status === PANIC) return new MachineError("PANIC", `${name} trapped`);
  return new MachineError("EXIT", `${name} ended the program with status ${status}`);
}

function canonical(value: number | bigint, size: number): bigint {
  return size === 4 ? BigInt.asIntN(32, BigInt(value)) : BigInt.asIntN(64, BigInt(value));
}

function fromRegister(value: bigint, size: number): number | bigint | undefined {
  if (size === 0) return undefined;
  return size === 4 ? Number(BigInt.asIntN(32, value)) : BigInt.asIntN(64, value);
}
