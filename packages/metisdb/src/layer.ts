import { byCodeUnit, text } from "./keys.ts";
import type { Entry } from "./record.ts";
import type { TableName } from "./tables.ts";

/** What one record changes in one table. */
export class LayerTable {
  readonly entries: Map<string, Uint8Array | undefined> = new Map();
  #sorted: string[] | undefined;

  /** The first key ≥ `start` and < `end` that the layer changes (removed keys too). */
  seek(start: string, end: string): string | undefined {
    // Most layers are never searched, so sorting waits for the first search.
    this.#sorted ??= [...this.entries.keys()].sort(byCodeUnit);
    const found = this.#sorted[lowerBound(this.#sorted, start)];
    return found !== undefined && found < end ? found : undefined;
  }
}

/** A record in memory, until the background writer has it in the tables. */
export class Layer {
  readonly sequence: number;
  /** Set when the record made this height's state. */
  readonly height: bigint | undefined;
  readonly root: Uint8Array | undefined;
  readonly entries: readonly Entry[];
  /** What the entries add to the indexes; missing until somebody looks there. */
  #index: readonly Entry[] | undefined;
  /** Made when someone reads this very layer, which few are. */
  #tables: Map<TableName, LayerTable> | undefined;

  /** @param entries of one key the last counts */
  constructor(
    sequence: number,
    entries: readonly Entry[],
    state?: { readonly height: bigint; readonly root: Uint8Array },
  ) {
    this.sequence = sequence;
    this.entries = entries;
    this.height = state?.height;
    this.root = state?.root;
  }

  /** The entries in the indexes, made by `find` when they are missing. */
  index(find: () => readonly Entry[]): readonly Entry[] {
    if (!this.#index) {
      this.#index = find();
      this.#tables = undefined;
    }
    return this.#index;
  }

  table(name: TableName): LayerTable | undefined {
    this.#tables ??= byTable([...this.entries, ...(this.#index ?? [])]);
    return this.#tables.get(name);
  }
}

function byTable(entries: readonly Entry[]): Map<TableName, LayerTable> {
  const tables = new Map<TableName, LayerTable>();
  for (const [name, key, value] of entries) {
    let table = tables.get(name);
    if (!table) {
      table = new LayerTable();
      tables.set(name, table);
    }
    table.entries.set(text(key), value);
  }
  return tables;
}

function lowerBound(sorted: readonly string[], wanted: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
