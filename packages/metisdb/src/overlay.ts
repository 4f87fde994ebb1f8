import { entriesFollowing, isIndex } from "./block-index.ts";
import { ByteMap } from "./byte-map.ts";
import { bytesOf, pathRange, text } from "./keys.ts";
import type { Layer } from "./layer.ts";
import { TABLE_NAMES, type Table, type TableName } from "./tables.ts";

/** One generation of what waits. */
interface Pending {
  readonly tables: Readonly<Record<TableName, ByteMap<Uint8Array | undefined>>>;
  /** Layers whose entries in the indexes are missing. */
  unindexed: Layer[];
}

/**
 * The newest value of every key: what waits in memory, over the tables. Needs no snapshot: a key that no pending layer
 * changes has the same value before and after their commit.
 *
 * What waits is in two generations, so that what the tables have taken is forgotten as a whole and not key by key.
 */
export class Overlay {
  readonly #tables: Readonly<Record<TableName, Table>>;
  #young: Pending = noPending();
  #old: Pending | undefined;
  #layers: readonly Layer[] = [];

  constructor(tables: Readonly<Record<TableName, Table>>) {
    this.#tables = tables;
  }

  /** Layers that the tables do not have yet, oldest first. */
  get layers(): readonly Layer[] {
    return this.#layers;
  }

  get(name: TableName, key: Uint8Array): Uint8Array | undefined {
    if (isIndex(name)) this.#index();
    const [young, old] = [this.#young.tables[name], this.#old?.tables[name]];
    if (young.has(key)) return young.get(key);
    if (old?.has(key)) return old.get(key);
    return this.#tables[name].get(key);
  }

  /** The first key ≥ `start` and < `end` that has a value. */
  seek(name: TableName, start: Uint8Array, end: Uint8Array): Uint8Array | undefined {
    if (isIndex(name)) this.#index();
    return seekAmong(
      [(from, to) => this.#tables[name].seek(from, to), ...layerSeeks(this.#layers, name)],
      start,
      end,
      (key) => this.get(name, key) !== undefined,
    );
  }

  leafKey(owner: Uint8Array, path: Uint8Array): Uint8Array | undefined {
    const { start, end } = pathRange(owner, path);
    return this.seek(owner.length === 0 ? "accounts" : "slots", start, end);
  }

  push(layer: Layer): void {
    // What layers below add is not to hide what this one removes.
    if (layer.entries.some(([name]) => isIndex(name))) this.#index();
    this.#layers = [...this.#layers, layer];
    this.#young.unindexed.push(layer);
    for (const [name, key, value] of layer.entries) this.#young.tables[name].set(key, value);
  }

  /** Brings the indexes up to date with the layers: most are in the tables before anybody looks there. */
  #index(): void {
    for (const pending of [this.#old, this.#young]) {
      if (!pending) continue;
      const layers = pending.unindexed;
      pending.unindexed = [];
      for (const layer of layers) {
        const entries = layer.index(() => layer.entries.flatMap((entry) => entriesFollowing(entry, this.#execution)));
        for (const [name, key, value] of entries) pending.tables[name].set(key, value);
      }
    }
  }

  readonly #execution = (key: Uint8Array): Uint8Array | undefined => this.get("executions", key);

  /** What was pushed up to now is one generation, until `forget`. */
  age(): void {
    this.#old = this.#young;
    this.#young = noPending();
  }

  /** Drops what `age` set apart: the tables have it. */
  forget(): void {
    this.#old = undefined;
  }

  /** The same with more layers on top. */
  with(layers: readonly Layer[]): Overlay {
    const more = new Overlay(this.#tables);
    for (const layer of [...this.#layers, ...layers]) more.push(layer);
    return more;
  }

  /** Lets go of layers that the tables have. */
  settle(sequence: number): void {
    this.#layers = this.#layers.filter((layer) => layer.sequence > sequence);
  }
}

function noPending(): Pending {
  const tables = Object.fromEntries(TABLE_NAMES.map((name) => [name, new ByteMap()])) as unknown as Pending["tables"];
  return { tables, unindexed: [] };
}

/** The first key in [start, end) that one source knows. */
export type KeySeek = (start: Uint8Array, end: Uint8Array) => Uint8Array | undefined;

export function layerSeeks(layers: readonly Layer[], name: TableName): KeySeek[] {
  const seeks: KeySeek[] = [];
  for (const layer of layers) {
    const table = layer.table(name);
    if (!table) continue;
    seeks.push((start, end) => {
      const found = table.seek(text(start), text(end));
      return found === undefined ? undefined : bytesOf(found);
    });
  }
  return seeks;
}

/** The first key in [start, end) that a source knows and that `exists`; sources also name keys without a value. */
export function seekAmong(
  sources: readonly KeySeek[],
  start: Uint8Array,
  end: Uint8Array,
  exists: (key: Uint8Array) => boolean,
): Uint8Array | undefined {
  for (let from = start; ; ) {
    let nearest: Uint8Array | undefined;
    for (const source of sources) {
      const key = source(from, end);
      if (key && (!nearest || Buffer.compare(key, nearest) < 0)) nearest = key;
    }
    if (!nearest || exists(nearest)) return nearest;
    from = new Uint8Array(nearest.length + 1);
    from.set(nearest);
  }
}
