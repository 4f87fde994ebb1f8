import { Worker } from "node:worker_threads";
import { type CheckpointJob, type CheckpointResult, checkpoint } from "./checkpoint.ts";
import { DatabaseError, type DatabaseErrorCode } from "./errors.ts";
import { type Environment, writeFailure } from "./tables.ts";

/** Who writes the tables. One job at a time. */
export interface Checkpointer {
  /** @throws DatabaseError DISK_FULL, WRITE_FAILED, RECORD_DAMAGED */
  run(job: CheckpointJob): Promise<CheckpointResult>;
  close(): Promise<void>;
}

export type CheckpointAnswer =
  | { readonly result: CheckpointResult }
  | { readonly failure: { readonly code: DatabaseErrorCode; readonly shortMessage: string; readonly cause: string } };

/** On the caller's thread, which waits for the disk. */
export function inlineCheckpointer(environment: Environment): Checkpointer {
  return { run: async (job) => checkpoint(environment, job), close: async () => {} };
}

/** Threads run compiled files only. */
export const THREADS_AVAILABLE: boolean = import.meta.url.endsWith(".js");

/** On a thread of its own, which starts with the first job. */
export function threadCheckpointer(directory: string): Checkpointer {
  let worker: Worker | undefined;
  const start = (): Worker => {
    const started = new Worker(new URL("./checkpoint-thread.js", import.meta.url), { workerData: { directory } });
    started.unref();
    return started;
  };
  return {
    run(job) {
      worker ??= start();
      return ask(worker, job, directory);
    },
    async close() {
      if (!worker) return;
      const ended = new Promise((resolve) => worker!.once("exit", resolve));
      worker.ref();
      worker.postMessage(undefined);
      await ended;
    },
  };
}

function ask(worker: Worker, job: CheckpointJob, directory: string): Promise<CheckpointResult> {
  return new Promise((resolve, reject) => {
    worker.ref();
    const settle = (finish: () => void): void => {
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      worker.unref();
      finish();
    };
    const onMessage = (answer: CheckpointAnswer): void =>
      settle(() => {
        if ("result" in answer) return resolve(answer.result);
        const { code, shortMessage, cause } = answer.failure;
        reject(new DatabaseError(code, shortMessage, { cause: new Error(cause) }));
      });
    const onError = (cause: Error): void => settle(() => reject(writeFailure(directory, cause)));
    const onExit = (): void => onError(new Error("the writing thread ended"));
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    worker.postMessage(job);
  });
}
