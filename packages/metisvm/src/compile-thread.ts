/** Compiles what it is sent; see compile-thread-client.ts. */
import { parentPort } from "node:worker_threads";
import { compile } from "./compile.ts";
import type { CompileAnswer, CompileJob } from "./compile-thread-client.ts";
import { TooLarge } from "./program/explore.ts";
import { firstRun } from "./wasm/first-run.ts";

const port = parentPort!;

port.on("message", async (job: CompileJob) => {
  port.postMessage(await answer(job));
});

async function answer({ code, fork, tier }: CompileJob): Promise<CompileAnswer> {
  const started = performance.now();
  try {
    const bytes = compile(code, fork, tier);
    const module = await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>);
    firstRun(module);
    return { module, bytes: bytes.length, milliseconds: performance.now() - started };
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    return { module: undefined, bytes: 0, milliseconds: performance.now() - started };
  }
}
