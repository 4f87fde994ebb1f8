import { availableParallelism } from "node:os";
import { WorkerPool } from "@hyperion/parallel";
import type { NodeConfig } from "./config/schema.ts";

/** More threads find too little to do in the blocks of a chain. */
const MOST_THREADS = 8;

/** The threads that help to execute; none when they were not asked for. */
export const workersOf = (execution: NodeConfig["execution"]): { workers?: WorkerPool } => {
  const threads = execution.threads || Math.min(availableParallelism(), MOST_THREADS);
  if (threads === 1 || execution.mode === "serial") return {};
  return { workers: new WorkerPool({ workers: threads - 1, mode: execution.mode }) };
};
