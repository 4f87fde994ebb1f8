import { parentPort, workerData } from "node:worker_threads";
import { type CheckpointJob, checkpoint } from "./checkpoint.ts";
import type { CheckpointAnswer } from "./checkpointer.ts";
import { DatabaseError } from "./errors.ts";
import { openEnvironment, writeFailure } from "./tables.ts";

const { directory } = workerData as { directory: string };
const environment = openEnvironment(directory, { synced: true });
const port = parentPort!;

port.on("message", (job: CheckpointJob | undefined) => {
  if (job) port.postMessage(answer(job));
  else void environment.close().then(() => port.close());
});

function answer(job: CheckpointJob): CheckpointAnswer {
  try {
    return { result: checkpoint(environment, job) };
  } catch (error) {
    const { code, shortMessage, cause } = error instanceof DatabaseError ? error : writeFailure(directory, error);
    return { failure: { code, shortMessage, cause: String(cause) } };
  }
}
