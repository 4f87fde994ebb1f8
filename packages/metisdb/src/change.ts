import type { Execution } from "@hyperion/kernel";
import type { StateChange } from "./api.ts";
import { indexEntries } from "./block-index.ts";
import { nodeKey, numberKey, ownerRange, slotKey, text } from "./keys.ts";
import type { Overlay } from "./overlay.ts";
import type { Entry } from "./record.ts";
import type { TableName } from "./tables.ts";

/** A block as stored: `header` is its RLP; `body` is the rest of the block's list payload (transactions, ommers, …). */
export interface BlockRecord {
  readonly number: bigint;
  readonly hash: Uint8Array;
  readonly header: Uint8Array;
  readonly body: Uint8Array;
  readonly execution: Execution;
}

/** The state that a canonical block leaves. */
export interface StateUpdate {
  /** One above the head; the head's own number for a second change of the same height; any for the first of a database. */
  readonly number: bigint;
  readonly root: Uint8Array;
  readonly change: StateChange;
}

/** Everything one step of the chain changes. It becomes durable as a whole or not at all. */
export interface DatabaseChange {
  /** Returns to the state of this height first. */
  readonly rollback?: bigint;
  readonly states?: readonly StateUpdate[];
  readonly blocks?: readonly BlockRecord[];
  /** Blocks leaving the canonical chain. Applied before `canonize`. */
  readonly decanonize?: readonly BlockRecord[];
  /** Blocks joining the canonical chain; stored by this change or before. */
  readonly canonize?: readonly BlockRecord[];
  /** Named values; `undefined` removes. */
  readonly meta?: readonly (readonly [name: string, value: Uint8Array | undefined])[];
}

/** What a change does outside the versioned state. */
export function blockEntries(change: DatabaseChange): Entry[] {
  const entries: Entry[] = [];
  const put = (table: TableName, key: Uint8Array, value: Uint8Array | undefined): void => {
    entries.push([table, key, value]);
  };
  for (const block of change.blocks ?? []) {
    const key = blockKey(block.number, block.hash);
    put("headers", key, block.header);
    put("bodies", key, block.body);
    put("executions", key, block.execution.bytes);
    put("numbers", block.hash, numberKey(block.number));
  }
  for (const { number, execution } of change.decanonize ?? []) {
    put("canonical", numberKey(number), undefined);
    entries.push(...indexEntries(number, execution, false));
  }
  for (const { number, hash } of change.canonize ?? []) put("canonical", numberKey(number), hash);
  for (const [name, value] of change.meta ?? []) put("meta", metaKey(name), value);
  return entries;
}

/** What a change does in the versioned state, wiped storage written out. Later entries win. */
export function stateEntries(change: StateChange, head: Overlay): Entry[] {
  const entries: Entry[] = [];
  for (const hash of change.wipedStorage ?? []) wipe(hash);
  for (const [hash, value] of change.accounts) put("accounts", hash, value);
  for (const [account, slot, value] of change.slots) put("slots", slotKey(account, slot), value);
  for (const [owner, path, rlp] of change.nodes) put("nodes", nodeKey(owner, path), rlp);
  for (const [hash, code] of change.code) put("code", hash, code);
  return change.wipedStorage?.length ? lastOfEachKey(entries) : entries;

  function put(table: TableName, key: Uint8Array, value: Uint8Array | undefined): void {
    entries.push([table, key, value]);
  }

  function wipe(account: Uint8Array): void {
    for (const table of ["slots", "nodes"] as const) {
      const { start, end } = ownerRange(table, account);
      for (let key = head.seek(table, start, end); key; key = head.seek(table, after(key), end)) {
        put(table, key, undefined);
      }
    }
  }
}

function lastOfEachKey(entries: readonly Entry[]): Entry[] {
  return [...new Map(entries.map((entry) => [entry[0] + text(entry[1]), entry])).values()];
}

function after(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}

export function metaKey(name: string): Uint8Array {
  return Buffer.from(name, "utf8");
}

export function blockKey(number: bigint, hash: Uint8Array): Uint8Array {
  const key = new Uint8Array(8 + hash.length);
  key.set(numberKey(number));
  key.set(hash, 8);
  return key;
}
