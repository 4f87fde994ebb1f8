import { Worker } from "node:worker_threads";
import type { CaseReport, FromWorker, Job, ToWorker, WorkerData } from "./messages.ts";

export interface PoolOptions {
  readonly jobs: number;
  /** A case running longer is failed and its worker replaced. */
  readonly timeoutSeconds: number;
  /** Stops after this many cases. */
  readonly limit: number;
}

/** Runs every file on a few workers; `onReport` hears of each case. */
export async function runPool(
  data: WorkerData,
  files: readonly Omit<Job, "from">[],
  options: PoolOptions,
  onReport: (label: string, report: CaseReport) => void,
): Promise<void> {
  const queue: Job[] = files.map((file) => ({ ...file, from: 0 }));
  let left = options.limit;
  const lane = async (): Promise<void> => {
    while (queue.length > 0 && left > 0) {
      await runWorker(data, options.timeoutSeconds, () => (left > 0 ? queue.shift() : undefined), {
        report: (label, report) => {
          if (left-- > 0) onReport(label, report);
        },
        retry: (job) => queue.unshift(job),
      });
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(options.jobs, queue.length)) }, lane));
}

interface Listener {
  report(label: string, report: CaseReport): void;
  retry(job: Job): void;
}

/** Feeds one worker until the jobs end, or until it dies or hangs: then the case at fault is failed and the rest retried. */
function runWorker(
  data: WorkerData,
  timeoutSeconds: number,
  next: () => Job | undefined,
  listener: Listener,
): Promise<void> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: data });
    let job: Job | undefined;
    let running: { name: string; index: number } | undefined;
    let timer: NodeJS.Timeout | undefined;
    const send = (message: ToWorker): void => worker.postMessage(message);
    const abandon = (reason: string, actual: string): void => {
      clearTimeout(timer);
      if (job !== undefined) {
        const name = running?.name ?? "(file)";
        listener.report(job.label, { name, status: "failed", reason, expected: "an outcome", actual });
        if (running !== undefined) listener.retry({ ...job, from: running.index + 1 });
      }
      job = undefined;
      void worker.terminate();
    };
    const handle: { [K in FromWorker["kind"]]: (message: Extract<FromWorker, { kind: K }>) => void } = {
      ready: () => {
        running = undefined;
        job = next();
        send(job === undefined ? { kind: "stop" } : { kind: "run", job });
      },
      start: ({ name, index }) => {
        running = { name, index };
        clearTimeout(timer);
        timer = setTimeout(
          () => abandon("no outcome in time", `none after ${timeoutSeconds} s`),
          timeoutSeconds * 1000,
        );
      },
      done: ({ report }) => {
        clearTimeout(timer);
        listener.report(job!.label, report);
      },
    };
    worker.on("message", (message: FromWorker) => (handle[message.kind] as (message: FromWorker) => void)(message));
    worker.on("error", (error) => abandon(`worker died: ${error.message}`, error.stack ?? error.message));
    worker.on("exit", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
