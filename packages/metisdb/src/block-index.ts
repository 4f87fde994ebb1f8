import type { Execution } from "@hyperion/kernel";
import { DatabaseError } from "./errors.ts";
import { numberKey, readNumber } from "./keys.ts";
import { logIndexKeys } from "./log-index.ts";
import type { Entry } from "./record.ts";
import { storedExecution } from "./stored-execution.ts";
import type { TableName } from "./tables.ts";

/**
 * Tables that follow from `canonical` and `executions`. A record does not contain what a block that joins the canonical chain
 * adds to them: the tables' writer finds it, and a reader for what waits in memory.
 */
const INDEXES: ReadonlySet<TableName> = new Set<TableName>(["transactions", "logs"]);

const PRESENT = new Uint8Array(1);
const NUMBER_BYTES = 8;

export function isIndex(name: TableName): boolean {
  return INDEXES.has(name);
}

/** Keys of one block in the indexes; their values while the block is canonical, or their removal. */
export function indexEntries(number: bigint, execution: Execution, joins: boolean): Entry[] {
  const entries: Entry[] = execution.records.map(({ hash }, position) => [
    "transactions",
    hash,
    joins ? locationValue(number, position) : undefined,
  ]);
  for (const key of logIndexKeys(number, execution)) entries.push(["logs", key, joins ? PRESENT : undefined]);
  return entries;
}

/**
 * What an entry adds to the indexes.
 *
 * @param executionOf value of a key in `executions`
 * @throws DatabaseError RECORD_DAMAGED
 */
export function entriesFollowing(
  [table, key, hash]: Entry,
  executionOf: (key: Uint8Array) => Uint8Array | undefined,
): readonly Entry[] {
  if (table !== "canonical" || hash === undefined) return NONE;
  const execution = executionOf(Buffer.concat([key, hash]));
  if (!execution) throw new DatabaseError("RECORD_DAMAGED", "a canonical block is not stored");
  return indexEntries(readNumber(key, 0), storedExecution(execution), true);
}

const NONE: readonly Entry[] = [];

function locationValue(number: bigint, index: number): Uint8Array {
  const value = new Uint8Array(2 * NUMBER_BYTES);
  value.set(numberKey(number));
  value.set(numberKey(BigInt(index)), NUMBER_BYTES);
  return value;
}
