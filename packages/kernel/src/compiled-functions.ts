import type { CodeCompiler, CompiledCode, ForkName } from "./types.ts";

/** Elements of the function table that compiled code may take (`COMPILED_SLOTS` in assembly/evm/jit.ts). */
const SLOTS = 4096;

type Exports = Readonly<Record<string, WebAssembly.ExportValue>>;
type Function = (...numbers: number[]) => number;

/** The compiled functions of one kernel instance: bound to its memory and placed in its table on first use. */
export class CompiledFunctions {
  readonly #compiler: CodeCompiler;
  readonly #imports: WebAssembly.Imports;
  readonly #table: WebAssembly.Table;
  readonly #base: number;
  readonly #install: Function;
  readonly #installed = new Map<number, CompiledCode>();
  readonly #failed = new Set<number>();

  constructor(compiler: CodeCompiler, memory: WebAssembly.Memory, exports: Exports) {
    this.#compiler = compiler;
    this.#imports = { env: { memory }, kernel: exports as WebAssembly.ModuleImports };
    this.#table = exports.table as WebAssembly.Table;
    this.#base = this.#table.grow(SLOTS);
    this.#install = exports.installCompiledCode as Function;
    const gas = compiler.gasBeforeRequest;
    (exports.enableCompiledCode as Function)(this.#base, Number(gas & 0xffff_ffffn), Number(gas >> 32n));
  }

  /** Handle of the installed function for this code; 0 while there is none and the code is interpreted. */
  request(hash: Uint8Array, fork: ForkName, code: () => Uint8Array): number {
    const compiled = this.#compiler.request(hash, fork, code);
    if (!compiled) return 0;
    const { handle, module } = compiled;
    const slot = handle & 0xffff;
    if (this.#installed.get(slot)?.handle === handle) return handle;
    if (this.#failed.has(handle)) return 0;
    try {
      const { exports } = new WebAssembly.Instance(module, this.#imports);
      this.#table.set(this.#base + slot, exports.run as WebAssembly.ExportValue);
    } catch (error) {
      this.#failed.add(handle);
      this.#compiler.failed(error as Error);
      return 0;
    }
    this.#install(slot, handle);
    this.#installed.set(slot, compiled);
    return handle;
  }

  /** The code behind a handle that `request` gave. */
  installed(handle: number): CompiledCode | undefined {
    return this.#installed.get(handle & 0xffff);
  }
}
