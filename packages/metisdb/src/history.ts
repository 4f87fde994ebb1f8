import type { Transaction } from "lmdb";
import { DatabaseError } from "./errors.ts";
import { changingBlocks, fingerprintOf, PART_BYTES, PART_KEY_BYTES, partKey, writeRuns } from "./history-index.ts";
import {
  byCodeUnit,
  bytesOf,
  nodeKey,
  numberKey,
  pathRange,
  STATE_TABLES,
  type StateTable,
  successor,
  text,
} from "./keys.ts";
import type { Environment, Table } from "./tables.ts";

const NUMBER = 8;
const NODES = STATE_TABLES.indexOf("nodes");
/** In an entry's first byte beside the kind: the block left the key without a value. */
const REMOVED = 0x80;
/** Begins the past value of a node where there was none, but a leaf; its key follows. No node's RLP begins so. */
const LEAF = 0;
const NOTHING = new Uint8Array(0);

/** What a key was before a block. */
export interface PastEntry {
  /** Place in `STATE_TABLES`. */
  readonly kind: number;
  readonly key: Uint8Array;
  /** Empty: none. */
  readonly before: Uint8Array;
  /** The block removed the key of an account or slot. */
  readonly removed: boolean;
}

/** The past value of a node where there was none, but the leaf of this key. */
export function leafBefore(key: Uint8Array): Uint8Array {
  return Uint8Array.of(LEAF, ...key);
}

/** Gathers a block's entries in one stretch of memory and writes them in the order of their fingerprints. */
export class HistoryWriter {
  #bytes: Uint8Array;
  #length = 0;
  #fingerprints: number[] = [];
  #ends: number[] = [];
  #removed: (readonly [kind: number, key: Uint8Array])[] = [];

  constructor(capacity: number = 1 << 16) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Takes copies. */
  add({ kind, key, before, removed }: PastEntry): void {
    this.#reserve(key.length + before.length + 4);
    this.#bytes[this.#length++] = removed ? kind | REMOVED : kind;
    this.#bytes[this.#length++] = key.length;
    this.#bytes.set(key, this.#length);
    this.#length += key.length;
    this.#bytes[this.#length++] = before.length >> 8;
    this.#bytes[this.#length++] = before.length & 0xff;
    this.#bytes.set(before, this.#length);
    this.#length += before.length;
    this.#fingerprints.push(fingerprintOf(kind, key));
    this.#ends.push(this.#length);
    if (removed) this.#removed.push([kind, key]);
  }

  /** Within a write transaction, as the newest block of the table. */
  write(environment: Environment, block: number): void {
    const { history, removed } = environment.tables;
    for (const [kind, key] of this.#removed) removed.put(removedKey(kind, key, block), NOTHING);
    const prints = this.#fingerprints;
    const order = Uint32Array.from(prints.keys()).sort((a, b) => prints[a]! - prints[b]!);
    remember(
      environment,
      block,
      Uint32Array.from(order, (index) => prints[index]!),
    );
    let part = new Uint8Array(PART_BYTES);
    let [length, first, last] = [0, 0, -1];
    for (const index of order) {
      const entry = this.#bytes.subarray(this.#ends[index - 1] ?? 0, this.#ends[index]);
      const print = prints[index]!;
      // What shares a fingerprint shares a part.
      if (length > 0 && length + entry.length > PART_BYTES && print !== last) {
        history.append(partKey(block, 0, first), part.subarray(0, length));
        length = 0;
      }
      if (length === 0) first = print;
      if (length + entry.length > part.length) part = grown(part, length + entry.length);
      part.set(entry, length);
      length += entry.length;
      last = print;
    }
    if (length > 0) history.append(partKey(block, 0, first), part.subarray(0, length));
    writeRuns(environment, block, (of) => fingerprintsOf(environment, of));
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed > this.#bytes.length) this.#bytes = grown(this.#bytes, needed);
  }
}

function grown(bytes: Uint8Array, needed: number): Uint8Array<ArrayBuffer> {
  const more = new Uint8Array(Math.max(needed, bytes.length * 2));
  more.set(bytes);
  return more;
}

/** What a block changed. */
export function* blockHistory({ tables }: Environment, block: number, reader?: Transaction): Generator<PastEntry> {
  for (const [, part] of partsOf(tables.history, block, reader)) yield* entriesOf(part);
}

/** Within a write transaction. @returns parts removed, runs included */
export function dropBlockHistory(environment: Environment, block: number): number {
  const { tables } = environment;
  recent.get(environment)?.delete(block);
  const start = numberKey(BigInt(block));
  const end = successor(start);
  for (const { kind, key, removed } of blockHistory(environment, block)) {
    if (removed) tables.removed.put(removedKey(kind, key, block), undefined);
  }
  let dropped = 0;
  for (let key = tables.history.seek(start, end); key; key = tables.history.seek(start, end)) {
    tables.history.put(key, undefined);
    dropped++;
  }
  return dropped;
}

/** kind(1) ‖ key ‖ block(8): the block removed the key. */
function removedKey(kind: number, key: Uint8Array, block: number): Uint8Array {
  const result = prefixed(kind, key, key.length + 1 + NUMBER);
  result.set(numberKey(BigInt(block)), key.length + 1);
  return result;
}

/** The value of a key at a height, in tables whose current state is that of `head`, the same height or a later one. */
export function valueAt(
  environment: Environment,
  table: StateTable,
  key: Uint8Array,
  height: number,
  head: number,
  reader: Transaction,
): Uint8Array | undefined {
  const before = firstChange(environment, STATE_TABLES.indexOf(table), key, height, head, reader);
  return before ? meaningOf(table, before) : environment.tables[table].get(key, reader);
}

/**
 * The key of the only leaf under a path at a height at which no branch or extension is stored there.
 *
 * While no node was stored at the path, there was one key under it at a time, so only these can be it: the one that a later node
 * displaced (its history says which) or else the one that is there now; or one that was removed since.
 */
export function leafKeyAt(
  environment: Environment,
  owner: Uint8Array,
  path: Uint8Array,
  height: number,
  head: number,
  reader: Transaction,
): Uint8Array | undefined {
  const table = owner.length === 0 ? "accounts" : "slots";
  const { start, end } = pathRange(owner, path);
  const isThere = (key: Uint8Array): boolean => valueAt(environment, table, key, height, head, reader) !== undefined;
  const displaced = firstChange(environment, NODES, nodeKey(owner, path), height, head, reader);
  const likely = displaced
    ? displaced.length > 0 && displaced[0] === LEAF && displaced.subarray(1)
    : environment.tables[table].seek(start, end, reader);
  if (likely && isThere(likely)) return likely;
  const kind = STATE_TABLES.indexOf(table);
  const { removed } = environment.tables;
  let from = prefixed(kind, start);
  for (const until = prefixed(kind, end); ; ) {
    const found = removed.seek(from, until, reader);
    if (!found) return undefined;
    const key = found.subarray(1, found.length - NUMBER);
    if (isThere(key)) return key;
    // Behind every block of this key.
    from = prefixed(kind, key, found.length + 1).fill(0xff, key.length + 1);
  }
}

/** The value before the first change behind a height; empty: none. `undefined` without a change. */
function firstChange(
  environment: Environment,
  kind: number,
  key: Uint8Array,
  height: number,
  head: number,
  reader: Transaction,
): Uint8Array | undefined {
  const { history } = environment.tables;
  const fingerprint = fingerprintOf(kind, key);
  for (const block of changingBlocks(environment, fingerprint, height, head, reader)) {
    const part = history.last(partKey(block, 0, 0), partKey(block, 0, fingerprint), reader)?.[1];
    for (const entry of part ? entriesOf(part) : []) {
      if (entry.kind === kind && Buffer.compare(entry.key, key) === 0) return entry.before;
    }
  }
  return undefined;
}

/** Fingerprints of the last blocks written, for the next run over them: a failed transaction ends the writing for good. */
const recent = new WeakMap<Environment, Map<number, Uint32Array>>();
const RECENT_BLOCKS = 16;

function remember(environment: Environment, block: number, fingerprints: Uint32Array): void {
  const known = recent.get(environment) ?? new Map<number, Uint32Array>();
  recent.set(environment, known.set(block, fingerprints));
  known.delete(block - RECENT_BLOCKS);
}

function fingerprintsOf(environment: Environment, block: number): Iterator<number> {
  return recent.get(environment)?.get(block)?.values() ?? storedFingerprints(environment, block);
}

function* storedFingerprints({ tables }: Environment, block: number): Generator<number> {
  for (const [, part] of partsOf(tables.history, block)) {
    for (const { kind, key } of entriesOf(part)) yield fingerprintOf(kind, key);
  }
}

function* partsOf(history: Table, block: number, reader?: Transaction): Generator<readonly [Uint8Array, Uint8Array]> {
  const end = partKey(block, 1, 0);
  let from = partKey(block, 0, 0);
  for (;;) {
    const part = history.first(from, end, reader);
    if (!part) return;
    yield part;
    from = new Uint8Array(PART_KEY_BYTES + 1);
    from.set(part[0]);
  }
}

/** @throws DatabaseError RECORD_DAMAGED */
function* entriesOf(part: Uint8Array): Generator<PastEntry> {
  for (let at = 0; at < part.length; ) {
    const kind = part[at]! & ~REMOVED;
    const removed = (part[at]! & REMOVED) !== 0;
    const value = at + 2 + part[at + 1]!;
    const end = value + 2 + (part[value]! << 8) + part[value + 1]!;
    if (!(end <= part.length) || kind >= STATE_TABLES.length) {
      throw new DatabaseError("RECORD_DAMAGED", "the history of a block is damaged");
    }
    yield { kind, key: part.subarray(at + 2, value), before: part.subarray(value + 2, end), removed };
    at = end;
  }
}

/** What a table's value becomes when the block of an entry is undone. */
export function valueBefore({ kind, before }: PastEntry): Uint8Array | undefined {
  return meaningOf(STATE_TABLES[kind]!, before);
}

function meaningOf(table: StateTable, before: Uint8Array): Uint8Array | undefined {
  return before.length === 0 || (table === "nodes" && before[0] === LEAF) ? undefined : before;
}

function prefixed(kind: number, key: Uint8Array, length: number = key.length + 1): Uint8Array {
  const result = new Uint8Array(length);
  result[0] = kind;
  result.set(key, 1);
  return result;
}

/** At most as many keys are gathered before they are handed on. */
const GATHERED_KEYS = 1 << 19;

/** The entries of a table at a height, in order. Memory is bounded: history is read again for every half million changed keys. */
export function* entriesAt(
  environment: Environment,
  table: StateTable,
  height: number,
  head: number,
  reader: Transaction,
): Generator<readonly [Uint8Array, Uint8Array]> {
  const current = environment.tables[table].range(reader);
  let now = current.next();
  try {
    for (const [key, before] of changedSince(environment, table, height, head, reader)) {
      for (; !now.done && Buffer.compare(now.value[0], key) < 0; now = current.next()) yield now.value;
      if (!now.done && Buffer.compare(now.value[0], key) === 0) now = current.next();
      if (before.length > 0) yield [key, before];
    }
    for (; !now.done; now = current.next()) yield now.value;
  } finally {
    current.return(undefined);
  }
}

/** Keys that changed behind a height, in order, with the values they had there (empty: none). */
function* changedSince(
  environment: Environment,
  table: StateTable,
  height: number,
  head: number,
  reader: Transaction,
): Generator<readonly [Uint8Array, Uint8Array]> {
  const wanted = STATE_TABLES.indexOf(table);
  for (let from: string | undefined = ""; from !== undefined; ) {
    const gathered = new Map<string, Uint8Array>();
    let until: string | undefined;
    for (let block = height + 1; block <= head; block++) {
      for (const { kind, key, before } of blockHistory(environment, block, reader)) {
        const name = kind === wanted ? text(key) : undefined;
        if (name === undefined || name < from || (until !== undefined && name >= until)) continue;
        if (!gathered.has(name)) gathered.set(name, before);
      }
      if (gathered.size > 2 * GATHERED_KEYS) until = keepSmallest(gathered, GATHERED_KEYS);
    }
    for (const name of [...gathered.keys()].sort(byCodeUnit)) yield [bytesOf(name), gathered.get(name)!];
    from = until;
  }
}

/** @returns the smallest of the names that were dropped */
function keepSmallest(gathered: Map<string, Uint8Array>, count: number): string {
  const dropped = [...gathered.keys()].sort(byCodeUnit).slice(count);
  for (const name of dropped) gathered.delete(name);
  return dropped[0]!;
}
