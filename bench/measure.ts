import { readdirSync, readFileSync } from "node:fs";

/** The middle value; of an even count the higher of the two. */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** Nearest-rank percentile, `p` from 0 to 100. */
export function percentile(values: readonly number[], p: number): number {
  if (values.length === 0) throw new RangeError("no values");
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((p / 100) * sorted.length))]!;
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** CPU milliseconds this process has used, all threads. */
export function ownCpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** CPU milliseconds of this process while `work` ran, all threads. */
export function cpuDuring(work: () => void): number {
  const before = ownCpu();
  work();
  return ownCpu() - before;
}

/** CPU milliseconds of this thread while `work` ran, without the threads that compile for it. */
export function ownThreadDuring(work: () => void): number {
  const before = ownThread();
  work();
  return ownThread() - before;
}

function ownThread(): number {
  // Asking for the process's time brings that of this thread up to date.
  process.cpuUsage();
  return threadCpu(process.pid, process.pid);
}

const nap = new Int32Array(new SharedArrayBuffer(4));
/** Milliseconds after which a helper without work has gone to sleep, when the system knows what time it has had. */
const SETTLING = 1;

/** CPU milliseconds of the thread that had most of them while `work` ran. */
export function busiestThread(work: () => void): number {
  const before = threadTimes();
  work();
  const after = threadTimes();
  Atomics.wait(nap, 0, 0, SETTLING);
  for (const [thread, time] of threadTimes()) if (thread !== OWN_THREAD) after.set(thread, time);
  return Math.max(...[...after].map(([thread, time]) => time - (before.get(thread) ?? 0)));
}

const OWN_THREAD = `${process.pid}`;

/** CPU milliseconds of every thread of this process (Linux); those that run at this moment may lack some. */
function threadTimes(): Map<string, number> {
  // Asking for the process's time brings that of this thread up to date.
  process.cpuUsage();
  return new Map(readdirSync("/proc/self/task").map((thread) => [thread, threadCpu(process.pid, thread)]));
}

/** CPU milliseconds of this process's first thread (Linux). */
export function ownThreadCpu(): number {
  process.cpuUsage();
  return threadCpu(process.pid, OWN_THREAD);
}

/** CPU milliseconds another process has used, all live threads, at the scheduler's nanosecond resolution (Linux). */
export function cpuOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => sum + threadCpu(pid, thread), 0);
}

/** CPU milliseconds of one thread; a process's first has the process's number. */
export function threadCpu(pid: number, thread: string | number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  } catch {
    return 0;
  }
}
