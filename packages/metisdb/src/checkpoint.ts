import { readChanges, writeChanges } from "./changes.ts";
import { DatabaseError } from "./errors.ts";
import { historyKey, numberKey, STATE_TABLES } from "./keys.ts";
import { type Position, readPosition, writePosition } from "./position.ts";
import { decodeRecord, type Entry, type LogRecord, type StateRecord } from "./record.ts";
import type { Environment } from "./tables.ts";

const NOTHING = new Uint8Array(0);
/** History entries dropped per transaction: a checkpoint must not wait long for pruning. */
const PRUNE_ENTRIES = 4096;

/** Work for the tables, done as one transaction. */
export interface CheckpointJob {
  /** Encoded records, in order. */
  readonly records: readonly Uint8Array[];
  /** Drop what only states below this height need; `undefined` keeps all. */
  readonly horizon: bigint | undefined;
}

export interface CheckpointResult {
  readonly position: Position;
  /** History older than wanted is left. */
  readonly morePruning: boolean;
}

/** Applies records that follow the tables' position and prunes a little. @throws DatabaseError DISK_FULL, WRITE_FAILED, RECORD_DAMAGED */
export function checkpoint(environment: Environment, { records, horizon }: CheckpointJob): CheckpointResult {
  let position = readPosition(environment);
  let morePruning = false;
  environment.write(() => {
    position = readPosition(environment);
    for (const bytes of records) {
      const record = decodeRecord(bytes);
      if (record.sequence > position.sequence) position = applyRecord(environment, record, position);
    }
    const target = smaller(horizon ?? 0n, position.height ?? 0n);
    position = { ...position, horizon: pruneSome(environment, position.horizon, target) };
    morePruning = position.horizon < target;
    writePosition(environment, position);
  });
  return { position, morePruning };
}

function applyRecord(environment: Environment, record: LogRecord, before: Position): Position {
  let position = before;
  if (record.rollback !== undefined) position = rollBack(environment, position, record.rollback);
  for (const state of record.states) position = applyState(environment, position, state);
  for (const [table, key, value] of record.entries) environment.tables[table].put(key, value);
  return { ...position, sequence: record.sequence };
}

/** Undoes the changes of the blocks above a height, newest first. */
function rollBack(environment: Environment, position: Position, height: bigint): Position {
  const { tables } = environment;
  if (position.height === undefined || height < position.horizon) throw outOfOrder(position, height);
  for (let block = position.height; block > height; block--) {
    for (const [kind, key] of readChanges(tables.changes.get(numberKey(block)))) {
      const past = historyKey(kind, key, block);
      const before = tables.history.get(past);
      tables[STATE_TABLES[kind]!].put(key, before && before.length > 0 ? before : undefined);
      tables.history.put(past, undefined);
    }
    tables.changes.put(numberKey(block), undefined);
    tables.states.put(numberKey(block), undefined);
  }
  return { ...position, height: smaller(height, position.height) };
}

function applyState({ tables }: Environment, position: Position, { height, root, entries }: StateRecord): Position {
  const first = position.height === undefined;
  const amends = position.height === height;
  if (!first && !amends && position.height !== height - 1n) throw outOfOrder(position, height);
  // Below the first state there is nothing to return to.
  const keepsHistory = !first && height > position.horizon;
  const changed = amends ? readChanges(tables.changes.get(numberKey(height))) : [];
  for (const entry of entries) {
    const [table, key, value] = entry;
    const kind = STATE_TABLES.indexOf(table as (typeof STATE_TABLES)[number]);
    if (kind >= 0 && keepsHistory && !remember(kind, entry)) continue;
    tables[table].put(key, value);
  }
  if (keepsHistory) tables.changes.put(numberKey(height), writeChanges(changed));
  tables.states.put(numberKey(height), root);
  return { ...position, height, horizon: first ? height : position.horizon };

  /** @returns whether the entry changes anything */
  function remember(kind: number, [table, key, value]: Entry): boolean {
    const before = tables[table].get(key);
    if (before === undefined ? value === undefined : value !== undefined && Buffer.compare(before, value) === 0) {
      return false;
    }
    const past = historyKey(kind, key, height);
    // A second change of the same height keeps what was before the first.
    if (amends && tables.history.get(past) !== undefined) return true;
    tables.history.put(past, before ?? NOTHING);
    changed.push([kind, key]);
    return true;
  }
}

/** Drops what only the states below `target` need, whole blocks at a time. @returns the new horizon */
function pruneSome({ tables }: Environment, horizon: bigint, target: bigint): bigint {
  let reached = horizon;
  for (let dropped = 0; reached < target && dropped < PRUNE_ENTRIES; reached++) {
    const block = reached + 1n;
    const changes = readChanges(tables.changes.get(numberKey(block)));
    for (const [kind, key] of changes) tables.history.put(historyKey(kind, key, block), undefined);
    tables.changes.put(numberKey(block), undefined);
    tables.states.put(numberKey(reached), undefined);
    dropped += changes.length + 1;
  }
  return reached;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function outOfOrder({ height }: Position, wanted: bigint): DatabaseError {
  return new DatabaseError(
    "CHANGE_OUT_OF_ORDER",
    `a change of height ${wanted} cannot follow height ${height ?? "none"}`,
  );
}
