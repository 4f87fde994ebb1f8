import { Worker } from "node:worker_threads";
import type { ForkName } from "@hyperion/kernel";
import type { Tier } from "./compile.ts";

export interface CompileJob {
  readonly code: Uint8Array;
  readonly fork: ForkName;
  readonly tier: Tier;
}

/** `module` is missing when the code is too large for the tier, and when compiling it failed; `failure` says how. */
export interface CompileAnswer {
  readonly module: WebAssembly.Module | undefined;
  readonly failure?: Error;
  readonly bytes: number;
  readonly milliseconds: number;
}

/** Threads run compiled files only; this path is the same from `src` and from `dist`. */
const THREAD = new URL("../dist/compile-thread.js", import.meta.url);
/** Time for one code, twenty times what the largest ones take. */
const DEADLINE_MS = 20_000;
const LIMITS = { maxOldGenerationSizeMb: 512, stackSizeMb: 4 } as const;
const REFUSED: CompileAnswer = { module: undefined, bytes: 0, milliseconds: 0 };

/** A thread that compiles one code after another. It starts with the first, and again after one that it did not survive. */
export class CompileThread {
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  compile(job: CompileJob): Promise<CompileAnswer> {
    const answer = this.#last.then(() => (this.#closed ? REFUSED : this.#run(job)));
    this.#last = answer;
    return answer;
  }

  async idle(): Promise<void> {
    await this.#last;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }

  #run(job: CompileJob): Promise<CompileAnswer> {
    const worker = this.#worker ?? this.#start();
    this.#worker = worker;
    return new Promise((resolve) => {
      const settle = (answer: CompileAnswer): void => {
        clearTimeout(deadline);
        worker.off("message", settle).off("error", fail).off("exit", fail);
        resolve(answer);
      };
      const fail = (cause: unknown): void => {
        if (this.#worker === worker) this.#worker = undefined;
        void worker.terminate();
        settle({ ...REFUSED, failure: new Error("the compiler's thread ended", { cause }) });
      };
      const deadline = setTimeout(() => fail(`no answer after ${DEADLINE_MS} ms`), DEADLINE_MS).unref();
      worker.on("message", settle).on("error", fail).on("exit", fail);
      worker.postMessage(job);
    });
  }

  #start(): Worker {
    const worker = new Worker(THREAD, { execArgv: [], resourceLimits: LIMITS });
    worker.unref();
    return worker;
  }
}
