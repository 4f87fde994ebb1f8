import { byCodeUnit, bytesOf, text } from "./keys.ts";
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

/** A record in memory, until the background writer has it in the tables. Does not change once the database has it. */
export class Layer {
  readonly sequence: number;
  /** Set when the record made this height's state. */
  readonly height: bigint | undefined;
  readonly root: Uint8Array | undefined;
  readonly #tables = new Map<TableName, LayerTable>();

  constructor(sequence: number, state?: { readonly height: bigint; readonly root: Uint8Array }) {
    this.sequence = sequence;
    this.height = state?.height;
    this.root = state?.root;
  }

  set([name, key, value]: Entry): void {
    let table = this.#tables.get(name);
    if (!table) {
      table = new LayerTable();
      this.#tables.set(name, table);
    }
    table.entries.set(text(key), value);
  }

  table(name: TableName): LayerTable | undefined {
    return this.#tables.get(name);
  }

  tables(): Iterable<[TableName, LayerTable]> {
    return this.#tables;
  }

  *keys(name: TableName): Generator<Uint8Array> {
    for (const key of this.#tables.get(name)?.entries.keys() ?? []) yield bytesOf(key);
  }
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
