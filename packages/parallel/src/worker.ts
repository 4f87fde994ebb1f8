import { parentPort, workerData } from "node:worker_threads";
import { WorkerInstance, type WorkerTarget } from "@hyperion/kernel";

/** What a thread of the pool is started with. */
export interface WorkerData {
  readonly target: WorkerTarget;
  /** From 1 on. */
  readonly worker: number;
}

const { target, worker } = workerData as WorkerData;
const instance = await WorkerInstance.create(target, worker);
instance.serve(() => parentPort?.postMessage("ready"));
