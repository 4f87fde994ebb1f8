import type { Transaction } from "lmdb";
import { historyRange, readNumber, STATE_TABLES, type StateTable } from "./keys.ts";
import type { Environment } from "./tables.ts";

/** Block number at the end of a history key. */
const NUMBER = 8;

/** The value of a key at a height, in tables whose current state is that height or a later one. */
export function valueAt(
  { tables }: Environment,
  table: StateTable,
  key: Uint8Array,
  height: bigint,
  reader: Transaction,
): Uint8Array | undefined {
  const { start, end } = historyRange(STATE_TABLES.indexOf(table), key, height);
  const past = tables.history.first(start, end, reader);
  if (!past) return tables[table].get(key, reader);
  return past[1].length > 0 ? past[1] : undefined;
}

/** The first key in [start, end) that has a value now or had one once. */
export function seekEver(
  { tables }: Environment,
  table: StateTable,
  start: Uint8Array,
  end: Uint8Array,
  reader: Transaction,
): Uint8Array | undefined {
  const kind = STATE_TABLES.indexOf(table);
  const current = tables[table].seek(start, end, reader);
  let once = stateKey(tables.history.seek(prefixed(kind, start), prefixed(kind, end), reader));
  // The block numbers behind a key may sort it after a `start` that only continues the key.
  if (once && Buffer.compare(once, start) < 0) {
    once = stateKey(tables.history.seek(behindHistory(kind, once), prefixed(kind, end), reader));
  }
  if (!current || !once) return current ?? once;
  return Buffer.compare(current, once) <= 0 ? current : once;
}

/** The entries at a height with keys in [start, end), in order; without bounds, all. Two scans, merged. */
export function* entriesAt(
  environment: Environment,
  table: StateTable,
  height: bigint,
  reader: Transaction,
  start: Uint8Array = new Uint8Array(0),
  end?: Uint8Array,
): Generator<readonly [Uint8Array, Uint8Array]> {
  const current = environment.tables[table].range(reader, start.length > 0 ? start : undefined, end);
  const past = pastAt(environment, table, height, reader, start, end);
  let now = current.next();
  let then = past.next();
  try {
    while (!now.done || !then.done) {
      const order = now.done ? 1 : then.done ? -1 : Buffer.compare(now.value[0], then.value[0]);
      if (order < 0) yield now.value!;
      else if (then.value![1].length > 0) yield then.value!;
      if (order <= 0) now = current.next();
      if (order >= 0) then = past.next();
    }
  } finally {
    current.return(undefined);
    past.return(undefined);
  }
}

/** Keys that changed after the height, with the value before (empty: none). */
function* pastAt(
  { tables }: Environment,
  table: StateTable,
  height: bigint,
  reader: Transaction,
  start: Uint8Array,
  end: Uint8Array | undefined,
): Generator<readonly [Uint8Array, Uint8Array]> {
  const kind = STATE_TABLES.indexOf(table);
  const until = end ? prefixed(kind, end) : Uint8Array.of(kind + 1);
  let last: Uint8Array | undefined;
  for (const [pastKey, value] of tables.history.range(reader, prefixed(kind, start), until)) {
    const split = pastKey.length - NUMBER;
    const block = readNumber(pastKey, split);
    const key = pastKey.subarray(1, split);
    if (block <= height || (last && Buffer.compare(last, key) === 0)) continue;
    last = key;
    yield [key, value];
  }
}

function stateKey(past: Uint8Array | undefined): Uint8Array | undefined {
  return past?.subarray(1, past.length - NUMBER);
}

function behindHistory(kind: number, key: Uint8Array): Uint8Array {
  return historyRange(kind, key, 0n).end;
}

function prefixed(kind: number, key: Uint8Array): Uint8Array {
  const result = new Uint8Array(key.length + 1);
  result[0] = kind;
  result.set(key, 1);
  return result;
}
