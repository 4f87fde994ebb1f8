/** Threads that execute blocks in parallel, with the same result as one. */

export { AdaptiveMode, type ModeChoice, modeChoice, type ParallelMode } from "./mode-choice.ts";
export { type ScheduledBatch, ScheduleLog } from "./schedule-log.ts";
export type { Identities } from "./sender-threads.ts";
export { simulatedMicroseconds, simulatedSpeedUps } from "./simulate.ts";
export { WorkerPool, type WorkerPoolOptions } from "./worker-pool.ts";
