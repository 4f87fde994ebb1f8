import { blockHistory, dropBlockHistory, HistoryWriter, leafBefore, type PastEntry, valueBefore } from "./history.ts";
import { parseNodeKey, pathRange, STATE_TABLES, text } from "./keys.ts";
import type { Environment } from "./tables.ts";

const NOTHING = new Uint8Array(0);
const NODES = STATE_TABLES.indexOf("nodes");

/** What a block changes, while it is applied within a write transaction. */
export class BlockHistory {
  readonly #environment: Environment;
  readonly #block: number;
  readonly #writer = new HistoryWriter();
  /** Of the changes that were applied before at the same height: what was before those is what counts. */
  readonly #earlier = new Map<string, PastEntry>();

  /** @param amends the block changed the state before */
  constructor(environment: Environment, block: number, amends: boolean) {
    this.#environment = environment;
    this.#block = block;
    if (!amends) return;
    for (const entry of blockHistory(environment, block)) this.#earlier.set(nameOf(entry.kind, entry.key), entry);
    dropBlockHistory(environment, block);
  }

  /** Called before a key's change. @returns whether the change changes anything */
  remember(kind: number, key: Uint8Array, value: Uint8Array | undefined): boolean {
    const before = this.#environment.tables[STATE_TABLES[kind]!].borrow(key);
    if (before === undefined ? value === undefined : value !== undefined && Buffer.compare(before, value) === 0) {
      return false;
    }
    if (this.#earlier.size > 0 && this.#earlier.has(nameOf(kind, key))) return true;
    const removed = kind !== NODES && value === undefined;
    this.#writer.add({ kind, key, before: before ?? (kind === NODES ? this.#displaced(key) : NOTHING), removed });
    return true;
  }

  write(): void {
    for (const entry of this.#earlier.values()) {
      const { kind, key } = entry;
      const now = this.#environment.tables[STATE_TABLES[kind]!].borrow(key);
      this.#writer.add({ ...entry, removed: kind !== NODES && !now && valueBefore(entry) !== undefined });
    }
    this.#writer.write(this.#environment, this.#block);
  }

  /** A node where there was none before stands where a leaf was, or nothing. */
  #displaced(nodeKey: Uint8Array): Uint8Array {
    const { owner, path } = parseNodeKey(nodeKey);
    const { start, end } = pathRange(owner, path);
    const leaf = this.#environment.tables[owner.length === 0 ? "accounts" : "slots"].seek(start, end);
    return leaf ? leafBefore(leaf) : NOTHING;
  }
}

function nameOf(kind: number, key: Uint8Array): string {
  return kind + text(key);
}
