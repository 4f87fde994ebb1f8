import { Execution } from "@hyperion/kernel";
import { DatabaseError } from "./errors.ts";

/** The execution in a database record. @throws DatabaseError RECORD_DAMAGED */
export function storedExecution(bytes: Uint8Array): Execution {
  // A Buffer's slices would share its memory.
  const execution = new Execution(new Uint8Array(bytes));
  if (!execution.isWellFormed) throw new DatabaseError("RECORD_DAMAGED", "a block's execution cannot be decoded");
  return execution;
}
