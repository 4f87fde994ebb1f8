import { bytesOf, pathRange, text } from "./keys.ts";
import type { Layer } from "./layer.ts";
import { TABLE_NAMES, type Table, type TableName } from "./tables.ts";

interface Pending {
  readonly value: Uint8Array | undefined;
  readonly sequence: number;
}

/**
 * The newest value of every key: what waits in memory, over the tables. Needs no snapshot: a key that no pending layer
 * changes has the same value before and after their commit.
 */
export class Overlay {
  readonly #tables: Readonly<Record<TableName, Table>>;
  readonly #pending: Readonly<Record<TableName, Map<string, Pending>>>;
  #layers: readonly Layer[] = [];

  constructor(tables: Readonly<Record<TableName, Table>>) {
    this.#tables = tables;
    this.#pending = Object.fromEntries(TABLE_NAMES.map((name) => [name, new Map()])) as unknown as Readonly<
      Record<TableName, Map<string, Pending>>
    >;
  }

  /** Layers not settled yet, oldest first. */
  get layers(): readonly Layer[] {
    return this.#layers;
  }

  get(name: TableName, key: Uint8Array): Uint8Array | undefined {
    const pending = this.#pending[name];
    if (pending.size > 0) {
      const found = pending.get(text(key));
      if (found) return found.value;
    }
    return this.#tables[name].get(key);
  }

  /** The first key ≥ `start` and < `end` that has a value. */
  seek(name: TableName, start: Uint8Array, end: Uint8Array): Uint8Array | undefined {
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
    this.#layers = [...this.#layers, layer];
    for (const [name, { entries }] of layer.tables()) {
      const pending = this.#pending[name];
      for (const [key, value] of entries) pending.set(key, { value, sequence: layer.sequence });
    }
  }

  /** The same with more layers on top. */
  with(layers: readonly Layer[]): Overlay {
    const more = new Overlay(this.#tables);
    for (const layer of [...this.#layers, ...layers]) more.push(layer);
    return more;
  }

  /** Forgets layers that the tables have. */
  settle(sequence: number): void {
    for (const layer of this.#layers) {
      if (layer.sequence > sequence) continue;
      for (const [name, { entries }] of layer.tables()) {
        const pending = this.#pending[name];
        for (const key of entries.keys()) {
          const newest = pending.get(key);
          if (newest && newest.sequence <= sequence) pending.delete(key);
        }
      }
    }
    this.#layers = this.#layers.filter((layer) => layer.sequence > sequence);
  }
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
