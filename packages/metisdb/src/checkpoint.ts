import { BlockHistory } from "./block-history.ts";
import { entriesFollowing } from "./block-index.ts";
import { DatabaseError } from "./errors.ts";
import { blockHistory, dropBlockHistory, valueBefore } from "./history.ts";
import { numberKey, STATE_TABLES, type StateTable } from "./keys.ts";
import { type Position, readPosition, writePosition } from "./position.ts";
import { decodeRecord, type LogRecord, type StateRecord } from "./record.ts";
import type { Environment } from "./tables.ts";

/** Parts of history dropped per transaction: a checkpoint must not wait long for pruning. */
const PRUNE_PARTS = 4096;

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
  const { tables } = environment;
  for (const entry of record.entries) {
    const [table, key, value] = entry;
    tables[table].put(key, value);
    for (const [index, name, place] of entriesFollowing(entry, (block) => tables.executions.get(block))) {
      tables[index].put(name, place);
    }
  }
  return { ...position, sequence: record.sequence };
}

/** Undoes the changes of the blocks above a height, newest first. */
function rollBack(environment: Environment, position: Position, height: bigint): Position {
  const { tables } = environment;
  if (position.height === undefined || height < position.horizon) throw outOfOrder(position, height);
  for (let block = position.height; block > height; block--) {
    for (const entry of blockHistory(environment, Number(block))) {
      tables[STATE_TABLES[entry.kind]!].put(entry.key, valueBefore(entry));
    }
    dropBlockHistory(environment, Number(block));
    tables.states.put(numberKey(block), undefined);
  }
  return { ...position, height: smaller(height, position.height) };
}

function applyState(environment: Environment, position: Position, { height, root, entries }: StateRecord): Position {
  const { tables } = environment;
  const first = position.height === undefined;
  const amends = position.height === height;
  if (!first && !amends && position.height !== height - 1n) throw outOfOrder(position, height);
  // Below the first state there is nothing to return to.
  const history =
    !first && height > position.horizon ? new BlockHistory(environment, Number(height), amends) : undefined;
  // Nodes first: what they displace is looked up among the accounts and slots before.
  for (const nodesNow of [true, false]) {
    for (const [table, key, value] of entries) {
      if ((table === "nodes") !== nodesNow) continue;
      const kind = STATE_TABLES.indexOf(table as StateTable);
      if (kind < 0 || !history || history.remember(kind, key, value)) tables[table].put(key, value);
    }
  }
  history?.write();
  tables.states.put(numberKey(height), root);
  return { ...position, height, horizon: first ? height : position.horizon };
}

/** Drops what only the states below `target` need, whole blocks at a time. @returns the new horizon */
function pruneSome(environment: Environment, horizon: bigint, target: bigint): bigint {
  let reached = horizon;
  for (let dropped = 0; reached < target && dropped < PRUNE_PARTS; reached++) {
    dropped += dropBlockHistory(environment, Number(reached + 1n)) + 1;
    environment.tables.states.put(numberKey(reached), undefined);
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
