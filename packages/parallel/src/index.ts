/** Threads that execute blocks in parallel, with the same result as one. */

export { AdaptiveMode, type ModeChoice, modeChoice, type ParallelMode } from "./mode-choice.ts";
export { WorkerPool, type WorkerPoolOptions } from "./worker-pool.ts";
