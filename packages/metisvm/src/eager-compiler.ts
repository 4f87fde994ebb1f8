import type { CodeCompiler, CompiledCode, ForkName } from "@hyperion/kernel";
import { compile, type Tier } from "./compile.ts";
import { Handles } from "./handles.ts";
import { TooLarge } from "./program/explore.ts";

/** Compiles everything before it runs for the first time: for tests, where what runs compiled matters and time does not. */
export class EagerCompiler implements CodeCompiler {
  readonly gasBeforeRequest = 0n;
  readonly #tier: Tier;
  readonly #known = new Map<string, CompiledCode | undefined>();
  readonly #handles = new Handles<string>();

  constructor(tier: Tier) {
    this.#tier = tier;
  }

  request(hash: Uint8Array, fork: ForkName, code: () => Uint8Array): CompiledCode | undefined {
    const key = `${fork} ${Buffer.from(hash).toString("latin1")}`;
    if (this.#known.has(key)) return this.#known.get(key);
    const compiled = this.#compile(key, code(), fork);
    this.#known.set(key, compiled);
    return compiled;
  }

  failed(error: Error): void {
    throw error;
  }

  #compile(key: string, code: Uint8Array, fork: ForkName): CompiledCode | undefined {
    try {
      const module = new WebAssembly.Module(compile(code, fork, this.#tier) as Uint8Array<ArrayBuffer>);
      const { handle, displaced } = this.#handles.assign(key);
      if (displaced !== undefined) this.#known.delete(displaced);
      return { handle, module };
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error;
      return undefined;
    }
  }
}
