/** A thread of `Engine.useThreads`: another instance over the same memory, which works until the team is dismissed. */
import { parentPort, workerData } from "node:worker_threads";

const { module, memory, team } = workerData as {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly team: number;
};
const { help } = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as {
  help(team: number): void;
};
parentPort!.postMessage("ready");
help(team);
