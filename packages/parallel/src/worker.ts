import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { WorkerInstance, type WorkerTarget } from "@hyperion/kernel";

/** What a thread of the pool is started with. */
export interface WorkerData {
  readonly target: Omit<WorkerTarget, "compiledCode">;
  /** Where compiled code arrives, if code is compiled. */
  readonly port: MessagePort | undefined;
  /** From 1 on. */
  readonly worker: number;
}

const { target, worker, port } = workerData as WorkerData;
const instance = await WorkerInstance.create(target, worker, port);
instance.serve(() => parentPort?.postMessage("ready"));
