import type { CodeCompiler, CompiledCode, ForkName } from "@hyperion/kernel";
import type { Tier } from "./compile.ts";
import { type CompileAnswer, CompileThread } from "./compile-thread-client.ts";
import { Handles } from "./handles.ts";

/** Gas that code spends interpreted before it is worth compiling: about a millisecond. */
const GAS_BEFORE_REQUEST = 1_000_000n;
const TIERS: readonly Tier[] = ["window", "simple"];
/** Codes whose compilation may wait, and codes that are remembered. */
const MAX_WAITING = 64;
const MAX_REMEMBERED = 8_192;

interface Entry {
  pending: boolean;
  compiled: CompiledCode | undefined;
  readonly refused: Set<Tier>;
}

export interface AdaptiveOptions {
  /** Gas that code spends before it is compiled. Default one million. */
  readonly gasBeforeRequest?: bigint;
  /** Told of code that the compiler failed on, which then stays as it was. Large code that is refused is no failure. */
  readonly onFailure?: (error: Error) => void;
}

/** Totals since the start. */
export interface CompilerStatistics {
  readonly functions: Readonly<Record<Tier, number>>;
  /** Codes that were too large or took too long, per tier. */
  readonly refused: number;
  readonly waiting: number;
  /** Bytes of all modules made, and the time that a thread spent on them. */
  readonly bytes: number;
  readonly milliseconds: number;
}

/**
 * Compiles what runs often, on a thread of its own: the kernel asks, is answered at once with what there is, and asks again
 * after more gas. Nothing waits for a compilation, and one that fails or takes too long leaves the code as it was.
 */
export class AdaptiveCompiler implements CodeCompiler {
  readonly gasBeforeRequest: bigint;
  readonly #entries = new Map<string, Entry>();
  readonly #handles = new Handles<string>();
  readonly #thread = new CompileThread();
  readonly #functions = { simple: 0, window: 0 };
  readonly #onFailure: (error: Error) => void;
  #refused = 0;
  #waiting = 0;
  #bytes = 0;
  #milliseconds = 0;

  constructor({ gasBeforeRequest = GAS_BEFORE_REQUEST, onFailure = () => {} }: AdaptiveOptions = {}) {
    this.gasBeforeRequest = gasBeforeRequest;
    this.#onFailure = onFailure;
  }

  get statistics(): CompilerStatistics {
    return {
      functions: { ...this.#functions },
      refused: this.#refused,
      waiting: this.#waiting,
      bytes: this.#bytes,
      milliseconds: this.#milliseconds,
    };
  }

  request(hash: Uint8Array, fork: ForkName, code: () => Uint8Array): CompiledCode | undefined {
    const key = `${fork} ${Buffer.from(hash).toString("latin1")}`;
    const entry = this.#entry(key);
    const tier = wantedTier(entry);
    if (tier === undefined || entry.pending || this.#waiting >= MAX_WAITING) return entry.compiled;
    void this.#compile(key, entry, code(), fork, tier);
    return entry.compiled;
  }

  failed(error: Error): void {
    this.#onFailure(error);
  }

  /** Resolves when nothing is waiting to be compiled. */
  async idle(): Promise<void> {
    await this.#thread.idle();
  }

  /** Ends the thread; what is compiled goes on running. */
  async close(): Promise<void> {
    await this.#thread.close();
  }

  /** The entry, now the one that was asked for last. */
  #entry(key: string): Entry {
    const entry = this.#entries.get(key) ?? {
      pending: false,
      compiled: undefined,
      refused: new Set(),
    };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_REMEMBERED) break;
      this.#entries.delete(oldest);
    }
    return entry;
  }

  async #compile(key: string, entry: Entry, code: Uint8Array, fork: ForkName, tier: Tier): Promise<void> {
    entry.pending = true;
    this.#waiting++;
    const answer = await this.#thread.compile({ code, fork, tier });
    this.#waiting--;
    entry.pending = false;
    this.#take(key, entry, tier, answer);
  }

  #take(key: string, entry: Entry, tier: Tier, answer: CompileAnswer): void {
    if (answer.module === undefined) {
      entry.refused.add(tier);
      this.#refused++;
      if (answer.failure) this.#onFailure(answer.failure);
      return;
    }
    const { handle, displaced } = this.#handles.assign(key);
    const former = displaced === undefined ? undefined : this.#entries.get(displaced);
    if (former?.compiled && (former.compiled.handle & 0xffff) === (handle & 0xffff)) {
      former.compiled = undefined;
    }
    entry.compiled = { handle, module: answer.module };
    this.#functions[tier]++;
    this.#bytes += answer.bytes;
    this.#milliseconds += answer.milliseconds;
  }
}

/** The tier to compile for next, if any: the simple one takes hardly less time, so it is for code that the other refuses. */
function wantedTier({ compiled, refused }: Entry): Tier | undefined {
  if (compiled) return undefined;
  return TIERS.find((tier) => !refused.has(tier));
}
